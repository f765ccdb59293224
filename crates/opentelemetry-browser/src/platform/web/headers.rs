//! The Fetch standard's headers, as what upstream's propagators write to and read from.

use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::{Context, global};
use wasm_bindgen::JsValue;
use web_sys::{Headers, Request};

use super::value::text;
use crate::propagation::{InjectError, check_header};

/// Writes the current context into headers, by `opentelemetry::global`'s propagator.
///
/// ```no_run
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::propagation::inject_headers;
/// use web_sys::Headers;
///
/// # fn example(headers: Headers) {
/// opentelemetry::global::tracer("shop").in_span("GET /cart", |_cx| {
///     if let Err(error) = inject_headers(&headers) {
///         web_sys::console::warn_1(&error.to_string().into());
///     }
/// });
/// # }
/// ```
///
/// # Errors
/// Which headers could not be set, and why: immutable headers, those of a no-cors request, or a value that no header can have.
pub fn inject_headers(headers: &Headers) -> Result<(), InjectError> {
    Context::map_current(|cx| inject_headers_with(cx, headers))
}

/// Writes a context into headers, by `opentelemetry::global`'s propagator. A header that this context has no value for is
/// removed, so that no earlier context is left in it.
///
/// ```no_run
/// use opentelemetry::Context;
/// use opentelemetry_browser::propagation::inject_headers_with;
/// use web_sys::Headers;
///
/// # fn example(cx: Context, headers: Headers) -> Result<(), opentelemetry_browser::propagation::InjectError> {
/// inject_headers_with(&cx, &headers)?;
/// // The same headers for a request of no trace:
/// inject_headers_with(&Context::new(), &headers)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`inject_headers`].
pub fn inject_headers_with(cx: &Context, headers: &Headers) -> Result<(), InjectError> {
    let mut injector = HeadersInjector::new(headers);
    global::get_text_map_propagator(|propagator| {
        // Propagators set what a context has, and say nothing of what it has not.
        propagator.fields().for_each(|name| injector.remove(name));
        propagator.inject_context(cx, &mut injector);
    });
    injector.finish()
}

/// Writes the current context into a request's headers. Do so before the request is passed to `fetch`: later has no effect.
///
/// ```no_run
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::propagation::inject_request;
/// use wasm_bindgen::JsValue;
/// use web_sys::Request;
///
/// # fn example() -> Result<(), JsValue> {
/// let request = Request::new_with_str("https://api.example.com/cart")?;
/// opentelemetry::global::tracer("shop").in_span("GET /cart", |_cx| inject_request(&request)).ok();
/// // ... fetch_with_request(&request) ...
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`inject_headers`]; a request with mode `no-cors` carries no context.
pub fn inject_request(request: &Request) -> Result<(), InjectError> {
    inject_headers(&request.headers())
}

/// Writes a context into a request's headers.
///
/// ```no_run
/// use opentelemetry::Context;
/// use opentelemetry::trace::{TraceContextExt, Tracer};
/// use opentelemetry_browser::propagation::inject_request_with;
/// use web_sys::Request;
///
/// # fn example(request: Request) -> Result<(), opentelemetry_browser::propagation::InjectError> {
/// let cx = Context::current_with_span(opentelemetry::global::tracer("shop").start("GET /cart"));
/// inject_request_with(&cx, &request)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`inject_request`].
pub fn inject_request_with(cx: &Context, request: &Request) -> Result<(), InjectError> {
    inject_headers_with(cx, &request.headers())
}

/// Fetch headers as upstream's [`Injector`]. What they refuse is kept for [`finish`](Self::finish) to tell.
///
/// ```no_run
/// use opentelemetry::Context;
/// use opentelemetry::propagation::TextMapPropagator;
/// use opentelemetry_browser::propagation::{HeadersInjector, W3cPropagator};
/// use web_sys::Headers;
///
/// # fn example(headers: Headers) -> Result<(), opentelemetry_browser::propagation::InjectError> {
/// let mut injector = HeadersInjector::new(&headers);
/// W3cPropagator::new().inject_context(&Context::current(), &mut injector);
/// injector.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HeadersInjector<'a> {
    headers: &'a Headers,
    failures: Vec<(String, String)>,
}

impl<'a> HeadersInjector<'a> {
    /// Writes to these headers.
    pub fn new(headers: &'a Headers) -> Self {
        Self { headers, failures: Vec::new() }
    }

    /// Whether all could be set.
    ///
    /// # Errors
    /// Which headers could not, and why.
    pub fn finish(self) -> Result<(), InjectError> {
        InjectError::check(self.failures)
    }

    /// Removes what an earlier context may have left.
    fn remove(&mut self, name: &str) {
        if let Err(reason) = self.try_remove(name) {
            self.failures.push((name.to_owned(), reason));
        }
    }

    fn try_remove(&self, name: &str) -> Result<(), String> {
        // Immutable headers refuse also to have removed what they have not.
        if matches!(self.headers.has(name), Ok(false)) {
            return Ok(());
        }
        self.headers.delete(name).map_err(|thrown| refusal(&thrown))
    }

    fn try_set(&self, name: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            // An empty header says nothing, but has to be allowed by CORS.
            return self.try_remove(name);
        }
        check_header(name, value)?;
        self.headers.set(name, value).map_err(|thrown| refusal(&thrown))?;
        // Of a request with mode no-cors, all but a few headers are ignored without a word.
        match self.headers.get(name) {
            Ok(Some(present)) if present == value => Ok(()),
            _ => Err("the headers ignore it, as those of a request with mode no-cors do; use mode cors".to_owned()),
        }
    }
}

impl Injector for HeadersInjector<'_> {
    fn set(&mut self, name: &str, value: String) {
        if self.failures.iter().any(|(failed, _)| failed == name) {
            return;
        }
        if let Err(reason) = self.try_set(name, &value) {
            self.failures.push((name.to_owned(), reason));
        }
    }
}

fn refusal(thrown: &JsValue) -> String {
    let message = text(thrown, "message").unwrap_or_else(|| "the engine gives no reason".to_owned());
    format!(
        "{message}; if these headers are immutable, make new ones from them (new Headers, new Request) and use those"
    )
}

/// A copy of fetch headers as upstream's [`Extractor`].
///
/// ```no_run
/// use opentelemetry::propagation::TextMapPropagator;
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::propagation::{HeadersExtractor, W3cPropagator};
/// use web_sys::Request;
///
/// # fn example(request: Request) {
/// let parent = W3cPropagator::new().extract(&HeadersExtractor::new(&request.headers()));
/// let span = opentelemetry::global::tracer("shop").start_with_context("handle", &parent);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HeadersExtractor(Vec<(String, String)>);

impl HeadersExtractor {
    /// Reads these headers, such as those of the request that a service worker handles.
    pub fn new(headers: &Headers) -> Self {
        let pair = |entry: JsValue| {
            let entry = js_sys::Array::from(&entry);
            Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
        };
        Self(headers.entries().into_iter().filter_map(|entry| pair(entry.ok()?)).collect())
    }
}

impl Extractor for HeadersExtractor {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}
