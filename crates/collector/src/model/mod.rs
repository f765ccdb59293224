//! A span as it is kept and looked at.
//!
//! In: spans of `opentelemetry-proto` with the resource and scope they came with. Out: spans with ids that are known to be
//! valid and that share what they have in common. The leaves (attributes, events, links) stay what OTLP has.

mod encoded;
mod fields;
mod id;
pub mod members;
mod origin;
mod outline;
pub mod tags;
mod value;

use std::sync::Arc;

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::{self as proto, span::SpanKind, status::StatusCode},
};

pub use fields::{Broken, Fields, append_field};
pub use id::{SpanId, TraceId, decode_hex};
pub use origin::{Origin, Part};
pub use outline::{Outline, Tags};
pub use value::{display, double, short_double};

/// A finished span. Times are nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace_id: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub origin: Arc<Origin>,
    pub name: String,
    /// By its number, which may be one that is not known.
    pub kind: i32,
    pub trace_state: String,
    /// Those of W3C Trace Context, and whether the parent is remote.
    pub flags: u32,
    pub start: u64,
    pub end: u64,
    pub attributes: Vec<KeyValue>,
    pub events: Vec<proto::span::Event>,
    pub links: Vec<proto::span::Link>,
    /// By its number, as the kind.
    pub status: i32,
    pub status_message: String,
    /// What the sender left out.
    pub dropped: Dropped,
    /// What came beside that in JSON: see [`members`].
    pub members: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub attributes: u32,
    pub events: u32,
    pub links: u32,
}

impl Span {
    /// The span as kept, or why it cannot be.
    pub fn new(span: proto::Span, origin: &Arc<Origin>) -> Result<Self, InvalidSpan> {
        let (trace_id, id, parent) = match ids(&span) {
            Ok(ids) => ids,
            Err(id) => return Err(InvalidSpan { name: span.name, id }),
        };
        let status = span.status.unwrap_or_default();
        Ok(Self {
            trace_id,
            id,
            parent,
            origin: Arc::clone(origin),
            name: span.name,
            kind: span.kind,
            trace_state: span.trace_state,
            flags: span.flags,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            attributes: span.attributes,
            events: span.events,
            links: span.links,
            status: status.code,
            status_message: status.message,
            dropped: Dropped {
                attributes: span.dropped_attributes_count,
                events: span.dropped_events_count,
                links: span.dropped_links_count,
            },
            members: None,
        })
    }

    /// In nanoseconds; 0 for a span that ends before it starts.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Kept all the same: whoever looks at it is told.
    pub fn ends_before_start(&self) -> bool {
        self.end < self.start
    }

    /// What is not known counts as unspecified.
    pub fn kind(&self) -> SpanKind {
        SpanKind::try_from(self.kind).unwrap_or_default()
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::try_from(self.status).unwrap_or_default()
    }

    pub fn is_error(&self) -> bool {
        self.status() == StatusCode::Error
    }

    pub fn service(&self) -> &str {
        &self.origin.service
    }
}

/// A span that is refused: what it is called, and which of its ids is none.
#[derive(Debug, PartialEq)]
pub struct InvalidSpan {
    pub name: String,
    pub id: InvalidId,
}

/// An id that is none, and of how many bytes it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidId {
    Trace(usize),
    Span(usize),
    Parent(usize),
}

impl InvalidId {
    /// As whoever writes JSON knows it.
    pub const fn in_json(self) -> &'static str {
        match self {
            Self::Trace(_) => "traceId must be 32 hex digits and not all zero",
            Self::Span(_) => "spanId must be 16 hex digits and not all zero",
            Self::Parent(_) => "parentSpanId must be 16 hex digits, or empty for a root span",
        }
    }

    /// As whoever writes protobuf knows it.
    pub fn in_protobuf(self) -> String {
        let (name, is, must_be) = match self {
            Self::Trace(is) => ("trace_id", is, 16),
            Self::Span(is) => ("span_id", is, 8),
            Self::Parent(is) => ("parent_span_id", is, 8),
        };
        if is == must_be { self.in_json().into() } else { wrong_length(name, is, must_be) }
    }
}

/// What is wrong with an id of so many bytes, as whoever writes protobuf knows it.
pub fn wrong_length(name: &str, is: usize, must_be: usize) -> String {
    let hint = if is == 2 * must_be { " (it may be hex text: protobuf has the bytes)" } else { "" };
    format!("{name} has {is} bytes, must have {must_be}{hint}")
}

fn ids(span: &proto::Span) -> Result<(TraceId, SpanId, Option<SpanId>), InvalidId> {
    let trace_id = TraceId::from_bytes(&span.trace_id);
    let id = SpanId::from_bytes(&span.span_id);
    let parent = match span.parent_span_id.as_slice() {
        // Some exporters write the absent parent as zeros.
        [] | [0, 0, 0, 0, 0, 0, 0, 0] => None,
        bytes => Some(SpanId::from_bytes(bytes).ok_or(InvalidId::Parent(bytes.len()))?),
    };
    Ok((trace_id.ok_or(InvalidId::Trace(span.trace_id.len()))?, id.ok_or(InvalidId::Span(span.span_id.len()))?, parent))
}
