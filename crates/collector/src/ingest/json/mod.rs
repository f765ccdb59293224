//! Reads an OTLP/HTTP JSON body.
//!
//! In: the bytes of a request. Out: the message as `opentelemetry-proto` has it, so that a protobuf body, which prost decodes into
//! the same types, takes the same way from here on; or an error that says where in the document the trouble is and what is
//! accepted there. A field that cannot be read costs its record alone (`lenient`).
//!
//! The serde implementation of those types is not used, because it refuses what the protobuf JSON mapping and OTLP allow:
//! 64-bit integers as numbers or in exponent notation, `"NaN"` and `"1.5"` as doubles, quoted 32-bit integers, enum names,
//! nulls, URL-safe base64, and fields by the names of the .proto files (`trace_id` for `traceId`). A byte order mark at the
//! beginning is passed over, as RFC 8259 allows. A document is read in one pass, without an intermediate tree: `message` walks the
//! objects, `scalar` and `number` read the leaves, `common`, `trace`, `logs` and `metrics` name the fields. A file may hold more than a request:
//! `document` has what.
//!
//! Depth: messages are nested at most as deep as in protobuf, see [`DEPTH`]. Values of unknown fields are skipped without
//! recursion.

mod beside;
mod common;
mod document;
mod lenient;
mod logs;
mod message;
mod metrics;
mod number;
mod reading;
mod role;
mod scalar;
mod trace;
mod unknown;

#[cfg(test)]
pub mod tests;

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny};

use super::{
    Signal,
    verdict::Heard,
    weight::{DEPTH, Weight},
};
pub use document::{Document, Other};
pub use message::Message;
use message::Object;
use reading::Reading;
pub use unknown::nothing_known;

/// What some programs write before a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How an object begins in UTF-16, with a byte order mark and without.
const UTF_16: [[u8; 2]; 4] = [[0xff, 0xfe], [0xfe, 0xff], [b'{', 0], [0, b'{']];

/// Whether an object seems to be in UTF-16.
pub fn is_utf_16(text: &[u8]) -> bool {
    UTF_16.iter().any(|begin| text.starts_with(begin))
}

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

/// Reads a message. A field that cannot be read costs its record, and is told of.
pub fn read<M: Message>(text: &[u8], signal: Signal, weight: &Weight) -> Result<(M, Heard), ReadError> {
    let text = scalar::mended(text);
    let first = read_with(text.as_bytes(), Reading::strict(weight));
    if first.is_ok() || weight.is_exhausted() {
        return first;
    }
    weight.reset();
    read_with(text.as_bytes(), Reading::lenient(signal, weight))
}

/// Whether it is JSON at all, of whatever shape.
pub fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn read_with<M: Message>(text: &[u8], reading: Reading<'_>) -> Result<(M, Heard), ReadError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut document = serde_json::Deserializer::from_slice(text);
    // Its limit counts lists and objects; the weight counts messages.
    document.disable_recursion_limit();
    let message = Object::new(&reading).deserialize(&mut document);
    let message = message.and_then(|message| document.end().map(|()| message))?;
    Ok((message.unwrap_or_default(), reading.heard()))
}
