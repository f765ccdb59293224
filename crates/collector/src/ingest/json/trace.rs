//! The messages of traces: the request, its spans, their events and links.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, Status,
        span::{Event, Link, SpanKind},
        status::StatusCode,
    },
};
use serde::de::MapAccess;

use super::{
    Reading,
    message::{List, Message, Object, Role, message, read},
    number::{Enum, U32, U64},
    scalar::{HexId, Reference, Text},
};

message!(ExportTraceServiceRequest as "ExportTraceServiceRequest", Part, |reading| {
    "resourceSpans" | "resource_spans" => resource_spans: List::new(reading);
    else other => reading.passed_over(other);
});

message!(ResourceSpans as "ResourceSpans", Part, |reading| {
    "scopeSpans" | "scope_spans" => scope_spans: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "resource" => resource: Object::new(reading);
    else other => reading.passed_over(other);
});

message!(ScopeSpans as "ScopeSpans", Part, |reading| {
    "spans" => spans: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "scope" => scope: Object::new(reading);
});

message!(Span as "Span", Record, |reading| {
    "traceId" | "trace_id" => trace_id: HexId;
    "spanId" | "span_id" => span_id: HexId;
    "traceState" | "trace_state" => trace_state: Text;
    "parentSpanId" | "parent_span_id" => parent_span_id: HexId;
    "flags" => flags: U32;
    "name" => name: Text;
    "kind" => kind: Enum(|name| SpanKind::from_str_name(name).map(i32::from));
    "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano: U64;
    "endTimeUnixNano" | "end_time_unix_nano" => end_time_unix_nano: U64;
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
    "events" => events: List::new(reading);
    "droppedEventsCount" | "dropped_events_count" => dropped_events_count: U32;
    "links" => links: List::new(reading);
    "droppedLinksCount" | "dropped_links_count" => dropped_links_count: U32;
    ? "status" => status: Object::new(reading);
});

message!(Event as "Event", Part, |reading| {
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "name" => name: Text;
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
});

message!(Link as "Link", Part, |reading| {
    "traceId" | "trace_id" => trace_id: Reference::trace(None);
    "spanId" | "span_id" => span_id: Reference::span(None);
    "traceState" | "trace_state" => trace_state: Text;
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
    "flags" => flags: U32;
});

message!(Status as "Status", Part, |reading| {
    "message" => message: Text;
    "code" => code: Enum(|name| StatusCode::from_str_name(name).map(i32::from));
});
