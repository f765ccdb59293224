//! Propagation: a context goes out in the headers of a request, and comes in from whoever traced before this code: the server
//! that rendered the page, or JavaScript on it.
//!
//! **Out.** In a wasm build, `inject_headers` and `inject_request` write the current context into the fetch API's `Headers` and
//! `Request`, `inject_headers_with` and `inject_request_with` any other context; `HeadersInjector` and `HeadersExtractor` are
//! these headers for upstream's propagators. They use `opentelemetry::global`'s propagator, which
//! [`Telemetry`](crate::Telemetry) sets to a [`W3cPropagator`], and say which header could not be set, and why. For every other
//! way to send a request there is [`headers_of`], natively too.
//!
//! A request to another origin with these headers is preflighted: the server must allow them
//! (`Access-Control-Allow-Headers: traceparent, tracestate, baggage`), or the browser does not send it. Inject into requests to
//! servers that do.
//!
//! **In.** [`page_parent`] reads `<meta name="traceparent" content="00-...">`, which servers put into a page that they have
//! traced, as OpenTelemetry JS does; [`remote_parent`] takes the same from a string, such as one that JavaScript passes to a
//! wasm function. What they return is the parent of the spans that are started in it:
//!
//! ```
//! use opentelemetry::trace::Tracer;
//! use opentelemetry::{Context, global};
//! use opentelemetry_browser::propagation::{ParentError, page_parent};
//!
//! let parent = page_parent().unwrap_or_else(|error| {
//!     eprintln!("{error}");
//!     error.into_usable()
//! });
//! let _guard = parent.unwrap_or_else(Context::current).attach();
//! global::tracer("shop").in_span("hydrate", |_cx| {});
//! ```
//!
//! To have every span without a parent join the page's trace, for as long as the page lives, there is
//! [`TelemetryBuilder::with_page_parent`](crate::TelemetryBuilder::with_page_parent).
//!
//! **Baggage.** `merge_baggage` adds to the baggage that a context has, and says what could not be added.

#[cfg(feature = "baggage")]
mod baggage;
mod error;
mod header;
mod parent;
mod w3c;

use opentelemetry::propagation::Injector;
use opentelemetry::{Context, global};

#[cfg(feature = "baggage")]
pub use baggage::{BaggageError, merge_baggage, remove_baggage};
pub use error::{InjectError, ParentError};
pub use parent::{page_parent, remote_parent, remote_parent_with};
pub use w3c::W3cPropagator;

#[allow(unused_imports)]
pub(crate) use header::check as check_header;
pub(crate) use w3c::RANDOM;

// Empty where there are no fetch headers.
#[allow(unused_imports)]
pub use crate::platform::headers::*;

/// The headers that carry a context, by `opentelemetry::global`'s propagator: for HTTP clients of any kind, messages to workers
/// and JavaScript that goes on with the trace. Empty if there is nothing to carry, or no propagator.
///
/// ```
/// use opentelemetry::Context;
/// use opentelemetry_browser::propagation::{W3cPropagator, headers_of, remote_parent};
///
/// opentelemetry::global::set_text_map_propagator(W3cPropagator::new());
/// let cx = remote_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?;
/// let headers = headers_of(&cx)?;
/// assert_eq!(headers[0].0, "traceparent");
/// assert_eq!(headers[0].1, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// assert!(headers_of(&Context::new())?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the baggage has more bytes than receivers take in. The other headers are [still usable](InjectError::into_usable).
pub fn headers_of(cx: &Context) -> Result<Vec<(String, String)>, InjectError> {
    #[derive(Default)]
    struct Pairs {
        usable: Vec<(String, String)>,
        failures: Vec<(String, String)>,
    }
    impl Injector for Pairs {
        fn set(&mut self, name: &str, value: String) {
            if let Err(reason) = header::check(name, &value) {
                self.failures.push((name.to_owned(), reason));
            } else if !value.is_empty() {
                // Upstream writes a tracestate also if there is none; an empty header says nothing, but has to be allowed by CORS.
                self.usable.push((name.to_owned(), value));
            }
        }
    }
    let mut pairs = Pairs::default();
    global::get_text_map_propagator(|propagator| propagator.inject_context(cx, &mut pairs));
    match InjectError::check(pairs.failures) {
        Ok(()) => Ok(pairs.usable),
        Err(error) => Err(error.with_usable(pairs.usable)),
    }
}

#[cfg(test)]
mod tests;
