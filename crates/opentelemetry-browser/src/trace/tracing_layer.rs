//! Sub-millisecond times for spans of the [`tracing`](https://docs.rs/tracing) macros.
//!
//! [tracing-opentelemetry](https://docs.rs/tracing-opentelemetry) turns these spans into OpenTelemetry's. In wasm it takes the
//! times of their creation, of their last exit and of early events from `Date.now()`, in whole milliseconds, and hands them over
//! when it builds or ends a span: at its first entering, for a child, or not before it is closed. [`fine_times`] goes around its
//! layer and reads the fine clock when these things happen; this crate's [`Tracer`](crate::Tracer) then uses those readings.
//!
//! ```
//! use opentelemetry::trace::TracerProvider;
//! use opentelemetry_browser::tracing::fine_times;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! # let provider = opentelemetry_browser::TracerProvider::builder().build();
//! // let provider = telemetry.provider();
//! let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
//! let subscriber = tracing_subscriber::registry().with(fine_times(layer));
//! tracing::subscriber::with_default(subscriber, || {
//!     let span = tracing::info_span!("checkout").entered();
//!     assert!(!span.is_disabled());
//!     tracing::info!("paid");
//!     drop(span);
//! });
//! ```
//!
//! In an app, `subscriber.init()` takes the place of `with_default`. The tracer must be one of this crate's providers,
//! `telemetry.provider().tracer(...)`: that of `opentelemetry::global::tracer(...)` hides it from the layer, and the times stay
//! as they are without `fine_times`. Filters go inside or outside: `fine_times(layer).with_filter(...)`.
//!
//! Events that are added by `OpenTelemetrySpanExt::add_event` to a span before it was ever entered are the exception: nobody
//! learns of them in time. They keep their whole milliseconds, but are never before their span.

use std::fmt;
use std::sync::Arc;

use tracing_core::span::{Attributes, Id};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Layered};
use tracing_subscriber::registry::LookupSpan;

use super::readings::{Readings, SpanTimes};

/// Gives the spans and events of an `OpenTelemetryLayer` sub-millisecond times. See the [module](self).
///
/// ```
/// use opentelemetry::trace::TracerProvider;
/// use opentelemetry_browser::tracing::fine_times;
/// use tracing_subscriber::Layer;
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let provider = opentelemetry_browser::TracerProvider::builder().build();
/// let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop")).with_threads(false);
/// let subscriber = tracing_subscriber::registry().with(fine_times(layer).with_filter(LevelFilter::INFO));
/// tracing::subscriber::with_default(subscriber, || {
///     assert!(!tracing::info_span!("checkout").is_disabled());
///     assert!(tracing::debug_span!("detail").is_disabled());
/// });
/// ```
pub fn fine_times<S, L>(opentelemetry_layer: L) -> Layered<L, FineTimes, S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Layer<S>,
{
    // The inner of two layers is called first: the other finds the readings already there.
    FineTimes(()).and_then(opentelemetry_layer)
}

/// The layer that [`fine_times`] adds. It has to be called just before tracing-opentelemetry's, so there is no other way to
/// make one.
///
/// ```
/// use opentelemetry_browser::TracerProvider;
/// use opentelemetry_browser::tracing::{FineTimes, fine_times};
/// use tracing_opentelemetry::OpenTelemetryLayer;
/// use tracing_subscriber::Registry;
/// use tracing_subscriber::layer::{Layered, SubscriberExt};
///
/// /// Its place in a type that is written out.
/// type Spans = Layered<OpenTelemetryLayer<Registry, opentelemetry_browser::Tracer>, FineTimes, Registry>;
///
/// # use opentelemetry::trace::TracerProvider as _;
/// # let tracer = TracerProvider::builder().build().tracer("shop");
/// let spans: Spans = fine_times(tracing_opentelemetry::layer().with_tracer(tracer));
/// let subscriber = tracing_subscriber::registry().with(spans);
/// tracing::subscriber::with_default(subscriber, || assert!(!tracing::info_span!("checkout").is_disabled()));
/// ```
pub struct FineTimes(());

impl fmt::Debug for FineTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FineTimes")
    }
}

/// Does something with what is remembered of a span.
fn with_times<S>(id: &Id, cx: &Context<'_, S>, act: impl FnOnce(&SpanTimes))
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let times = cx.span(id).and_then(|span| span.extensions().get::<Arc<SpanTimes>>().cloned());
    if let Some(times) = times {
        act(&times);
    }
}

impl<S> Layer<S> for FineTimes
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let times = Arc::<SpanTimes>::default();
        span.extensions_mut().insert(times.clone());
        Readings::announce(attributes.metadata().name(), times);
    }

    fn on_enter(&self, _id: &Id, _cx: Context<'_, S>) {
        Readings::withdraw();
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        with_times(id, &cx, SpanTimes::exit);
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let current = || cx.lookup_current().filter(|_| event.is_contextual()).map(|span| span.id());
        if let Some(id) = event.parent().cloned().or_else(current) {
            with_times(&id, &cx, SpanTimes::event);
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        Readings::withdraw();
        with_times(&id, &cx, SpanTimes::close);
    }
}
