//! The same lookup over HTTP: a click's span, a span for the request, and the request with both as its headers.
//!
//! The other end is `crates/users-service`, or whatever answers `GET /api/users/{id}` as it does.

use std::cell::Cell;

use js_support::describe;
use js_sys::{Array, Error, JSON, Object, Promise, Reflect};
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_browser::propagation::{BaggageError, InjectError, headers_of, merge_baggage};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response, Url};

use crate::user::{MAIN_IDS, Traced, tracer};

/// The path of users below the service, and that of each as the conventions write it.
const PATH: &str = "/api/users/";
const TEMPLATE: &str = "/api/users/{id}";
/// How long a request may take, in milliseconds.
const TIMEOUT_MILLIS: u32 = 30_000;

#[wasm_bindgen]
extern "C" {
    // Of the global scope, which is no window in a worker or in Node.js.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

thread_local! {
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the request that begins now has its span already: instrumentations leave it alone.
pub fn is_asking() -> bool {
    IS_ASKING.get()
}

/// A service that answers `GET /api/users/{id}`.
#[derive(Clone)]
pub struct UsersService {
    base: String,
    address: String,
    port: i64,
}

impl UsersService {
    /// Checks its base URL.
    pub fn from_js(value: &JsValue) -> Result<Self, String> {
        let wrong =
            || format!("url is {}; accepted is an http or https URL such as http://localhost:8081", describe(value));
        let url = value.as_string().and_then(|text| Url::new(&text).ok()).ok_or_else(wrong)?;
        let default_port = match url.protocol().as_str() {
            "http:" => 80,
            "https:" => 443,
            _ => return Err(wrong()),
        };
        // Fetch refuses URLs with a password; spans and messages shall not have one either.
        let base = format!("{}{}", url.origin(), url.pathname().trim_end_matches('/'));
        Ok(Self { base, address: url.hostname(), port: url.port().parse().unwrap_or(default_port) })
    }

    /// One lookup, for a click: its span is the root of the trace. The answer is an object, empty if there is no such user.
    ///
    /// # Errors
    /// An `Error` that says what became of the request, with `traceId` and `sampled` as an answer has them.
    pub async fn user(self, id: u64) -> Result<Traced<JsValue>, JsValue> {
        in_span("click", async move || self.request(id).await).await
    }

    /// The original program: its two users, one after the other, below a span `main`. The answer is an array.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    pub async fn main(self) -> Result<Traced<JsValue>, JsValue> {
        in_span("main", async move || {
            let users = Array::new();
            for id in MAIN_IDS {
                users.push(&self.request(id).await?);
            }
            Ok(users.into())
        })
        .await
    }

    /// A request in a span by the conventions for HTTP clients. Whose lookup it is goes along as baggage.
    async fn request(&self, id: u64) -> Result<JsValue, String> {
        let url = format!("{}{PATH}{id}", self.base);
        let tracer = tracer();
        let span = tracer.span_builder(format!("GET {TEMPLATE}")).with_kind(SpanKind::Client).with_attributes([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.full", url.clone()),
            KeyValue::new("url.template", TEMPLATE),
            KeyValue::new("server.address", self.address.clone()),
            KeyValue::new("server.port", self.port),
        ]);
        let cx = Context::current_with_span(tracer.build(span));
        let cx = merge_baggage(&cx, [KeyValue::new("user", id.to_string())]).unwrap_or_else(BaggageError::into_context);
        let answer = get(&cx, &url).await;
        if let Err(failure) = &answer {
            cx.span().set_attribute(KeyValue::new("error.type", failure.kind.clone()));
            cx.span().set_status(Status::error(failure.description.clone()));
        }
        cx.span().end();
        match answer {
            Ok(user) => Ok(user),
            Err(Failure { found: Some(nobody), .. }) => Ok(nobody),
            Err(Failure { kind, description, .. }) if description.is_empty() => Err(format!("{url} answered {kind}.")),
            Err(Failure { description, .. }) => Err(format!("{url}: {description}")),
        }
    }
}

/// What makes a client's span an error.
struct Failure {
    /// `error.type`: an exception's name, or the status.
    kind: String,
    /// Empty where the status says it all.
    description: String,
    /// The answer of a service that knows no such user, which is an error to HTTP only.
    found: Option<JsValue>,
}

impl Failure {
    fn thrown(value: &JsValue) -> Self {
        let (kind, description) = match value.dyn_ref::<Error>() {
            Some(error) => (String::from(error.name()), String::from(error.message())),
            None => ("Error".to_owned(), describe(value)),
        };
        Self { kind, description: format!("nobody answers ({description})"), found: None }
    }
}

async fn get(cx: &Context, url: &str) -> Result<JsValue, Failure> {
    let headers = Headers::new().map_err(|error| Failure::thrown(&error))?;
    for (name, value) in headers_of(cx).unwrap_or_else(InjectError::into_usable) {
        headers.set(&name, &value).map_err(|error| Failure::thrown(&error))?;
    }
    let init = RequestInit::new();
    init.set_headers(&headers);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MILLIS)));
    let answered = async || -> Result<(u16, String), JsValue> {
        IS_ASKING.set(true);
        let asked = fetch(url, &init);
        IS_ASKING.set(false);
        let response: Response = JsFuture::from(asked?).await?.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.status(), text.as_string().unwrap_or_default()))
    };
    let (status, text) = answered().await.map_err(|error| Failure::thrown(&error))?;
    cx.span().set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
    let object = JSON::parse(&text).ok().filter(|value| value.is_object() && !Array::is_array(value));
    let is_empty = object.as_ref().is_some_and(|object| Object::keys(object.unchecked_ref::<Object>()).length() == 0);
    match (status, object) {
        (200, Some(user)) => Ok(user),
        (404, Some(nobody)) if is_empty => {
            Err(Failure { kind: "404".to_owned(), description: String::new(), found: Some(nobody) })
        }
        (400.., object) => {
            let words = object.and_then(|object| Reflect::get(&object, &"error".into()).ok()?.as_string());
            Err(Failure { kind: status.to_string(), description: words.unwrap_or_default(), found: None })
        }
        _ => Err(Failure {
            kind: "no_user".to_owned(),
            description: format!("the answer, of status {status}, is no user; does a users service listen there?"),
            found: None,
        }),
    }
}

/// Runs work in a span, however long it takes.
async fn in_span(
    name: &'static str,
    work: impl AsyncFnOnce() -> Result<JsValue, String>,
) -> Result<Traced<JsValue>, JsValue> {
    let tracer = tracer();
    let cx = Context::current_with_span(tracer.build(tracer.span_builder(name).with_kind(SpanKind::Internal)));
    let answer = work().with_context(cx.clone()).await;
    if let Err(message) = &answer {
        cx.span().set_status(Status::error(message.clone()));
    }
    cx.span().end();
    match answer {
        Ok(value) => Ok(Traced::of(&cx, value)),
        Err(message) => {
            let error = Error::new(&message);
            let traced = Traced::of(&cx, ());
            Reflect::set(&error, &"traceId".into(), &traced.trace_id.to_string().into())?;
            Reflect::set(&error, &"sampled".into(), &traced.sampled.into())?;
            Err(error.into())
        }
    }
}
