//! The trace of a request: its parent and baggage come in with the headers, its id goes out with them.
//!
//! The span is that of OpenTelemetry's own layer. What this adds to it are attributes that the conventions have and the layer leaves
//! out, and the baggage entry `user`, so that what the page knows of its user is found here.

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Uri, Version,
        header::HOST,
        uri::{Authority, PathAndQuery, Scheme},
    },
    middleware::{Next, from_fn, map_request},
    response::Response,
};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;

/// The baggage entry that becomes an attribute of the same name. Others are passed on and not shown: they come from outside.
const USER: &str = "user";
/// The most characters of it.
const MAX_USER: usize = 128;

/// The longest method that is shown, in characters.
const MAX_METHOD: usize = 32;
/// What the conventions call a method that they do not know.
const OTHER: &[u8] = b"_OTHER";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The routes with a server span around each request.
pub fn traced(routes: Router) -> Router {
    let layer = LayerBuilder::builder()
        .with_metrics(false)
        .with_request_extractor_fn(request_attributes)
        .with_response_extractor_fn(response_attributes);
    let Ok(layer) = layer.build() else { return routes };
    routes.layer(from_fn(tell)).layer(layer).layer(map_request(as_the_layer_reads_it))
}

/// Inside the span: notes the user, and answers with the trace's id. A page may always read `Server-Timing`, by the request's
/// performance entry; a program finds the header `Trace-Id` more easily.
async fn tell(request: Request, next: Next) -> Response {
    let cx = Context::current();
    if let Some(user) = cx.baggage().get(USER) {
        let user: String = user.as_str().chars().take(MAX_USER).collect();
        cx.span().set_attribute(KeyValue::new(USER, user));
    }
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    if request.extensions().get::<Original>().is_some() {
        cx.span().update_name(route.map_or_else(|| "HTTP".to_owned(), |route| format!("HTTP {route}")));
    }
    let mut response = next.run(request).await;
    let span = cx.span();
    let context = span.span_context();
    if context.is_valid() {
        let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
        let headers = response.headers_mut();
        let timing = format!("traceparent;desc=\"00-{trace}-{span}-{flags:02x}\"");
        for (name, value) in [(TRACE_ID, trace.to_string()), (SERVER_TIMING, timing)] {
            headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        }
    }
    response
}

/// The layer takes the scheme from the URI, the first header of a name, and any method for one that the conventions know.
async fn as_the_layer_reads_it(mut request: Request) -> Request {
    with_absolute_uri(&mut request);
    with_one_header_each(request.headers_mut());
    with_known_method(&mut request);
    request
}

/// A request to a server names its host in a header.
fn with_absolute_uri(request: &mut Request) {
    let host = request.headers().get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    if let (None, Some(authority)) = (request.uri().scheme(), host) {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
}

/// Of two parents nobody knows which is meant; a list may come in parts.
fn with_one_header_each(headers: &mut HeaderMap) {
    if headers.get_all(TRACEPARENT).iter().nth(1).is_some() {
        headers.remove(TRACEPARENT);
    }
    for name in [TRACESTATE, BAGGAGE] {
        let parts: Vec<_> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        if parts.len() > 1
            && let Ok(whole) = HeaderValue::from_bytes(&parts.join(&b','))
        {
            headers.insert(name, whole);
        }
    }
}

/// A method as it came, if the conventions know none such.
#[derive(Clone)]
struct Original(Method);

/// Any word may be a method: to keep names and values few, the conventions have one word for those that they do not know.
fn with_known_method(request: &mut Request) {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH]
        .into_iter()
        .chain([Method::CONNECT, Method::TRACE]);
    if let (false, Ok(other)) = (known.into_iter().any(|known| known == request.method()), Method::from_bytes(OTHER)) {
        let original = std::mem::replace(request.method_mut(), other);
        request.extensions_mut().insert(Original(original));
    }
}

fn request_attributes(request: &Request<Body>) -> Vec<KeyValue> {
    let version = match request.version() {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    };
    let address = request.uri().host().map(|host| KeyValue::new("server.address", host.to_owned()));
    let port = request.uri().port_u16().map(|port| KeyValue::new("server.port", i64::from(port)));
    let original = request.extensions().get::<Original>().map(|Original(method)| {
        let shown: String = method.as_str().chars().take(MAX_METHOD).collect();
        KeyValue::new("http.request.method_original", shown)
    });
    let version = KeyValue::new("network.protocol.version", version);
    [Some(version), address, port, original].into_iter().flatten().collect()
}

fn response_attributes(response: &Response) -> Vec<KeyValue> {
    let status = response.status();
    let failed = status.is_server_error().then(|| KeyValue::new("error.type", status.as_str().to_owned()));
    failed.into_iter().collect()
}
