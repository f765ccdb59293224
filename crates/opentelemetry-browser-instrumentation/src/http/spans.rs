//! The spans of requests: a script says when a request begins and ends, by a number that it is given here.
//!
//! [Semantic conventions for HTTP client spans](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span).

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use opentelemetry::propagation::Injector;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use opentelemetry_browser::{Clock, Span, Tracer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use super::config::{HttpRequest, HttpResponse};
use crate::action::{self, Caused};
use crate::instrumentations::Setup;

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/page.js"))]
extern "C" {
    #[wasm_bindgen(js_name = pageOrigin)]
    fn page_origin() -> Option<String>;
}

/// The methods that the conventions know; they are compared as they are sent.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// The methods that `fetch` and `XMLHttpRequest` write in capitals.
const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/// The most requests that are under way: bodies that are never read may stay so for long. The oldest ends then.
const MOST_OPEN: usize = 512;

/// The spans of the requests of one instrumentation.
pub(crate) struct Spans {
    setup: Setup,
    tracer: Tracer,
    origin: Option<String>,
    open: RefCell<Open>,
}

type Begin = dyn Fn(String, String, String, String, String, JsValue, f64) -> JsValue;
type End = dyn Fn(i32, u16, Option<String>, JsValue, Option<f64>);

/// The functions that a script calls.
pub(crate) struct Callbacks {
    /// `(method, url, origin, hostname, port, raw, now) => [number, name, value, ...] | undefined`
    pub(crate) begin: JsValue,
    /// `(number, status, errorType?, response?, time?)`; by the negative number the span stays open.
    pub(crate) end: JsValue,
}

impl Spans {
    pub(crate) fn new(setup: Setup) -> Rc<Self> {
        let name = format!("opentelemetry-browser-instrumentation/{}", setup.name());
        let scope = InstrumentationScope::builder(name).with_version(env!("CARGO_PKG_VERSION")).build();
        let tracer = setup.telemetry.provider().tracer_with_scope(scope);
        Rc::new(Self { setup, tracer, origin: page_origin(), open: RefCell::default() })
    }

    /// The functions for a script. They live as long as the script keeps them.
    pub(crate) fn callbacks(self: Rc<Self>) -> Callbacks {
        let spans = self.clone();
        let begin: Closure<Begin> = Closure::new(
            move |method: String, url: String, origin: String, host: String, port: String, raw: JsValue, now: f64| {
                let method = normalized(method);
                let request = HttpRequest { method: &method, url: &url, origin: &origin, raw: &raw };
                spans.begin(&request, host, &port, now).map_or(JsValue::UNDEFINED, JsValue::from)
            },
        );
        let end: Closure<End> =
            Closure::new(move |id: i32, status: u16, error: Option<String>, response: JsValue, time: Option<f64>| {
                self.end(id, HttpResponse { status, raw: &response }, error, time);
            });
        Callbacks { begin: begin.into_js_value(), end: end.into_js_value() }
    }

    /// Starts a span; gives its number, and the headers that the request shall have.
    fn begin(&self, request: &HttpRequest<'_>, host: String, port: &str, now: f64) -> Option<Array> {
        let http = &self.setup.http;
        if !self.setup.is_enabled() || http.ignores(request.url) {
            return None;
        }
        let cx = Context::current();
        let of_rust = cx.span().span_context().is_valid();
        let action = if of_rust { None } else { action::cause() };
        let cx = action.and_then(|_| action::context()).unwrap_or(cx);
        let span = self.tracer.build_with_context(self.builder(request, host, port), &cx);
        let headers = Array::new();
        if self.origin.as_deref() == Some(request.origin) || http.propagates_to(request.origin) {
            let cx = cx.with_remote_span_context(span.span_context().clone());
            global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut Headers(&headers)));
        }
        #[cfg(feature = "resource-timing")]
        super::finished::remember(request.url, now, span.span_context());
        #[cfg(not(feature = "resource-timing"))]
        let _ = now;
        headers.unshift(&self.open.borrow_mut().insert(Request { span, action }).into());
        Some(headers)
    }

    fn builder(&self, request: &HttpRequest<'_>, host: String, port: &str) -> SpanBuilder {
        let known = METHODS.into_iter().find(|known| *known == request.method);
        let mut attributes = vec![
            KeyValue::new("http.request.method", known.unwrap_or("_OTHER")),
            KeyValue::new("url.full", request.url.to_owned()),
            KeyValue::new("server.address", host),
        ];
        let default_port = if request.url.starts_with("https:") { 443 } else { 80 };
        attributes.push(KeyValue::new("server.port", port.parse().unwrap_or(default_port)));
        if known.is_none() {
            attributes.push(KeyValue::new("http.request.method_original", request.method.to_owned()));
        }
        let mut name = Cow::Borrowed(known.unwrap_or("HTTP"));
        if let Some(route) = self.setup.http.route(request) {
            name = format!("{name} {route}").into();
            attributes.push(KeyValue::new("url.template", route));
        }
        attributes.extend(self.setup.http.request_attributes(request));
        self.tracer.span_builder(name).with_kind(SpanKind::Client).with_attributes(attributes)
    }

    /// Ends a span, or, by its negative number, tells that the headers are there.
    fn end(&self, id: i32, response: HttpResponse<'_>, error: Option<String>, time: Option<f64>) {
        let Some(mut request) = self.open.borrow_mut().take(id.saturating_abs()) else { return };
        let span = &mut request.span;
        if response.status > 0 {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(response.status)));
        }
        if !response.raw.is_undefined() {
            span.set_attributes(self.setup.http.response_attributes(&response));
        }
        let error = error.or_else(|| (response.status >= 400).then(|| response.status.to_string()));
        if let Some(error) = error {
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(""));
        }
        if id < 0 {
            self.open.borrow_mut().put_back(-id, request);
        } else if let Some(time) = time {
            span.end_with_timestamp(Clock::new().time_at(time));
        }
    }
}

/// A request under way. Dropping it ends its span.
struct Request {
    span: Span,
    /// The user action that has caused it.
    action: Option<Caused>,
}

impl Drop for Request {
    fn drop(&mut self) {
        // First, so that the action does not end before what it has caused.
        self.span.end();
        self.action.take().into_iter().for_each(action::done);
    }
}

/// The requests under way, by number, oldest first.
#[derive(Default)]
struct Open {
    last: i32,
    requests: Vec<(i32, Request)>,
}

impl Open {
    fn insert(&mut self, request: Request) -> i32 {
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.put_back(self.last, request);
        self.last
    }

    fn put_back(&mut self, id: i32, request: Request) {
        if self.requests.len() == MOST_OPEN {
            // It is ended, as it is.
            self.requests.remove(0);
        }
        self.requests.push((id, request));
    }

    fn take(&mut self, id: i32) -> Option<Request> {
        let place = self.requests.iter().position(|(open, _)| *open == id)?;
        Some(self.requests.remove(place).1)
    }
}

struct Headers<'a>(&'a Array);

impl Injector for Headers<'_> {
    fn set(&mut self, name: &str, value: String) {
        self.0.push(&name.into());
        self.0.push(&value.into());
    }
}

/// A method as it is sent.
fn normalized(method: String) -> String {
    let capitals = method.to_ascii_uppercase();
    if NORMALIZED.contains(&capitals.as_str()) { capitals } else { method }
}
