//! Spans of futures: they are active while the future runs, and end when it does.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::trace::{FutureExt, Span, TraceContextExt, Tracer};

/// Ends the span of a context when it is dropped: also when a future is given up.
struct Ending(Context);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.span().end();
    }
}

/// Runs a future in a span, which ends when the future does, or when it is dropped before.
///
/// The span is active around each poll of the future, so that what is started in it, before and after each `.await`, is a child of
/// it. It does not depend on whoever else holds its context. For a span with no more than a name see
/// [`in_span_async`](AsyncTracer::in_span_async).
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry::trace::{SpanKind, Tracer};
/// use opentelemetry_browser::{instrument, spawn_in_current_context};
///
/// # async fn load() {}
/// let tracer = opentelemetry::global::tracer("shop");
/// let span = tracer
///     .span_builder("GET /cart")
///     .with_kind(SpanKind::Client)
///     .with_attributes([KeyValue::new("cart.id", 7)])
///     .start(&tracer);
/// spawn_in_current_context(instrument(span, load()));
/// ```
pub fn instrument<S, F>(span: S, future: F) -> impl Future<Output = F::Output> + use<S, F>
where
    S: Span + Send + Sync + 'static,
    F: Future,
{
    let ending = Ending(Context::current_with_span(span));
    async move {
        let cx = ending.0.clone();
        let output = future.with_context(cx).await;
        drop(ending);
        output
    }
}

/// What a [`Tracer`] lacks in a page, where little happens without waiting: [`Tracer::in_span`] for async functions.
pub trait AsyncTracer: Tracer {
    /// Runs an async closure in a new span, which begins now and ends when the future does, or when it is dropped before.
    ///
    /// Upstream's `in_span` ends its span with the last clone of its context: `in_span("load", |cx| load().with_context(cx))` lasts
    /// as long as the future, but the same with a future that does not hold the context ends at once.
    ///
    /// ```
    /// use opentelemetry::trace::{TraceContextExt, Tracer};
    /// use opentelemetry_browser::AsyncTracer;
    ///
    /// # async fn load(id: u32) -> Result<u32, String> { Ok(id) }
    /// # async fn example() -> Result<u32, String> {
    /// let tracer = opentelemetry::global::tracer("shop");
    /// let item = tracer
    ///     .in_span_async("load", async |cx| {
    ///         let item = load(100).await; // what it starts is a child of "load"
    ///         if let Err(error) = &item {
    ///             cx.span().set_status(opentelemetry::trace::Status::error(error.clone()));
    ///         }
    ///         item
    ///     })
    ///     .await?;
    /// # Ok(item)
    /// # }
    /// ```
    fn in_span_async<T>(
        &self,
        name: impl Into<Cow<'static, str>>,
        work: impl AsyncFnOnce(Context) -> T,
    ) -> impl Future<Output = T>
    where
        Self::Span: Send + Sync + 'static,
    {
        let ending = Ending(Context::current_with_span(self.start(name)));
        async move {
            let cx = ending.0.clone();
            let output = async { work(Context::current()).await }.with_context(cx).await;
            drop(ending);
            output
        }
    }
}

impl<T: Tracer> AsyncTracer for T {}
