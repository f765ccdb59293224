//! What to do about a failure, for the people who run the page and its receiver.
//!
//! Jaeger's settings were tried with 1.48 and 2.20 and are the same in 1.55: both its lists, of origins and of headers, are
//! needed in 1.x, and the values are those of the page that is concerned.

use crate::platform::ParsedUrl;

/// The port that OTLP has for gRPC, which a browser cannot speak.
const GRPC_PORT: &str = ":4317";

/// Who sends what to whom.
pub(super) struct Parties<'a> {
    pub(super) endpoint: &'a ParsedUrl,
    /// The page's origin, as browsers put it into the `Origin` header.
    pub(super) page: &'a str,
    /// The names of the headers in use, in lower case.
    pub(super) headers: &'a [String],
}

impl Parties<'_> {
    fn settings(&self) -> String {
        let (page, headers) = (self.page, self.headers.join(","));
        format!(
            "Jaeger 1.x takes it from the environment:\n    \
             COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS={page}\n    \
             COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS={headers}\n\
             or as flags:\n    \
             --collector.otlp.http.cors.allowed-origins={page}\n    \
             --collector.otlp.http.cors.allowed-headers={headers}\n\
             Jaeger 2 and the OpenTelemetry Collector take it as arguments:\n    \
             --set=receivers.otlp.protocols.http.cors.allowed_origins=[{page}]\n    \
             --set=receivers.otlp.protocols.http.cors.allowed_headers=[{headers}]"
        )
    }

    /// CORS does not let this origin in.
    pub(super) fn allow_origin(&self) -> String {
        let Self { endpoint, page, .. } = self;
        format!(
            "{} answers, but does not allow requests from this page's origin, {page}. Allow it there, with the headers in \
             use.\n{}",
            endpoint.origin,
            self.settings()
        )
    }

    /// It cannot be told whether nothing listens or CORS refuses.
    pub(super) fn start_or_allow(&self) -> String {
        let Self { endpoint, page, .. } = self;
        format!(
            "Either nothing answers at {}, or it does not allow requests from this page's origin, {page}: in this browser the two \
             look alike in a cross-origin isolated page. Start a receiver there, and allow this origin with the headers in use.\n{}",
            endpoint.origin,
            self.settings()
        )
    }

    /// CORS lets this origin in, but not with these headers.
    pub(super) fn allow_headers(&self) -> String {
        let Self { endpoint, page, headers } = self;
        format!(
            "{} allows requests from this page's origin, {page}, but not with these headers: {}. Allow them there.\n{}",
            endpoint.origin,
            headers.join(", "),
            self.settings()
        )
    }
}

/// A policy of the page itself stands in the way.
pub(super) fn allow_in_policy(endpoint: &ParsedUrl) -> String {
    let origin = &endpoint.origin;
    format!(
        "The page's Content-Security-Policy (an HTTP header or a meta element) does not let it connect to {origin}. Add that to \
         the directive connect-src, next to what stands there already:\n    connect-src 'self' {origin}"
    )
}

/// Nothing listens, or nothing that speaks HTTP.
pub(super) fn start_receiver(endpoint: &ParsedUrl, page: Option<&str>) -> String {
    let origin = &endpoint.origin;
    let mut advice = format!(
        "Nothing answers at {origin}: no receiver runs there, or a firewall or a browser extension holds the requests back. \
         Start Jaeger or an OpenTelemetry Collector with OTLP over HTTP on this port, or correct the endpoint."
    );
    if origin.ends_with(GRPC_PORT) {
        advice.push_str(" Port 4317 is that of OTLP over gRPC, which browsers cannot speak; OTLP over HTTP has 4318.");
    }
    if endpoint.scheme == "https" {
        advice.push_str(
            " A certificate that the browser does not trust looks the same: open the endpoint in a tab to see.",
        );
    }
    if endpoint.is_loopback() && page.is_some_and(|page| !is_loopback_origin(page)) {
        advice.push_str(
            " It is an address of the visitor's own machine, and browsers may ask the visitor before a public page may call it.",
        );
    }
    advice
}

fn is_loopback_origin(origin: &str) -> bool {
    crate::platform::url::parse(origin).is_some_and(|url| url.is_loopback())
}

/// The page is secure and the endpoint is not.
pub(super) fn use_https(endpoint: &ParsedUrl) -> String {
    format!(
        "This page came by https, and browsers block its requests to {}. Give the receiver an https endpoint, or a path on this \
         page's own server.",
        endpoint.origin
    )
}

/// The probe got through.
pub(super) fn passed(endpoint: &ParsedUrl) -> String {
    format!(
        "A request without spans got through to {} just after the failure: it was out of reach for a moment only, or the browser \
         had too much under way. There is nothing to do unless this comes again.",
        endpoint.origin
    )
}

/// The probe found nothing out.
pub(super) fn undecided(endpoint: &ParsedUrl) -> String {
    format!(
        "What is wrong could not be found out: a request without spans got no answer from {} in time. Look at the browser's \
         network tools for more.",
        endpoint.origin
    )
}

/// What a status says to do, where that is not plain.
pub(super) fn for_status(status: u16) -> Option<&'static str> {
    Some(match status {
        0 | 300..=399 => {
            "What answers there sends requests elsewhere, such as to a login page or from http to https: give the endpoint at which \
             the receiver itself answers, and what a login asks for in a header, such as authorization."
        }
        401 | 403 | 407 => "Send what the receiver asks for in a header, such as authorization.",
        404 | 405 => {
            "What answers there takes no OTLP over HTTP at this URL: check the endpoint and the path, /v1/traces by default."
        }
        413 => "The request was too long for the receiver: send fewer spans at a time.",
        415 => "The receiver does not take OTLP as JSON, or not compressed: use one that does, or send uncompressed.",
        _ => return None,
    })
}

/// More spans than there is room for.
pub(super) const QUEUE_FULL: &str =
    "Record fewer spans (a sampler can choose), export more often, or make the queue larger.";
