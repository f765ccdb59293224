//! Spans to OTLP JSON: in goes upstream's [`SpanData`], out come the bytes of an `ExportTraceServiceRequest`, written in one
//! pass with no value tree between.
//!
//! The mapping is that of [OTLP/HTTP JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): lowerCamelCase
//! keys, hexadecimal ids, integer enums, 64-bit integers as decimal strings, and keys with default values left out.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::text::{decimal, escaped, hex, nanos, string};
use crate::attributes::last_of_each_key;
use crate::sort::insertion_sort;

mod value;

use value::{attribute_fields, attributes, list, pair};

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
        insertion_sort(&mut pairs, |(left, _), (right, _)| left.as_str() < right.as_str());
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
    /// How long it is expected to become.
    capacity: usize,
}

impl<'a> BatchEncoder<'a> {
    /// For about as many spans, up to about as many bytes.
    pub(crate) fn new(frame: &'a Frame, spans: usize, limit: usize) -> Self {
        let len = frame.head.len() + frame.tail.len();
        let capacity = len + USUAL_SPAN + spans.saturating_mul(USUAL_SPAN * 3 / 4).min(limit).min(LARGEST_GUESS);
        Self { frame, groups: Vec::new(), latest: 0, spans: 0, len, capacity }
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
        if self.groups.get(self.latest).is_some_and(|group| is_same(&group.scope, scope)) {
            return Some(self.latest);
        }
        self.groups.iter().position(|group| is_same(&group.scope, scope))
    }

    fn open_group(&mut self, scope: InstrumentationScope) -> usize {
        let mut json = Vec::new();
        if self.groups.is_empty() {
            json.reserve(self.capacity);
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

/// Whether two scopes are written alike. Upstream's comparison sorts their attributes, for every span.
fn is_same(one: &InstrumentationScope, other: &InstrumentationScope) -> bool {
    one.name() == other.name()
        && one.version() == other.version()
        && one.schema_url() == other.schema_url()
        && one.attributes().eq(other.attributes())
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

/// How much memory is taken at once, at most, for a request whose length is not known.
const LARGEST_GUESS: usize = 256 * 1024;

/// Room for a span with a few attributes: the buffer grows once for it, not with each of its pieces.
const USUAL_SPAN: usize = 512;

fn write_span(out: &mut Vec<u8>, span: &SpanData) {
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
    if *context.trace_state() != TraceState::NONE {
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

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "json_property_tests.rs"]
mod property_tests;
