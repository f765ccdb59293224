//! Spans to OTLP JSON: in goes upstream's [`SpanData`], out come the bytes of an `ExportTraceServiceRequest`, written in one
//! pass with no value tree between.
//!
//! The mapping is that of [OTLP/HTTP JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): lowerCamelCase
//! keys, hexadecimal ids, integer enums, 64-bit integers as decimal strings, and keys with default values left out.

use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::text::{decimal, double, hex, signed, string};
use crate::attributes::last_of_each_key;

/// `SpanFlags.CONTEXT_HAS_IS_REMOTE_MASK`
const HAS_IS_REMOTE: u32 = 0x100;
/// `SpanFlags.CONTEXT_IS_REMOTE_MASK`
const IS_REMOTE: u32 = 0x200;

/// All of a request that does not depend on its spans, written once.
#[derive(Debug)]
pub(crate) struct Frame {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Frame {
    /// The frame of requests about `resource`.
    pub(crate) fn new(resource: &Resource) -> Self {
        let mut pairs: Vec<_> = resource.iter().collect();
        // A hash map's order differs from run to run; equal resources should give equal bytes.
        pairs.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
        let mut head = b"{\"resourceSpans\":[{\"resource\":{\"attributes\":".to_vec();
        list(&mut head, pairs.into_iter(), |out, (key, value)| pair(out, key.as_str(), value));
        head.extend_from_slice(b"},\"scopeSpans\":[");
        let mut tail = b"]".to_vec();
        schema_url(&mut tail, resource.schema_url());
        tail.extend_from_slice(b"}]}");
        Self { head, tail }
    }
}

struct Group {
    scope: InstrumentationScope,
    json: Vec<u8>,
}

/// A request that is being written, span by span.
pub(crate) struct BatchEncoder<'a> {
    frame: &'a Frame,
    /// One for each instrumentation scope; the first has the head of the frame before it.
    groups: Vec<Group>,
    latest: usize,
    spans: usize,
    /// How long the request would be if it were finished now.
    len: usize,
}

impl<'a> BatchEncoder<'a> {
    pub(crate) fn new(frame: &'a Frame) -> Self {
        Self { frame, groups: Vec::new(), latest: 0, spans: 0, len: frame.head.len() + frame.tail.len() }
    }

    /// How many spans it holds.
    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    /// Adds a span, unless the request would become longer than `limit` bytes by it.
    pub(crate) fn push(&mut self, span: &SpanData, limit: usize) -> bool {
        let (groups, len) = (self.groups.len(), self.len);
        let index = match self.group_of(&span.instrumentation_scope) {
            Some(index) => index,
            None => self.open_group(span.instrumentation_scope.clone()),
        };
        let group = &mut self.groups[index];
        let before = group.json.len();
        if group.json.last() == Some(&b'}') {
            group.json.push(b',');
        }
        write_span(&mut group.json, span);
        let grown = self.len + (group.json.len() - before);
        if grown > limit {
            group.json.truncate(before);
            self.groups.truncate(groups);
            self.len = len;
            return false;
        }
        self.latest = index;
        self.spans += 1;
        self.len = grown;
        true
    }

    fn group_of(&self, scope: &InstrumentationScope) -> Option<usize> {
        if self.groups.get(self.latest).is_some_and(|group| group.scope == *scope) {
            return Some(self.latest);
        }
        self.groups.iter().position(|group| group.scope == *scope)
    }

    fn open_group(&mut self, scope: InstrumentationScope) -> usize {
        let mut json = Vec::new();
        if self.groups.is_empty() {
            json.reserve(64 * 1024);
            json.extend_from_slice(&self.frame.head);
        } else {
            json.push(b',');
        }
        let start = json.len();
        json.extend_from_slice(b"{\"scope\":{\"name\":");
        string(&mut json, scope.name());
        if let Some(version) = scope.version() {
            json.extend_from_slice(b",\"version\":");
            string(&mut json, version);
        }
        let pairs: Vec<KeyValue> = scope.attributes().cloned().collect();
        if !pairs.is_empty() {
            json.extend_from_slice(b",\"attributes\":");
            attributes(&mut json, last_of_each_key(&pairs));
        }
        json.extend_from_slice(b"},\"spans\":[");
        let mut tail = Vec::new();
        close_group(&mut tail, &scope);
        self.len += json.len() - start + tail.len() + usize::from(!self.groups.is_empty());
        self.groups.push(Group { scope, json });
        self.groups.len() - 1
    }

    /// The request's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut groups = self.groups.into_iter();
        let mut out = match groups.next() {
            Some(mut group) => {
                close_group(&mut group.json, &group.scope);
                group.json
            }
            None => self.frame.head.clone(),
        };
        for group in groups {
            out.extend_from_slice(&group.json);
            close_group(&mut out, &group.scope);
        }
        out.extend_from_slice(&self.frame.tail);
        out
    }
}

fn close_group(out: &mut Vec<u8>, scope: &InstrumentationScope) {
    out.push(b']');
    schema_url(out, scope.schema_url());
    out.push(b'}');
}

fn schema_url(out: &mut Vec<u8>, url: Option<&str>) {
    if let Some(url) = url {
        out.extend_from_slice(b",\"schemaUrl\":");
        string(out, url);
    }
}

fn write_span(out: &mut Vec<u8>, span: &SpanData) {
    context(out, &span.span_context, span.parent_span_is_remote);
    if span.parent_span_id != SpanId::INVALID {
        out.extend_from_slice(b",\"parentSpanId\":\"");
        hex(out, &span.parent_span_id.to_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b",\"name\":");
    string(out, &span.name);
    out.extend_from_slice(b",\"kind\":");
    out.push(match span.span_kind {
        SpanKind::Internal => b'1',
        SpanKind::Server => b'2',
        SpanKind::Client => b'3',
        SpanKind::Producer => b'4',
        SpanKind::Consumer => b'5',
    });
    time(out, "startTimeUnixNano", span.start_time);
    time(out, "endTimeUnixNano", span.end_time);
    attribute_fields(out, &span.attributes, span.dropped_attributes_count);
    if !span.events.is_empty() {
        out.extend_from_slice(b",\"events\":");
        list(out, span.events.iter(), event);
    }
    count(out, "droppedEventsCount", span.events.dropped_count);
    if !span.links.is_empty() {
        out.extend_from_slice(b",\"links\":");
        list(out, span.links.iter(), link);
    }
    count(out, "droppedLinksCount", span.links.dropped_count);
    out.extend_from_slice(match span.status {
        Status::Unset => b",\"status\":{",
        Status::Ok => b",\"status\":{\"code\":1",
        Status::Error { .. } => b",\"status\":{\"code\":2",
    });
    if let Status::Error { description } = &span.status {
        out.extend_from_slice(b",\"message\":");
        string(out, description);
    }
    out.extend_from_slice(b"}}");
}

/// Opens an object with the fields that spans and links have in common.
fn context(out: &mut Vec<u8>, context: &SpanContext, is_remote: bool) {
    out.extend_from_slice(b"{\"traceId\":\"");
    hex(out, &context.trace_id().to_bytes());
    out.extend_from_slice(b"\",\"spanId\":\"");
    hex(out, &context.span_id().to_bytes());
    let trace_state = context.trace_state().header();
    if !trace_state.is_empty() {
        out.extend_from_slice(b"\",\"traceState\":");
        string(out, &trace_state);
        out.extend_from_slice(b",\"flags\":");
    } else {
        out.extend_from_slice(b"\",\"flags\":");
    }
    let remote = if is_remote { IS_REMOTE } else { 0 };
    let flags = u32::from(context.trace_flags().to_u8()) | HAS_IS_REMOTE | remote;
    decimal(out, flags.into());
}

fn event(out: &mut Vec<u8>, event: &Event) {
    out.extend_from_slice(b"{\"name\":");
    string(out, &event.name);
    time(out, "timeUnixNano", event.timestamp);
    attribute_fields(out, &event.attributes, event.dropped_attributes_count);
    out.push(b'}');
}

fn link(out: &mut Vec<u8>, link: &Link) {
    context(out, &link.span_context, link.span_context.is_remote());
    attribute_fields(out, &link.attributes, link.dropped_attributes_count);
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn time(out: &mut Vec<u8>, name: &str, time: SystemTime) {
    // A time before 1970 has no place in the protocol; opentelemetry-proto, too, writes zero for it. Nor has one after July 2554.
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanos = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
    key(out, name);
    out.push(b'"');
    decimal(out, nanos);
    out.push(b'"');
}

fn count(out: &mut Vec<u8>, name: &str, count: u32) {
    if count > 0 {
        key(out, name);
        decimal(out, count.into());
    }
}

fn attribute_fields(out: &mut Vec<u8>, pairs: &[KeyValue], dropped: u32) {
    if !pairs.is_empty() {
        key(out, "attributes");
        attributes(out, last_of_each_key(pairs));
    }
    count(out, "droppedAttributesCount", dropped);
}

fn attributes<'a>(out: &mut Vec<u8>, pairs: impl Iterator<Item = &'a KeyValue>) {
    list(out, pairs, |out, attribute| pair(out, attribute.key.as_str(), &attribute.value));
}

fn pair(out: &mut Vec<u8>, key: &str, value: &Value) {
    out.extend_from_slice(b"{\"key\":");
    string(out, key);
    out.extend_from_slice(b",\"value\":");
    any_value(out, value);
    out.push(b'}');
}

fn any_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(value) => boolean(out, *value),
        Value::I64(value) => integer(out, *value),
        Value::F64(value) => floating(out, *value),
        Value::String(value) => text(out, value.as_str()),
        Value::Array(Array::Bool(values)) => array(out, values, |out, value| boolean(out, *value)),
        Value::Array(Array::I64(values)) => array(out, values, |out, value| integer(out, *value)),
        Value::Array(Array::F64(values)) => array(out, values, |out, value| floating(out, *value)),
        Value::Array(Array::String(values)) => array(out, values, |out, value| text(out, value.as_str())),
        // Upstream may add types; their text is better than nothing.
        other => text(out, &other.as_str()),
    }
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"{\"boolValue\":true}" } else { b"{\"boolValue\":false}" });
}

fn integer(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(b"{\"intValue\":\"");
    signed(out, value);
    out.extend_from_slice(b"\"}");
}

fn floating(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(b"{\"doubleValue\":");
    double(out, value);
    out.push(b'}');
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.extend_from_slice(b"{\"stringValue\":");
    string(out, value);
    out.push(b'}');
}

fn array<T>(out: &mut Vec<u8>, values: &[T], write: impl FnMut(&mut Vec<u8>, &T)) {
    out.extend_from_slice(b"{\"arrayValue\":{\"values\":");
    list(out, values.iter(), write);
    out.extend_from_slice(b"}}");
}

fn list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "json_property_tests.rs"]
mod property_tests;
