//! Contexts that stay with their work: in goes a future or a callback, out it comes bound to a context, however the event loop
//! interleaves it with others.
//!
//! `Context::attach` makes a context current until its guard is dropped. Between two polls of a future, other tasks run: a guard
//! that is held over an `.await` is still there while they do, and they take up a context that is not theirs.
//!
//! ```compile_fail
//! # use opentelemetry::Context;
//! # async fn load() {}
//! # fn spawn(future: impl Future<Output = ()> + Send) {}
//! # let cx = Context::current();
//! spawn(async move {
//!     let _guard = cx.attach(); // wrong: held while other tasks run
//!     load().await;             // (the compiler sees it only where futures have to be Send)
//! });
//! ```
//!
//! Bind the future instead. Upstream's [`FutureExt`] attaches the context around each poll of it:
//!
//! ```
//! use opentelemetry::Context;
//! use opentelemetry::trace::{FutureExt, TraceContextExt, Tracer};
//! use opentelemetry_browser::{spawn_in_context, spawn_in_current_context};
//! # async fn load() {}
//!
//! async fn checkout() {
//!     let span = opentelemetry::global::tracer("shop").start("checkout");
//!     let cx = Context::current_with_span(span);
//!     load().with_context(cx.clone()).await;                  // a part of this task
//!     spawn_in_context(cx.clone(), async { load().await });   // a task of its own
//!     cx.span().end();
//! }
//!
//! // In a listener of an event: a task that keeps the listener's context.
//! spawn_in_current_context(checkout());
//! ```

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

use crate::platform;

/// Runs a future on the event loop, in a context: `wasm_bindgen_futures::spawn_local` for traced work.
///
/// The context is attached around each poll, so that spans stay with their task. See [`bind_context`] for callbacks.
///
/// ```
/// use opentelemetry::Context;
/// use opentelemetry::trace::{TraceContextExt, Tracer};
///
/// let tracer = opentelemetry::global::tracer("shop");
/// let cx = Context::current_with_span(tracer.start("checkout"));
/// opentelemetry_browser::spawn_in_context(cx, async {
///     Context::current().span().add_event("begun", vec![]);
///     // ... .await ...
///     Context::current().span().end();
/// });
/// ```
pub fn spawn_in_context(cx: Context, future: impl Future<Output = ()> + 'static) {
    platform::spawn_local(future.with_context(cx));
}

/// Runs a future on the event loop, in the context that is current now.
///
/// It holds the context until it ends, and with that a span that is left to its last owner: below, "click" lasts as long as the task.
/// By another `spawn` it would end at once. Where that matters, say it:
/// [`in_span_async`](crate::AsyncTracer::in_span_async) ends with its future.
///
/// | How the work is written | When its span ends |
/// |---|---|
/// | `tracer.in_span(name, \|_cx\| work())` | with `work`, if nothing in it keeps the context |
/// | `tracer.in_span(name, \|_cx\| spawn_in_current_context(work()))` | with the task |
/// | `tracer.in_span(name, \|_cx\| other_spawn(work()))` | at once, before the task has begun |
/// | `tracer.in_span_async(name, async \|_cx\| work().await).await` | with the future, whoever keeps the context |
/// | [`instrument(span, work())`](crate::instrument) | with the future, whoever keeps the context |
/// | `tracer.in_span(name, \|_cx\| bind_context(callback))` | when the callback is dropped; never, if it is forgotten |
///
/// ```
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::{AsyncTracer, spawn_in_current_context};
///
/// # async fn load() {}
/// let tracer = opentelemetry::global::tracer("shop");
/// tracer.in_span("click", |_cx| {
///     spawn_in_current_context(async {
///         // What is started here, before and after each .await, is a child of "click".
///         let tracer = opentelemetry::global::tracer("shop");
///         tracer.in_span_async("load", async |_cx| load().await).await;
///     });
/// });
/// ```
pub fn spawn_in_current_context(future: impl Future<Output = ()> + 'static) {
    spawn_in_context(Context::current(), future);
}

/// Binds a callback, of a timer or a listener, to the context that is current now: it is attached whenever it is called.
///
/// Takes closures with up to three arguments that can be called more than once, and gives what `wasm_bindgen`'s `Closure::new`
/// takes.
///
/// The closure holds the context, and with it the span. A listener that is kept for ever, as by `Closure::forget`, would keep a span
/// open that is left to its last owner, as upstream's `in_span` does: it would never end, and never be exported
/// ([`Diagnostics::open`](crate::Diagnostics::open) counts it). So end the span where its work is done:
///
/// ```
/// use opentelemetry::Context;
/// use opentelemetry::trace::{TraceContextExt, Tracer};
/// use opentelemetry_browser::bind_context_to;
///
/// let tracer = opentelemetry::global::tracer("shop");
/// let cx = Context::current_with_span(tracer.start("upload"));
/// let mut on_progress = bind_context_to(cx, |percent: i64| {
///     let cx = Context::current();
///     cx.span().add_event("progress", vec![opentelemetry::KeyValue::new("percent", percent)]);
///     if percent == 100 {
///         cx.span().end();
///     }
/// });
/// on_progress(50);
/// on_progress(100); // from here on the listener holds a span that has ended
/// ```
///
/// Where what is called has spans of its own, and only their parent is wanted, bind what is current:
///
/// ```
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::bind_context;
///
/// let tracer = opentelemetry::global::tracer("shop");
/// let mut on_click = bind_context(move || tracer.in_span("click", |_cx| { /* a child of what was current */ }));
/// on_click();
/// ```
pub fn bind_context<Args, F: BindContext<Args>>(callback: F) -> F::Bound {
    callback.bind(Context::current())
}

/// Binds a callback to a context. See [`bind_context`].
///
/// ```
/// use opentelemetry::Context;
///
/// let mut on_timeout = opentelemetry_browser::bind_context_to(Context::new(), || 7);
/// assert_eq!(on_timeout(), 7);
/// ```
pub fn bind_context_to<Args, F: BindContext<Args>>(cx: Context, callback: F) -> F::Bound {
    callback.bind(cx)
}

/// Binds a callback that is called once to the context that is current now: for `Closure::once` and the like. The context is
/// let go of with the call.
///
/// ```
/// let owned = String::from("moved into the callback");
/// let on_load = opentelemetry_browser::bind_context_once(move || owned);
/// assert_eq!(on_load(), "moved into the callback");
/// ```
pub fn bind_context_once<Args, F: BindContextOnce<Args>>(callback: F) -> F::Bound {
    callback.bind_once(Context::current())
}

/// What [`bind_context`] takes: every `FnMut` of up to three arguments.
///
/// ```
/// use opentelemetry_browser::{BindContext, bind_context};
///
/// /// Any listener of numbers will do, bound or not.
/// fn listener<F: BindContext<(i32,)>>(callback: F) -> F::Bound {
///     bind_context(callback)
/// }
///
/// let mut double = listener(|number: i32| number * 2);
/// assert_eq!(double(21), 42);
/// ```
pub trait BindContext<Args> {
    /// The callback, bound.
    type Bound;
    /// Binds it.
    fn bind(self, cx: Context) -> Self::Bound;
}

/// What [`bind_context_once`] takes: every `FnOnce` of up to three arguments.
///
/// ```
/// use opentelemetry_browser::{BindContextOnce, bind_context_once};
///
/// fn on_answer<F: BindContextOnce<(String,)>>(callback: F) -> F::Bound {
///     bind_context_once(callback)
/// }
///
/// let length = on_answer(|answer: String| answer.len());
/// assert_eq!(length("42".to_owned()), 2);
/// ```
pub trait BindContextOnce<Args> {
    /// The callback, bound.
    type Bound;
    /// Binds it.
    fn bind_once(self, cx: Context) -> Self::Bound;
}

macro_rules! bind {
    ($($name:ident: $type:ident),*) => {
        impl<F, R, $($type),*> BindContext<($($type,)*)> for F
        where
            F: FnMut($($type),*) -> R + 'static,
        {
            type Bound = Box<dyn FnMut($($type),*) -> R>;

            fn bind(mut self, cx: Context) -> Self::Bound {
                Box::new(move |$($name),*| {
                    let _guard = cx.clone().attach();
                    self($($name),*)
                })
            }
        }

        impl<F, R, $($type),*> BindContextOnce<($($type,)*)> for F
        where
            F: FnOnce($($type),*) -> R + 'static,
        {
            type Bound = Box<dyn FnOnce($($type),*) -> R>;

            fn bind_once(self, cx: Context) -> Self::Bound {
                Box::new(move |$($name),*| {
                    let _guard = cx.attach();
                    self($($name),*)
                })
            }
        }
    };
}

bind!();
bind!(first: A);
bind!(first: A, second: B);
bind!(first: A, second: B, third: C);

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
