//! Records to OTLP JSON: in goes upstream's [`SpanData`], out come its bytes in an `ExportTraceServiceRequest`, written in one pass with
//! no value tree between.
//!
//! The mapping is that of [OTLP/HTTP JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): lowerCamelCase
//! keys, hexadecimal ids, integer enums, 64-bit integers as decimal strings, and keys with default values left out.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::SpanData;

use super::signal::Signal;
use crate::attributes::last_of_each_key;
use crate::hex::hex;
use crate::resource::Description;
use crate::sort::sort;

#[cfg(feature = "logs")]
mod log;
mod text;
mod value;

#[cfg(feature = "logs")]
pub(super) use log::write_log;
use text::{decimal, escaped, nanos, string};
use value::{attribute_fields, attributes, list};

/// `SpanFlags.CONTEXT_HAS_IS_REMOTE_MASK`
const HAS_IS_REMOTE: u32 = 0x100;
/// `SpanFlags.CONTEXT_IS_REMOTE_MASK`
const IS_REMOTE: u32 = 0x200;

/// What stands before and after the scopes of a request about `resource`.
pub(super) fn resource_frame(resource: &Description, signal: &Signal) -> (Vec<u8>, Vec<u8>) {
    // Of a hash map the order differs from run to run; equal resources should give equal bytes.
    let pairs = sort(last_of_each_key(&resource.attributes).collect(), |left: &&KeyValue, right| left.key < right.key);
    let mut head = b"{".to_vec();
    string(&mut head, signal.resources);
    head.extend_from_slice(b":[{\"resource\":{\"attributes\":");
    attributes(&mut head, pairs.into_iter());
    head.extend_from_slice(b"},");
    string(&mut head, signal.scopes);
    head.extend_from_slice(b":[");
    let mut tail = b"]".to_vec();
    schema_url(&mut tail, resource.schema_url.as_deref());
    tail.extend_from_slice(b"}]}");
    (head, tail)
}

/// What stands before and after the records of a scope.
pub(super) fn group_frame(scope: &InstrumentationScope, records: &str) -> (Vec<u8>, Vec<u8>) {
    let mut head = b"{\"scope\":{\"name\":".to_vec();
    string(&mut head, scope.name());
    if let Some(version) = scope.version() {
        head.extend_from_slice(b",\"version\":");
        string(&mut head, version);
    }
    let pairs: Vec<KeyValue> = scope.attributes().cloned().collect();
    if !pairs.is_empty() {
        head.extend_from_slice(b",\"attributes\":");
        attributes(&mut head, last_of_each_key(&pairs));
    }
    head.extend_from_slice(b"},");
    string(&mut head, records);
    head.extend_from_slice(b":[");
    let mut tail = b"]".to_vec();
    schema_url(&mut tail, scope.schema_url());
    tail.push(b'}');
    (head, tail)
}

/// Whether two scopes are written alike. Upstream's comparison sorts their attributes, for every span.
pub(super) fn is_same(one: &InstrumentationScope, other: &InstrumentationScope) -> bool {
    one.name() == other.name()
        && one.version() == other.version()
        && one.schema_url() == other.schema_url()
        && one.attributes().eq(other.attributes())
}

fn schema_url(out: &mut Vec<u8>, url: Option<&str>) {
    if let Some(url) = url {
        out.extend_from_slice(b",\"schemaUrl\":");
        string(out, url);
    }
}

/// Room for a span with a few attributes: the buffer grows once for it, not with each of its pieces.
const USUAL_SPAN: usize = 512;

pub(super) fn write_span(out: &mut Vec<u8>, span: &SpanData) {
    out.reserve(USUAL_SPAN);
    context(out, &span.span_context, span.parent_span_is_remote);
    if span.parent_span_id != SpanId::INVALID {
        out.extend_from_slice(b",\"parentSpanId\":\"");
        hex(out, &span.parent_span_id.to_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b",\"name\":\"");
    escaped(out, &span.name);
    out.extend_from_slice(match span.span_kind {
        SpanKind::Internal => b"\",\"kind\":1,\"startTimeUnixNano\":\"",
        SpanKind::Server => b"\",\"kind\":2,\"startTimeUnixNano\":\"",
        SpanKind::Client => b"\",\"kind\":3,\"startTimeUnixNano\":\"",
        SpanKind::Producer => b"\",\"kind\":4,\"startTimeUnixNano\":\"",
        SpanKind::Consumer => b"\",\"kind\":5,\"startTimeUnixNano\":\"",
    });
    time(out, span.start_time);
    out.extend_from_slice(b"\",\"endTimeUnixNano\":\"");
    time(out, span.end_time);
    out.push(b'"');
    attribute_fields(out, &span.attributes, span.dropped_attributes_count);
    if !span.events.is_empty() {
        out.extend_from_slice(b",\"events\":");
        list(out, span.events.iter(), event);
    }
    count(out, b",\"droppedEventsCount\":", span.events.dropped_count);
    if !span.links.is_empty() {
        out.extend_from_slice(b",\"links\":");
        list(out, span.links.iter(), link);
    }
    count(out, b",\"droppedLinksCount\":", span.links.dropped_count);
    match &span.status {
        Status::Unset => out.extend_from_slice(b",\"status\":{}}"),
        Status::Ok => out.extend_from_slice(b",\"status\":{\"code\":1}}"),
        Status::Error { description } => {
            out.extend_from_slice(b",\"status\":{\"code\":2,\"message\":\"");
            escaped(out, description);
            out.extend_from_slice(b"\"}}");
        }
    }
}

/// Opens an object with the fields that spans and links have in common.
fn context(out: &mut Vec<u8>, context: &SpanContext, is_remote: bool) {
    out.extend_from_slice(b"{\"traceId\":\"");
    hex(out, &context.trace_id().to_bytes());
    out.extend_from_slice(b"\",\"spanId\":\"");
    hex(out, &context.span_id().to_bytes());
    // Its header would be a string of its own, also where there is nothing in it.
    if cfg!(feature = "trace-state") && *context.trace_state() != TraceState::NONE {
        let trace_state = context.trace_state().header();
        if !trace_state.is_empty() {
            out.extend_from_slice(b"\",\"traceState\":\"");
            escaped(out, &trace_state);
        }
    }
    out.extend_from_slice(b"\",\"flags\":");
    let remote = if is_remote { IS_REMOTE } else { 0 };
    let flags = u32::from(context.trace_flags().to_u8()) | HAS_IS_REMOTE | remote;
    decimal(out, flags.into());
}

fn event(out: &mut Vec<u8>, event: &Event) {
    out.extend_from_slice(b"{\"name\":\"");
    escaped(out, &event.name);
    out.extend_from_slice(b"\",\"timeUnixNano\":\"");
    time(out, event.timestamp);
    out.push(b'"');
    attribute_fields(out, &event.attributes, event.dropped_attributes_count);
    out.push(b'}');
}

fn link(out: &mut Vec<u8>, link: &Link) {
    context(out, &link.span_context, link.span_context.is_remote());
    attribute_fields(out, &link.attributes, link.dropped_attributes_count);
    out.push(b'}');
}

/// A time before 1970 has no place in the protocol: opentelemetry-proto, too, writes zero for it. Nor has one after 2554.
fn time(out: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    nanos(out, since.min(Duration::from_nanos(u64::MAX)));
}

fn count(out: &mut Vec<u8>, key: &[u8], count: u32) {
    if count > 0 {
        out.extend_from_slice(key);
        decimal(out, count.into());
    }
}

#[cfg(all(test, not(target_arch = "wasm32"), feature = "logs", feature = "sdk"))]
mod log_tests;

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "json_property_tests.rs"]
mod property_tests;
