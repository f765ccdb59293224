//! Reads an OTLP/HTTP JSON body.
//!
//! In: the bytes of a request to `/v1/traces`. Out: the message as `opentelemetry-proto` has it, so that a protobuf body,
//! which prost decodes into the same types, takes the same way from here on; or an error that says where in the document
//! the trouble is and what is accepted there.
//!
//! The serde implementation of those types is not used, because it refuses what the protobuf JSON mapping and OTLP allow:
//! 64-bit integers as numbers or in exponent notation, `"NaN"` and `"1.5"` as doubles, quoted 32-bit integers, enum names,
//! nulls, URL-safe base64, and fields by the names of the .proto files (`trace_id` for `traceId`). A byte order mark at the
//! beginning is passed over, as RFC 8259 allows. A document is read in one pass, without an intermediate tree: `message` walks the
//! objects, `scalar` and `number` read the leaves, `common` and `trace` name the fields. A file may hold more than a request:
//! `document` has what.
//!
//! Depth: messages are nested at most as deep as in protobuf, see [`DEPTH`]. Values of unknown fields are skipped without
//! recursion.

mod common;
mod document;
mod message;
mod number;
mod scalar;
mod trace;

#[cfg(test)]
pub mod tests;

use std::fmt;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde::de::{DeserializeSeed, IgnoredAny};

use super::budget::{Budget, DEPTH};
pub use document::{Document, Other};
use message::{Message, Object};

/// What some programs write before a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a text could not be read, and where.
#[derive(Debug)]
pub struct ReadError {
    /// Names the place as a JSON pointer, if it is in a message.
    pub what: String,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.what, self.line, self.column)
    }
}

impl std::error::Error for ReadError {}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.strip_suffix(&format!(" at line {line} column {column}")).map(str::to_owned).unwrap_or(what);
        Self { what, line, column }
    }
}

/// Reads an `ExportTraceServiceRequest` (or `TracesData`, which has the same JSON).
pub fn read_traces(body: &[u8], budget: &Budget) -> Result<ExportTraceServiceRequest, ReadError> {
    read(body, budget)
}

/// Reads a document of a file.
pub fn read_document(text: &[u8], budget: &Budget) -> Result<Document, ReadError> {
    read(text, budget)
}

/// Whether it is JSON at all, of whatever shape.
pub fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn read<M: Message>(text: &[u8], budget: &Budget) -> Result<M, ReadError> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(not_utf8(text, error.valid_up_to()));
    }
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut document = serde_json::Deserializer::from_slice(text);
    // Its limit counts lists and objects; the budget counts messages.
    document.disable_recursion_limit();
    let message = Object::new(budget).deserialize(&mut document);
    Ok(message.and_then(|message| document.end().map(|()| message))?.unwrap_or_default())
}

fn not_utf8(text: &[u8], offset: usize) -> ReadError {
    let before = &text[..offset];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    ReadError {
        what: format!("the body is not UTF-8: invalid byte at offset {offset}"),
        line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        column: 1 + offset - line_start,
    }
}
