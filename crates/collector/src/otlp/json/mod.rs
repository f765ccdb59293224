//! Reads an OTLP/HTTP JSON body.
//!
//! In: the bytes of a request to `/v1/traces`. Out: the message as `opentelemetry-proto` has it, so that a protobuf body,
//! which prost decodes into the same types, takes the same way from here on; or an error that says where in the document
//! the trouble is and what is accepted there.
//!
//! The serde implementation of those types is not used, because it refuses what the protobuf JSON mapping and OTLP allow:
//! 64-bit integers as numbers or in exponent notation, `"NaN"` and `"1.5"` as doubles, quoted 32-bit integers, enum names,
//! nulls, URL-safe base64, and fields by the names of the .proto files (`trace_id` for `traceId`). A document is read in one pass, without an intermediate tree: `message` walks the objects,
//! `scalar` and `number` read the leaves, `common` and `trace` name the fields.
//!
//! Depth: serde_json refuses more than 127 levels of objects and arrays with an error. Values of unknown fields are skipped
//! without recursion.

mod common;
mod message;
mod number;
mod scalar;
mod trace;

#[cfg(test)]
mod tests;

use std::fmt;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde::de::DeserializeSeed;

use super::budget::Budget;
use message::Object;

/// Why a body could not be read. Its text names the place as a JSON pointer, and line and column.
#[derive(Debug)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// Reads an `ExportTraceServiceRequest` (or `TracesData`, which has the same JSON).
pub fn read_traces(body: &[u8], budget: &Budget) -> Result<ExportTraceServiceRequest, ReadError> {
    if let Err(error) = std::str::from_utf8(body) {
        return Err(ReadError(format!("the body is not UTF-8: invalid byte at offset {}", error.valid_up_to())));
    }
    let mut document = serde_json::Deserializer::from_slice(body);
    let request = Object::new(budget)
        .deserialize(&mut document)
        .and_then(|request| document.end().map(|()| request))
        .map_err(|error| ReadError(error.to_string()))?;
    Ok(request.unwrap_or_default())
}
