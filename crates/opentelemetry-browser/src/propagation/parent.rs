//! A parent from outside of this code: the page's, or one that is given as text.

use std::str::FromStr;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceState;

use super::error::ParentError;
use super::header;
use super::w3c::{LENGTH, W3cPropagator, is_printable};
use crate::platform;

/// The context that the page was made in: that of `<meta name="traceparent">`, with `<meta name="tracestate">` and
/// `<meta name="baggage">` if they are there. `None` if there is no such tag, no page (in a worker), or no browser.
///
/// ```
/// use opentelemetry_browser::propagation::page_parent;
///
/// match page_parent() {
///     Ok(Some(parent)) => println!("the server has traced this page: {parent:?}"),
///     Ok(None) => println!("it has not"),
///     Err(error) => println!("the page's template is wrong: {error}"),
/// }
/// ```
///
/// # Errors
/// If one of the tags is malformed. The rest of it is [still usable](ParentError::into_usable).
pub fn page_parent() -> Result<Option<Context>, ParentError> {
    let Some(traceparent) = platform::meta::content("traceparent") else { return Ok(None) };
    let (tracestate, baggage) = (platform::meta::content("tracestate"), platform::meta::content("baggage"));
    remote_parent_with(&traceparent, tracestate.as_deref(), baggage.as_deref()).map(Some)
}

/// The context of a `traceparent`, such as JavaScript passes to a wasm function that is to go on with its trace.
///
/// ```
/// use opentelemetry::trace::{Tracer, TraceContextExt};
///
/// let parent = opentelemetry_browser::propagation::remote_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?;
/// assert!(parent.span().span_context().is_remote());
/// let span = opentelemetry::global::tracer("shop").start_with_context("go on", &parent);
/// # Ok::<(), opentelemetry_browser::propagation::ParentError>(())
/// ```
///
/// # Errors
/// If it is not well-formed by [W3C Trace Context](https://www.w3.org/TR/trace-context-2/#traceparent-header).
pub fn remote_parent(traceparent: &str) -> Result<Context, ParentError> {
    remote_parent_with(traceparent, None, None)
}

/// As [`remote_parent`], with the headers that may go with it.
///
/// ```
/// use opentelemetry::baggage::BaggageExt;
///
/// let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent = opentelemetry_browser::propagation::remote_parent_with(traceparent, Some("vendor=1"), Some("tier=gold"))?;
/// assert_eq!(parent.baggage().get("tier").unwrap().as_str(), "gold");
/// # Ok::<(), opentelemetry_browser::propagation::ParentError>(())
/// ```
///
/// # Errors
/// If one of them is malformed. If the `traceparent` is not, the rest of it is [still usable](ParentError::into_usable).
pub fn remote_parent_with(
    traceparent: &str,
    tracestate: Option<&str>,
    baggage: Option<&str>,
) -> Result<Context, ParentError> {
    let traceparent = traceparent.trim_ascii();
    check(traceparent).map_err(|problem| ParentError::new("traceparent", traceparent, problem))?;
    let mut carrier = Carrier { traceparent, ..Carrier::default() };
    let mut error = None;
    if let Some(tracestate) = tracestate {
        match TraceState::from_str(tracestate.trim_ascii()) {
            Ok(_) if !is_printable(tracestate.trim_ascii()) => {
                error = Some(ParentError::new("tracestate", tracestate, "it has characters that no header may have"));
            }
            Ok(_) => carrier.tracestate = Some(tracestate.trim_ascii()),
            Err(problem) => {
                error = Some(ParentError::new("tracestate", tracestate, &problem).with_source(problem));
            }
        }
    }
    if let Some(baggage) = baggage {
        if let Some(problem) = header::problem(baggage) {
            error = error.or(Some(ParentError::new("baggage", baggage, problem)));
        }
        carrier.baggage = Some(baggage.trim_ascii());
    }
    let context = W3cPropagator::new().extract_with_context(&Context::new(), &carrier);
    match error {
        Some(error) => Err(error.with_usable(context)),
        None => Ok(context),
    }
}

/// The headers, by name. A map that ignores case, as upstream has one, weighs some 5 KB of a bundle.
#[derive(Default)]
struct Carrier<'a> {
    traceparent: &'a str,
    tracestate: Option<&'a str>,
    baggage: Option<&'a str>,
}

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(self.traceparent),
            "tracestate" => self.tracestate,
            "baggage" => self.baggage,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        ["traceparent", "tracestate", "baggage"].into_iter().filter(|key| self.get(key).is_some()).collect()
    }
}

/// What is wrong with a `traceparent`.
pub(super) fn check(traceparent: &str) -> Result<(), String> {
    const FORM: &str = "expected 00-<32 hex digits of the trace id>-<16 of the span id>-<2 of flags>";
    if traceparent.is_empty() {
        return Err(format!("it is empty; {FORM}"));
    }
    let fields: Vec<&str> = traceparent.splitn(5, '-').collect();
    let [version, trace_id, span_id, flags, ..] = fields[..] else {
        return Err(format!("it has {} of 4 fields; {FORM}", fields.len()));
    };
    for (name, field, length) in
        [("version", version, 2), ("trace id", trace_id, 32), ("span id", span_id, 16), ("flags", flags, 2)]
    {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if field.len() != length || !field.bytes().all(is_hex) {
            return Err(format!("the {name} \"{field}\" is not {length} lower-case hex digits; {FORM}"));
        }
    }
    match version {
        "ff" => return Err("version ff is forbidden".to_owned()),
        "00" if traceparent.len() > LENGTH => {
            return Err(format!("version 00 ends after the flags; {FORM}"));
        }
        _ => {}
    }
    for (name, field) in [("trace id", trace_id), ("span id", span_id)] {
        if field.bytes().all(|digit| digit == b'0') {
            return Err(format!("the {name} is all zeros, which stands for no {name}"));
        }
    }
    Ok(())
}
