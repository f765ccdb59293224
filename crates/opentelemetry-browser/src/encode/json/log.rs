//! A log record to OTLP JSON, as [`write_span`](super::write_span) does it with a span.

use opentelemetry::logs::AnyValue;
use opentelemetry::{SpanId, TraceId};

use super::text::{base64, decimal, escaped};
use super::value::{boolean, floating, integer, list, text};
use super::{count, time};
use crate::hex::hex;
use crate::log::record::LogRecord;
use crate::log::value::DEEPEST;

/// Room for a record with a few attributes.
const USUAL_RECORD: usize = 384;

pub(in crate::encode) fn write_log(out: &mut Vec<u8>, record: &LogRecord) {
    out.reserve(USUAL_RECORD);
    out.push(b'{');
    if let Some(timestamp) = record.timestamp {
        out.extend_from_slice(b"\"timeUnixNano\":\"");
        time(out, timestamp);
        out.extend_from_slice(b"\",");
    }
    // The one field that a receiver may count on.
    out.extend_from_slice(b"\"observedTimeUnixNano\":\"");
    time(out, record.observed_timestamp.or(record.timestamp).unwrap_or(std::time::SystemTime::UNIX_EPOCH));
    out.push(b'"');
    if let Some(severity) = record.severity_number {
        out.extend_from_slice(b",\"severityNumber\":");
        decimal(out, severity as u64);
    }
    string_field(out, b",\"severityText\":\"", record.severity_text.as_deref());
    string_field(out, b",\"eventName\":\"", record.event_name.as_deref());
    if let Some(body) = &record.body {
        out.extend_from_slice(b",\"body\":");
        any_value(out, body, DEEPEST);
    }
    if !record.attributes.is_empty() {
        out.extend_from_slice(b",\"attributes\":");
        list(out, record.attributes.iter(), |out, (key, value)| pair(out, key.as_str(), value, DEEPEST));
    }
    count(out, b",\"droppedAttributesCount\":", record.dropped_attributes_count);
    count(out, b",\"flags\":", record.trace_flags.to_u8().into());
    if record.trace_id != TraceId::INVALID {
        out.extend_from_slice(b",\"traceId\":\"");
        hex(out, &record.trace_id.to_bytes());
        out.push(b'"');
    }
    if record.span_id != SpanId::INVALID {
        out.extend_from_slice(b",\"spanId\":\"");
        hex(out, &record.span_id.to_bytes());
        out.push(b'"');
    }
    out.push(b'}');
}

fn string_field(out: &mut Vec<u8>, head: &[u8], value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        out.extend_from_slice(head);
        escaped(out, value);
        out.push(b'"');
    }
}

fn pair(out: &mut Vec<u8>, key: &str, value: &AnyValue, deepest: usize) {
    out.extend_from_slice(b"{\"key\":\"");
    escaped(out, key);
    out.extend_from_slice(b"\",\"value\":");
    any_value(out, value, deepest);
    out.push(b'}');
}

/// A value, with no more than this many lists and maps within each other; a value that lies deeper is left empty.
fn any_value(out: &mut Vec<u8>, value: &AnyValue, deepest: usize) {
    match value {
        AnyValue::Boolean(value) => boolean(out, *value),
        AnyValue::Int(value) => integer(out, *value),
        AnyValue::Double(value) => floating(out, *value),
        AnyValue::String(value) => text(out, value.as_str()),
        AnyValue::Bytes(bytes) => {
            out.extend_from_slice(b"{\"bytesValue\":\"");
            base64(out, bytes);
            out.extend_from_slice(b"\"}");
        }
        AnyValue::ListAny(values) if deepest > 0 => {
            out.extend_from_slice(b"{\"arrayValue\":{\"values\":");
            list(out, values.iter(), |out, value| any_value(out, value, deepest - 1));
            out.extend_from_slice(b"}}");
        }
        AnyValue::Map(pairs) if deepest > 0 => {
            out.extend_from_slice(b"{\"kvlistValue\":{\"values\":");
            list(out, pairs.iter(), |out, (key, value)| pair(out, key.as_str(), value, deepest - 1));
            out.extend_from_slice(b"}}");
        }
        // Too deep, or a type that upstream may add.
        _ => out.extend_from_slice(b"{}"),
    }
}
