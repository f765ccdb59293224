//! Reads records in protobuf: by prost, after a look at how much memory each will take.
//!
//! prost has no bound on that. So a first walk over the bytes finds the messages that lists will hold, by their field numbers; it
//! reads no values and allocates nothing. prost also refuses what is not UTF-8: then the texts are found the same way, and what is
//! none in them becomes U+FFFD. So are ids that refer to other records and cannot: they become empty.

use std::{borrow::Cow, mem::size_of};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, EntityRef, KeyValue},
    logs::v1::LogRecord,
    metrics::v1::{
        Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
        summary_data_point::ValueAtQuantile,
    },
    trace::v1::{
        Span,
        span::{Event, Link},
    },
};
use prost::{DecodeError, Message};

use super::{
    references,
    weight::DEPTH,
    wire::{Broken, Fields},
};
use crate::model::append_field;

/// How many levels are above a record in a request.
const ABOVE: usize = 3;
/// What is shorter cannot take much.
const LIGHT: usize = 1 << 10;

/// The messages that hold lists or texts, or are held by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What stands beside the scopes of a resource, and beside the records of a scope.
    ResourcePart,
    ScopePart,
    Resource,
    Entity,
    Scope,
    Span,
    Event,
    Link,
    Status,
    LogRecord,
    Metric,
    /// A gauge or sum.
    Numbers,
    Number,
    Histogram,
    HistogramPoint,
    Exponential,
    ExponentialPoint,
    Buckets,
    Summary,
    SummaryPoint,
    Quantile,
    Exemplar,
    KeyValue,
    /// A value, in an attribute.
    Value,
    /// A value in a list, and so with a size of its own.
    Element,
    Array,
    Map,
}

impl Kind {
    /// The message that a field of this one holds. The numbers are those of the .proto files.
    fn part(self, field: u32) -> Option<Self> {
        Some(match (self, field) {
            (Self::ResourcePart, 1) => Self::Resource,
            (Self::ScopePart, 1) => Self::Scope,
            (Self::Resource, 3) => Self::Entity,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Span, 15) => Self::Status,
            (Self::LogRecord, 5) => Self::Value,
            (Self::Metric, 5 | 7) => Self::Numbers,
            (Self::Metric, 9) => Self::Histogram,
            (Self::Metric, 10) => Self::Exponential,
            (Self::Metric, 11) => Self::Summary,
            (Self::Numbers, 1) => Self::Number,
            (Self::Histogram, 1) => Self::HistogramPoint,
            (Self::Exponential, 1) => Self::ExponentialPoint,
            (Self::ExponentialPoint, 8 | 9) => Self::Buckets,
            (Self::Summary, 1) => Self::SummaryPoint,
            (Self::SummaryPoint, 6) => Self::Quantile,
            (Self::Number, 5) | (Self::HistogramPoint, 8) | (Self::ExponentialPoint, 11) => Self::Exemplar,
            (Self::Resource, 1)
            | (Self::Scope, 3)
            | (Self::Span, 9)
            | (Self::Event, 3)
            | (Self::Link, 4)
            | (Self::LogRecord, 6)
            | (Self::Metric, 12)
            | (Self::Number, 7)
            | (Self::HistogramPoint, 9)
            | (Self::ExponentialPoint, 1)
            | (Self::SummaryPoint, 7)
            | (Self::Exemplar, 7) => Self::KeyValue,
            (Self::KeyValue, 2) => Self::Value,
            (Self::Value | Self::Element, 5) => Self::Array,
            (Self::Value | Self::Element, 6) => Self::Map,
            (Self::Array, 1) => Self::Element,
            (Self::Map, 1) => Self::KeyValue,
            _ => return None,
        })
    }

    /// Whether a field of it is a text.
    fn is_text(self, field: u32) -> bool {
        matches!(
            (self, field),
            (Self::ResourcePart | Self::ScopePart, 3)
                | (Self::Entity, 1..=4)
                | (Self::Scope, 1 | 2)
                | (Self::Span, 3 | 5)
                | (Self::Event, 2)
                | (Self::Link, 3)
                | (Self::Status, 2)
                | (Self::LogRecord, 3 | 12)
                | (Self::Metric, 1..=3)
                | (Self::KeyValue | Self::Value | Self::Element, 1)
        )
    }

    /// How long a field of it is that refers to another record, if it is one.
    fn reference(self, field: u32) -> Option<usize> {
        match (self, field) {
            (Self::Link, 1) | (Self::LogRecord, 9) | (Self::Exemplar, 5) => Some(references::TRACE),
            (Self::Link, 2) | (Self::LogRecord, 10) | (Self::Exemplar, 4) => Some(references::SPAN),
            _ => None,
        }
    }

    /// What it takes in the list that holds it; nothing if it is part of what holds it.
    fn size(self) -> usize {
        match self {
            Self::Span => size_of::<Span>(),
            Self::Event => size_of::<Event>(),
            Self::Link => size_of::<Link>(),
            Self::LogRecord => size_of::<LogRecord>(),
            Self::Metric => size_of::<Metric>(),
            Self::Number => size_of::<NumberDataPoint>(),
            Self::HistogramPoint => size_of::<HistogramDataPoint>(),
            Self::ExponentialPoint => size_of::<ExponentialHistogramDataPoint>(),
            Self::SummaryPoint => size_of::<SummaryDataPoint>(),
            Self::Quantile => size_of::<ValueAtQuantile>(),
            Self::Exemplar => size_of::<Exemplar>(),
            Self::KeyValue => size_of::<KeyValue>(),
            Self::Element => size_of::<AnyValue>(),
            Self::Entity => size_of::<EntityRef>(),
            // Each count is a byte at least.
            Self::Buckets
            | Self::ResourcePart
            | Self::ScopePart
            | Self::Resource
            | Self::Scope
            | Self::Status
            | Self::Numbers
            | Self::Histogram
            | Self::Exponential
            | Self::Summary
            | Self::Value
            | Self::Array
            | Self::Map => 0,
        }
    }
}

/// Why a record is not read, in words.
pub type Unreadable = String;

/// Reads a message of at most this weight, and its bytes if they had to be mended.
pub fn read<'b, M: Message + Default>(
    bytes: &'b [u8],
    kind: Kind,
    most: usize,
) -> Result<(M, Cow<'b, [u8]>), Unreadable> {
    if bytes.len() > LIGHT && weight(bytes, kind) > most {
        return Err(format!("it takes more than {} MiB of memory; send smaller ones", most >> 20));
    }
    match M::decode(bytes) {
        Ok(message) => Ok((message, Cow::Borrowed(bytes))),
        Err(error) => mend(bytes, kind).unwrap_or_else(|| Err(words(error))),
    }
}

/// Reads a message without what cannot be: texts that are no UTF-8, and ids that refer to nothing. None if all of it can.
pub fn mend<M: Message + Default>(bytes: &[u8], kind: Kind) -> Option<Result<(M, Cow<'static, [u8]>), Unreadable>> {
    let mended = mended(bytes, kind, DEPTH).ok()??;
    Some(M::decode(&*mended).map(|message| (message, Cow::Owned(mended))).map_err(words))
}

fn words(error: DecodeError) -> Unreadable {
    error.to_string()
}

/// What the messages of its lists take, and the counts of its histograms. As far as it goes: prost refuses the rest.
pub fn weight(bytes: &[u8], kind: Kind) -> usize {
    let mut weight = 0;
    let _ = weigh(bytes, kind, DEPTH - ABOVE, &mut weight);
    weight
}

fn weigh(bytes: &[u8], kind: Kind, depth: usize, weight: &mut usize) -> Option<()> {
    *weight += kind.size();
    for field in Fields(bytes) {
        let field = field.ok()?;
        match (kind.part(field.number), field.content) {
            (Some(part), Some(content)) => weigh(content, part, depth.checked_sub(1)?, weight)?,
            // Counts of one byte each take eight.
            (None, Some(content)) if kind == Kind::Buckets => *weight += size_of::<u64>() * content.len(),
            _ => {}
        }
    }
    Some(())
}

/// The message with texts that are UTF-8, and without ids that refer to nothing. None if it was so before.
fn mended(bytes: &[u8], kind: Kind, depth: usize) -> Result<Option<Vec<u8>>, Broken> {
    let depth = depth.checked_sub(1).ok_or(Broken)?;
    let mut mended_bytes: Option<Vec<u8>> = None;
    let mut done = 0;
    for field in Fields(bytes) {
        let field = field?;
        let reference = kind.reference(field.number);
        let content = match (field.content, kind.part(field.number)) {
            (Some(content), _) if reference.is_some_and(|length| !references::is_one(content, length)) => {
                Some(Vec::new())
            }
            (Some(content), Some(part)) => mended(content, part, depth)?,
            (Some(content), None) if kind.is_text(field.number) => match String::from_utf8_lossy(content) {
                Cow::Borrowed(_) => None,
                Cow::Owned(text) => Some(text.into_bytes()),
            },
            _ => None,
        };
        match (content, &mut mended_bytes) {
            (Some(content), out) => {
                let out = out.get_or_insert_with(|| bytes.get(..done).unwrap_or_default().to_vec());
                append_field(field.number, &content, out);
            }
            (None, Some(out)) => out.extend_from_slice(field.whole),
            (None, None) => {}
        }
        done += field.whole.len();
    }
    Ok(mended_bytes)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, any_value::Value as Any};

    use super::*;

    #[test]
    fn lists_weigh_what_they_take_in_memory() {
        let list = Any::ArrayValue(ArrayValue { values: vec![AnyValue::default(); 1_000] });
        let attribute = KeyValue { key: "k".into(), value: Some(AnyValue { value: Some(list) }), ..Default::default() };
        let span = Span {
            attributes: vec![attribute; 2],
            events: vec![Event::default(); 5],
            links: vec![Link::default(); 3],
            ..Default::default()
        };
        let expected = size_of::<Span>()
            + 2 * (size_of::<KeyValue>() + 1_000 * size_of::<AnyValue>())
            + 5 * size_of::<Event>()
            + 3 * size_of::<Link>();
        assert_eq!(weight(&span.encode_to_vec(), Kind::Span), expected);
        let bytes = span.encode_to_vec();
        assert!(read::<Span>(&bytes, Kind::Span, expected).is_ok());
        assert!(read::<Span>(&bytes, Kind::Span, expected - 1).unwrap_err().contains("MiB of memory"));
    }
}
