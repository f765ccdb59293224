//! What the reader accepts, what it refuses, and that it agrees with the published types.

mod accepted;
pub mod generated;
mod lenient;
mod refused;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value::Value},
    trace::v1::Span,
};

use super::{ReadError, Reading, read_with};
use crate::ingest::weight::Weight;

/// With as much memory as a test needs; the first field that cannot be read is the end.
fn read_traces(body: &[u8]) -> Result<ExportTraceServiceRequest, ReadError> {
    read_with(body, Reading::strict(&Weight::new(1 << 30))).map(|(request, _)| request)
}

/// The same for a document of a file.
pub fn read_document(text: &[u8]) -> Result<super::Document, ReadError> {
    read_with(text, Reading::strict(&Weight::new(1 << 30))).map(|(document, _)| document)
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
