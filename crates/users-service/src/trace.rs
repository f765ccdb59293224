//! The trace of a request: its parent and baggage come in with the headers, its id goes out with them.
//!
//! The span is that of OpenTelemetry's own layer. What this adds to it are attributes that the conventions have and the layer leaves
//! out, and the baggage entry `user`, so that what the page knows of its user is found here.

use std::iter::once;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderName, HeaderValue, Uri, Version,
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

pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The routes with a server span around each request.
pub fn traced(routes: Router) -> Router {
    let layer = LayerBuilder::builder()
        .with_metrics(false)
        .with_request_extractor_fn(request_attributes)
        .with_response_extractor_fn(response_attributes);
    let Ok(layer) = layer.build() else { return routes };
    routes.layer(from_fn(tell)).layer(layer).layer(map_request(with_absolute_uri))
}

/// Inside the span: notes the user, and answers with the trace's id. A page may always read `Server-Timing`, by the request's
/// performance entry; a program finds the header `Trace-Id` more easily.
async fn tell(request: Request, next: Next) -> Response {
    let cx = Context::current();
    if let Some(user) = cx.baggage().get(USER) {
        let user: String = user.as_str().chars().take(MAX_USER).collect();
        cx.span().set_attribute(KeyValue::new(USER, user));
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

/// A request to a server names its host in a header; the layer looks for the scheme in the URI.
async fn with_absolute_uri(mut request: Request) -> Request {
    let host = request.headers().get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    if let (None, Some(authority)) = (request.uri().scheme(), host) {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
    request
}

fn request_attributes(request: &Request<Body>) -> Vec<KeyValue> {
    let version = match request.version() {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    };
    let address = request.uri().host().map(|host| KeyValue::new("server.address", host.to_owned()));
    let port = request.uri().port_u16().map(|port| KeyValue::new("server.port", i64::from(port)));
    once(KeyValue::new("network.protocol.version", version)).chain(address).chain(port).collect()
}

fn response_attributes(response: &Response) -> Vec<KeyValue> {
    let status = response.status();
    let failed = status.is_server_error().then(|| KeyValue::new("error.type", status.as_str().to_owned()));
    failed.into_iter().collect()
}
