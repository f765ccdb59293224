//! What the index will have of the spans of a block, made outside of any lock: from spans that come, or from a block of earlier.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{
    block::{Block, Place},
    signature::Hasher,
};
use crate::model::{Origin, Span, SpanId, TraceId, tags};

/// A block whose spans are not indexed yet.
#[derive(Debug)]
pub struct Unindexed {
    pub service: Arc<str>,
    /// The hashes of the tags that its resource and scope have.
    pub process: Vec<u32>,
    pub spans: Vec<Fresh>,
    /// The hashes of the spans' tags, one span after the other.
    pub tags: Vec<u32>,
    /// What the block takes beside its spans.
    pub overhead: usize,
}

/// What the index needs of a span.
#[derive(Debug)]
pub struct Fresh {
    pub trace_id: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub start: u64,
    pub end: u64,
    pub name: String,
    pub kind: SpanKind,
    pub is_error: bool,
    /// A hash of all that it is.
    pub content: u32,
    pub place: Place,
    /// Up to where the hashes of its tags go.
    pub tags_end: usize,
}

impl Unindexed {
    pub fn new(origin: &Origin, hasher: &Hasher) -> Self {
        let mut process = Vec::new();
        tags::each_of_origin(origin, None, |key, text| process.push(hasher.hash(key, text)));
        Self { service: Arc::clone(&origin.service), process, spans: Vec::new(), tags: Vec::new(), overhead: 0 }
    }

    pub fn push(&mut self, fresh: Fresh, place: Place, tags: &[u32]) {
        self.tags.extend_from_slice(tags);
        self.spans.push(Fresh { place, tags_end: self.tags.len(), ..fresh });
    }

    /// From the bytes of a block, the spans that went left out; none if it is damaged.
    pub fn read(bytes: &[u8], hasher: &Hasher) -> Option<Self> {
        let block = Block::new(bytes)?;
        let origin = Arc::new(block.origin()?);
        let mut unindexed = Self::new(&origin, hasher);
        let (mut spans, mut hashes) = (0, Vec::new());
        for ordinal in 0..block.len() {
            let encoded = block.bytes(ordinal)?;
            spans += encoded.len();
            if !encoded.is_empty() {
                let span = Span::decode(encoded, &origin)?;
                hash_tags(&span, hasher, &mut hashes);
                let place = Place { ordinal: u16::try_from(ordinal).ok()?, length: u32::try_from(encoded.len()).ok()? };
                let fresh = Fresh::new(&span);
                let content = Hasher::content(&origin.service, encoded);
                unindexed.push(Fresh { name: span.name, content, ..fresh }, place, &hashes);
            }
        }
        unindexed.overhead = bytes.len() - spans;
        Some(unindexed)
    }
}

impl Fresh {
    /// Of a span that has no place and lends neither name nor content yet.
    pub fn new(span: &Span) -> Self {
        Self {
            trace_id: span.trace_id,
            id: span.id,
            parent: span.parent,
            start: span.start,
            end: span.end,
            name: String::new(),
            kind: span.kind,
            is_error: span.is_error(),
            content: 0,
            place: Place::default(),
            tags_end: 0,
        }
    }
}

/// Replaces the hashes by those of the span's tags.
pub fn hash_tags(span: &Span, hasher: &Hasher, hashes: &mut Vec<u32>) {
    hashes.clear();
    tags::each(span, None, |key, text| hashes.push(hasher.hash(key, text)));
}
