//! CORS for pages that send spans: they come from another origin than the receiver, because the port is another.
//!
//! Origins that are allowed get an answer to their preflight and may read responses. Whatever any other origin sends is refused
//! without a CORS header: its preflight, so that its browser sends nothing, and what browsers send without one. Only to a GET,
//! which does nothing here, may it read the refusal: so a page whose spans are refused can say what is to be done. Refused is
//! also what a page elsewhere has caused without saying its origin. Programs are not concerned.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Guard, Refusal,
    fetch_metadata::{Site, site},
    parse_origin,
};
use crate::terminal::Kind;

/// How long a browser may remember a preflight: two hours, the most that Chromium accepts.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// What an exporter sends anyway, for a preflight that names nothing.
const USUAL_HEADERS: HeaderValue = HeaderValue::from_static("content-type, content-encoding");
/// Never a page's to set: they are about the connection, or say who is calling.
const NEVER: [HeaderName; 10] = [
    header::HOST,
    header::ORIGIN,
    header::REFERER,
    header::COOKIE,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
    header::EXPECT,
];

pub async fn answer(guard: &Guard, refused: Refusal, host: &Authority, request: Request<Body>, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.as_ref().is_some_and(|origin| guard.origins.allow(origin, host));
    let may_read = allowed || request.method() == Method::GET;
    let mut response = match &origin {
        Some(origin) if !allowed => {
            let message = refusal(origin);
            guard.terminal.refused(Kind::Origin, || message.clone());
            refused(request.headers(), message)
        }
        Some(_) if is_preflight(&request) => preflight(request.headers()),
        // Nobody sends spans without saying where from.
        None if site(request.headers()) == Site::Foreign => refused(request.headers(), NO_ORIGIN.to_owned()),
        _ => next.run(request).await,
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.filter(|_| may_read) {
        let_read(&mut response, origin);
    }
    response
}

/// Lets pages of this origin read the response.
pub fn let_read(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
}

const NO_ORIGIN: &str = "a page of another site may ask nothing here without its origin; spans come by POST /v1/traces";

fn refusal(origin: &HeaderValue) -> String {
    let what_to_do = match origin.to_str() {
        Ok("null") => {
            "serve the page by HTTP instead of opening its file, or start the collector with --allow-origin '*'".into()
        }
        Ok(origin) if parse_origin(origin).is_ok() => {
            format!("to allow it, start the collector with --allow-origin {}", word(origin))
        }
        Ok(_) => "it is not one that can be named: to allow all, start the collector with --allow-origin '*'".into(),
        Err(_) => "that is no origin".to_owned(),
    };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    format!("pages of {origin} may not send spans to this collector; {what_to_do}")
}

/// An origin as one word of a command line.
fn word(origin: &str) -> Cow<'_, str> {
    // A header has no NUL, the one character that no quotes can hold.
    shlex::try_quote(origin).unwrap_or(Cow::Borrowed(origin))
}

fn is_preflight(request: &Request<Body>) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(request: &HeaderMap) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers(request)),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (header::VARY, HeaderValue::from_static("access-control-request-headers")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Whatever headers the page is configured to send, credentials and trace context among them: the list of origins is the
/// protection.
fn allowed_headers(request: &HeaderMap) -> HeaderValue {
    let asked = request.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = asked.filter_map(|names| names.to_str().ok()).flat_map(|names| names.split(','));
    let names = names.filter_map(|name| name.trim().parse::<HeaderName>().ok()).filter(|name| !NEVER.contains(name));
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    HeaderValue::from_str(&names.join(", ")).ok().filter(|names| !names.is_empty()).unwrap_or(USUAL_HEADERS)
}
