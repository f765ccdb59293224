//! What to do about a failure, for the people who run the page and its receiver.
//!
//! Jaeger's settings were tried with 1.48 and 2.20 and are the same in 1.55: both its lists, of origins and of headers, are
//! needed in 1.x, and the values are those of the page that is concerned. Lines to be copied can be pasted into bash and zsh.

use super::shell::{word, yaml_list};
use crate::platform::{ParsedUrl, Refusal, is_loopback_origin};

/// How a receiver's own words name what its command line lacks.
const FLAG: &str = "--allow-origin ";

/// Who sends what to whom.
pub(super) struct Parties<'a> {
    pub(super) endpoint: &'a ParsedUrl,
    /// The page's origin, as browsers put it into the `Origin` header.
    pub(super) page: &'a str,
    /// The names of the headers in use, in lower case.
    pub(super) headers: &'a [String],
}

impl Parties<'_> {
    /// What is wrong, and the settings that let this page in; if the port is that of something else, the one that spans go to.
    fn settings(&self, wrong: &str, what_to_do: &str) -> String {
        if let Some(port) = other_port(self.endpoint) {
            return format!("{wrong} {port}");
        }
        let (page, headers) = (word(self.page), word(&self.headers.join(",")));
        let set =
            |what: &str, list: String| word(&format!("--set=receivers.otlp.protocols.http.cors.allowed_{what}={list}"));
        let origins = set("origins", yaml_list([self.page]));
        let names = set("headers", yaml_list(self.headers.iter().map(String::as_str)));
        format!(
            "{wrong} {what_to_do}\n\
             Jaeger 1.x takes it from the environment:\n    \
             COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS={page}\n    \
             COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS={headers}\n\
             or as flags:\n    \
             --collector.otlp.http.cors.allowed-origins={page}\n    \
             --collector.otlp.http.cors.allowed-headers={headers}\n\
             Jaeger 2 and the OpenTelemetry Collector take it as arguments:\n    \
             {origins}\n    \
             {names}"
        )
    }

    /// CORS does not let this origin in.
    pub(super) fn allow_origin(&self) -> String {
        let Self { endpoint, page, .. } = self;
        let wrong =
            format!("{} answers, but does not allow requests from this page's origin, {page}.", endpoint.origin);
        self.settings(&wrong, "Allow it there, with the headers in use.")
    }

    /// It cannot be told whether nothing listens or CORS refuses.
    pub(super) fn start_or_allow(&self) -> String {
        let Self { endpoint, page, .. } = self;
        let wrong = format!(
            "Either nothing answers at {}, or it does not allow requests from this page's origin, {page}: the browser does not tell \
             the two apart here.{}",
            endpoint.origin,
            visitors_machine(endpoint, Some(page)),
        );
        self.settings(&wrong, "Start a receiver there, and allow this origin with the headers in use.")
    }

    /// CORS lets this origin in, but not with these headers.
    pub(super) fn allow_headers(&self) -> String {
        let Self { endpoint, page, headers } = self;
        let wrong = format!(
            "{} allows requests from this page's origin, {page}, but not with these headers: {}.",
            endpoint.origin,
            headers.join(", "),
        );
        self.settings(&wrong, "Allow them there.")
    }
}

/// The port of spans, where the endpoint's is well known for something else.
fn other_port(endpoint: &ParsedUrl) -> Option<String> {
    let (host, port) = endpoint.origin.rsplit_once(':')?;
    let what = match port {
        "4317" => "this is OTLP over gRPC, which browsers cannot speak",
        "16686" => "this is the viewer",
        _ => return None,
    };
    Some(format!("By its port, {port}, {what}; spans go to 4318, OTLP over HTTP:\n    {host}:4318"))
}

/// What browsers ask their users.
fn visitors_machine(endpoint: &ParsedUrl, page: Option<&str>) -> &'static str {
    if endpoint.is_loopback() && page.is_some_and(|page| !is_loopback_origin(page)) {
        " It is an address of the visitor's own machine, and browsers may ask the visitor before a public page may call it."
    } else {
        ""
    }
}

/// The receiver lets its answer be read, and says in it why it takes nothing.
pub(super) fn refused(endpoint: &ParsedUrl, refusal: &Refusal) -> String {
    let message = &refusal.message;
    // By bytes: a search for text weighs more.
    let flag = message.as_bytes().windows(FLAG.len()).position(|window| window == FLAG.as_bytes());
    let at = flag.unwrap_or(message.len());
    let (said, flag) = (message.get(..at).unwrap_or(message), message.get(at..).unwrap_or_default());
    let line = if flag.is_empty() { "" } else { "\n    " };
    format!("{} answers with HTTP status {}: {}{line}{flag}", endpoint.origin, refusal.status, said.trim_end())
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
    if endpoint.scheme == "https" {
        advice.push_str(
            " A certificate that the browser does not trust looks the same: open the endpoint in a tab to see.",
        );
    }
    advice.push_str(visitors_machine(endpoint, page));
    if let Some(port) = other_port(endpoint) {
        advice.push('\n');
        advice.push_str(&port);
    }
    advice
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
    if !cfg!(feature = "advice") {
        return None;
    }
    Some(match status {
        0 | 300..=399 => {
            "What answers there sends requests elsewhere, such as to a login page or from http to https: give the endpoint at which \
             the receiver itself answers, and what a login asks for in a header, such as authorization."
        }
        401 | 407 => "Send what the receiver asks for in a header, such as authorization.",
        403 => {
            "The receiver refuses: send what it asks for in a header, such as authorization, or have it allow this page's origin."
        }
        404 | 405 => {
            "What answers there takes no OTLP over HTTP at this URL: check the endpoint (spans go to port 4318, the viewer is on 16686) \
             and the path, /v1/traces by default."
        }
        413 => {
            "The request was too long for the receiver: its records go in halves, but for one that is too long by itself."
        }
        415 => "The receiver does not take OTLP as JSON, or not compressed: use one that does, or send uncompressed.",
        _ => return None,
    })
}

/// The receiver has no path for this signal.
pub(super) fn absent(words: &str) -> String {
    format!(
        "What answers there takes no {words}, as a Jaeger does not: they are dropped, and spans are sent as before. Send them to an \
         OpenTelemetry Collector, by an endpoint of their own if need be, or leave them out."
    )
}

/// More spans than there is room for.
pub(super) fn for_full_queue() -> Option<&'static str> {
    cfg!(feature = "advice")
        .then_some("Record less (a sampler can choose among spans), export more often, or make the queue larger.")
}
