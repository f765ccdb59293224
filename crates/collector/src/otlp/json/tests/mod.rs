//! What the reader accepts, what it refuses, and that it agrees with the published types.

mod accepted;
pub mod generated;
mod refused;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value::Value},
    trace::v1::Span,
};

use super::{Budget, ReadError};

/// With as much memory as a test needs.
fn read_traces(body: &[u8]) -> Result<ExportTraceServiceRequest, ReadError> {
    super::read_traces(body, &Budget::new(1 << 30))
}

/// The span of a document that has one, with this text inside its braces.
fn span(fields: &str) -> Result<Span, String> {
    let document = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let mut request = read_traces(document.as_bytes()).map_err(|error| error.to_string())?;
    Ok(request.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0))
}

/// The value of an attribute with this text inside the value's braces.
pub fn value(fields: &str) -> Result<Option<Value>, String> {
    let span = span(&format!(r#""attributes":[{{"key":"k","value":{{{fields}}}}}]"#))?;
    Ok(span.attributes[0].value.clone().and_then(|value| value.value))
}

pub fn holding(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
