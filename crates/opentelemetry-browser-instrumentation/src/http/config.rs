//! What an app says about its requests: which are traced, who is told of the trace, what a span is called.

use std::fmt;
use std::rc::Rc;

use opentelemetry::KeyValue;
use wasm_bindgen::JsValue;

/// A request that is about to be made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpRequest<'a> {
    /// As `fetch` sends it: `GET`.
    pub method: &'a str,
    /// Absolute, without credentials.
    pub url: &'a str,
    /// Scheme, host and port of the URL, as browsers write an origin: `https://api.example.com`.
    pub origin: &'a str,
    /// What was asked for: the first argument of `fetch` (a string, a `URL` or a `Request`), or the `XMLHttpRequest`.
    pub raw: &'a JsValue,
}

/// A response whose headers are there.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpResponse<'a> {
    /// The status code; 0 of an opaque response.
    pub status: u16,
    /// The `Response`, whose body is not to be read, or the `XMLHttpRequest`.
    pub raw: &'a JsValue,
}

/// Which origins are sent `traceparent`, `tracestate` and `baggage`, besides the page's own: a list of origins (scheme, host and port,
/// without a path), or a closure.
///
/// ```
/// use opentelemetry_browser_instrumentation::Http;
///
/// let named = Http::new().propagate_to(["https://api.example.com"]);
/// let judged = Http::new().propagate_to(|origin: &str| origin.ends_with(".example.com"));
/// ```
pub trait PropagateTo {
    /// Whether requests to this origin shall carry the context.
    fn includes(&self, origin: &str) -> bool;
}

impl<F: Fn(&str) -> bool> PropagateTo for F {
    fn includes(&self, origin: &str) -> bool {
        self(origin)
    }
}

impl<const N: usize> PropagateTo for [&'static str; N] {
    fn includes(&self, origin: &str) -> bool {
        self.iter().any(|named| is_named(origin, named))
    }
}

impl PropagateTo for Vec<&'static str> {
    fn includes(&self, origin: &str) -> bool {
        self.iter().any(|named| is_named(origin, named))
    }
}

impl PropagateTo for Vec<String> {
    fn includes(&self, origin: &str) -> bool {
        self.iter().any(|named| is_named(origin, named))
    }
}

/// Whether an origin is the one that is named so, as people write one: with a slash at its end, a default port, or capitals.
fn is_named(origin: &str, named: &str) -> bool {
    let named = named.strip_suffix('/').unwrap_or(named);
    let default_port = if origin.starts_with("https:") { ":443" } else { ":80" };
    named.strip_suffix(default_port).unwrap_or(named).eq_ignore_ascii_case(origin)
}

type Ignore = dyn Fn(&str) -> bool;
type Route = dyn Fn(&HttpRequest<'_>) -> Option<String>;
type OnRequest = dyn Fn(&HttpRequest<'_>) -> Vec<KeyValue>;
type OnResponse = dyn Fn(&HttpResponse<'_>) -> Vec<KeyValue>;

/// What is to be done with requests, be they made by `fetch` or by `XMLHttpRequest`. Clones share it.
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry_browser_instrumentation::Http;
///
/// let http = Http::new()
///     .propagate_to(["https://api.example.com"])
///     .ignore(|url| url.ends_with("/alive"))
///     .with_route(|request| request.url.contains("/users/").then(|| "/users/{id}".to_owned()))
///     .on_request(|_request| vec![KeyValue::new("app.tenant", "shop")])
///     .on_response(|response| vec![KeyValue::new("app.is_cached", response.status == 304)]);
/// ```
#[derive(Clone, Default)]
pub struct Http(Rc<Settings>);

#[derive(Clone, Default)]
struct Settings {
    propagate_to: Option<Rc<dyn PropagateTo>>,
    ignore: Option<Rc<Ignore>>,
    route: Option<Rc<Route>>,
    on_request: Option<Rc<OnRequest>>,
    on_response: Option<Rc<OnResponse>>,
}

impl Http {
    /// All requests are traced; the context goes to the page's own origin only.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Rc::make_mut(&mut self.0));
        self
    }

    /// Other origins that are sent `traceparent`, `tracestate` and `baggage`: exact ones, or a closure. They must allow these headers
    /// by CORS, or the browser refuses the request.
    #[must_use]
    pub fn propagate_to(self, origins: impl PropagateTo + 'static) -> Self {
        self.with(|settings| settings.propagate_to = Some(Rc::new(origins)))
    }

    /// Requests that are not traced, by their absolute URLs.
    #[must_use]
    pub fn ignore(self, ignore: impl Fn(&str) -> bool + 'static) -> Self {
        self.with(|settings| settings.ignore = Some(Rc::new(ignore)))
    }

    /// The route of a request, such as `/users/{id}`: its `url.template`, and in the span's name.
    #[must_use]
    pub fn with_route(self, route: impl Fn(&HttpRequest<'_>) -> Option<String> + 'static) -> Self {
        self.with(|settings| settings.route = Some(Rc::new(route)))
    }

    /// Further attributes of a span, by its request.
    #[must_use]
    pub fn on_request(self, attributes: impl Fn(&HttpRequest<'_>) -> Vec<KeyValue> + 'static) -> Self {
        self.with(|settings| settings.on_request = Some(Rc::new(attributes)))
    }

    /// Further attributes of a span, by its response.
    #[must_use]
    pub fn on_response(self, attributes: impl Fn(&HttpResponse<'_>) -> Vec<KeyValue> + 'static) -> Self {
        self.with(|settings| settings.on_response = Some(Rc::new(attributes)))
    }

    pub(crate) fn propagates_to(&self, origin: &str) -> bool {
        self.0.propagate_to.as_ref().is_some_and(|origins| origins.includes(origin))
    }

    pub(crate) fn ignores(&self, url: &str) -> bool {
        self.0.ignore.as_ref().is_some_and(|ignore| ignore(url))
    }

    pub(crate) fn route(&self, request: &HttpRequest<'_>) -> Option<String> {
        self.0.route.as_ref()?(request)
    }

    pub(crate) fn request_attributes(&self, request: &HttpRequest<'_>) -> Vec<KeyValue> {
        self.0.on_request.as_ref().map_or_else(Vec::new, |hook| hook(request))
    }

    pub(crate) fn response_attributes(&self, response: &HttpResponse<'_>) -> Vec<KeyValue> {
        self.0.on_response.as_ref().map_or_else(Vec::new, |hook| hook(response))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_known_however_it_is_written_and_no_other_one_is() {
        let http =
            Http::new().propagate_to(vec!["https://API.example/", "http://a.example:80", "https://b.example:8443"]);
        for origin in ["https://api.example", "http://a.example", "https://b.example:8443"] {
            assert!(http.propagates_to(origin), "{origin}");
        }
        for origin in [
            "http://api.example",
            "https://api.example:80",
            "https://api.example.evil",
            "https://a.example",
            "http://a.example:443",
            "https://b.example",
            "null",
            "",
        ] {
            assert!(!http.propagates_to(origin), "{origin}");
        }
    }
}
