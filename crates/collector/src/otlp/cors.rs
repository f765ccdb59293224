//! CORS for the page: it comes from another origin than the receiver, because the port is another.
//!
//! Origins on the list get an answer to their preflight and may read responses. Any other origin gets no CORS header at
//! all, and its preflight is refused, so its browser sends nothing. Programs have no origin and are not concerned.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// How long a browser may remember a preflight: two hours, the most that Chromium accepts.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// What an exporter sends anyway, for a preflight that names nothing.
const USUAL_HEADERS: HeaderValue = HeaderValue::from_static("content-type, content-encoding");

/// The origins whose pages may send spans.
#[derive(Debug, Clone, Default)]
pub struct Origins(pub Vec<String>);

impl Origins {
    /// The request's origin, if it is on the list.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

pub async fn layer(State(origins): State<Arc<Origins>>, request: Request, next: Next) -> Response {
    let allowed = origins.allowed(request.headers());
    let mut response =
        if is_preflight(&request) { preflight(allowed.is_some(), request.headers()) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
    response
}

fn is_preflight(request: &Request<Body>) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(allowed: bool, request: &HeaderMap) -> Response {
    if !allowed {
        let origin = request.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or("(not ASCII)");
        let message = format!("pages of {origin} may not send spans to this collector, only the page that it serves\n");
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    // Whatever headers the page is configured to send: the list of origins is the protection.
    let wanted = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(USUAL_HEADERS);
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, wanted),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (header::VARY, HeaderValue::from_static("access-control-request-headers")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
