//! CORS for pages: they come from another origin than the receiver, because the port is another.
//!
//! Origins on the list get an answer to their preflight and may read responses. Whatever any other origin sends is refused
//! without a CORS header: its preflight, so that its browser sends nothing, and what browsers send without one. Only to a GET,
//! which does nothing here, may it read the refusal: so a page whose spans are refused can say what is to be done. Programs
//! have no origin and are not concerned.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    media::Format,
    origin::AllowedOrigin,
    response::{Failure, failure},
};

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

/// The origins whose pages may send spans.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    listed: Vec<String>,
    any: bool,
    /// Where other pages are to send theirs, if it is not for them to be allowed here.
    elsewhere: Option<String>,
}

impl Origins {
    pub fn new(mut listed: Vec<String>, more: Vec<AllowedOrigin>) -> Self {
        let mut any = false;
        for origin in more {
            match origin {
                AllowedOrigin::Any => any = true,
                AllowedOrigin::One(origin) => listed.push(origin),
            }
        }
        Self { listed, any, elsewhere: None }
    }

    /// Those of the viewer, which takes no spans of other pages: these go to `otlp_url`.
    pub fn of_viewer(listed: Vec<String>, otlp_url: String) -> Self {
        Self { listed, any: false, elsewhere: Some(otlp_url) }
    }

    fn allow(&self, origin: &HeaderValue) -> bool {
        self.any || self.listed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }

    fn refusal(&self, origin: &HeaderValue) -> Failure {
        if let Some(otlp_url) = &self.elsewhere {
            return Failure::Forbidden(format!("this is the viewer; spans go to {otlp_url}"));
        }
        let what_to_do = match origin.to_str() {
            Ok("null") => {
                "serve the page by HTTP instead of opening its file, or start the collector with --allow-origin '*'"
                    .into()
            }
            Ok(origin) => format!("to allow it, start the collector with --allow-origin {}", word(origin)),
            Err(_) => "that is no origin".to_owned(),
        };
        let origin = String::from_utf8_lossy(origin.as_bytes());
        Failure::Forbidden(format!("pages of {origin} may not send spans to this collector; {what_to_do}"))
    }
}

/// An origin as one word of a command line.
fn word(origin: &str) -> Cow<'_, str> {
    // A header has no NUL, the one character that no quotes can hold.
    shlex::try_quote(origin).unwrap_or(Cow::Borrowed(origin))
}

pub async fn layer(State(origins): State<Arc<Origins>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.as_ref().is_some_and(|origin| origins.allow(origin));
    let may_read = allowed || request.method() == Method::GET;
    let mut response = match &origin {
        Some(origin) if !allowed => failure(Format::of_answer(request.headers()), origins.refusal(origin)),
        Some(_) if is_preflight(&request) => preflight(request.headers()),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.filter(|_| may_read) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
    response
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
