//! The messages of logs: the request and its records.

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber},
};
use serde::de::MapAccess;

use super::{
    Reading,
    message::{List, Message, Object, Role, message, read},
    number::{Enum, U32, U64},
    scalar::{Reference, Text},
};

message!(ExportLogsServiceRequest as "ExportLogsServiceRequest", Part, |reading| {
    "resourceLogs" | "resource_logs" => resource_logs: List::new(reading);
    else other => reading.passed_over(other);
});

message!(ResourceLogs as "ResourceLogs", Part, |reading| {
    "scopeLogs" | "scope_logs" => scope_logs: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "resource" => resource: Object::new(reading);
    else other => reading.passed_over(other);
});

message!(ScopeLogs as "ScopeLogs", Part, |reading| {
    "logRecords" | "log_records" => log_records: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "scope" => scope: Object::new(reading);
});

message!(LogRecord as "LogRecord", Record, |reading| {
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "observedTimeUnixNano" | "observed_time_unix_nano" => observed_time_unix_nano: U64;
    "severityNumber" | "severity_number" => severity_number: Enum(|name| SeverityNumber::from_str_name(name).map(i32::from));
    "severityText" | "severity_text" => severity_text: Text;
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
    "flags" => flags: U32;
    "traceId" | "trace_id" => trace_id: Reference::trace(Some(reading));
    "spanId" | "span_id" => span_id: Reference::span(Some(reading));
    "eventName" | "event_name" => event_name: Text;
    ? "body" => body: Object::new(reading);
});
