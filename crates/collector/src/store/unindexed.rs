//! What the index will have of the spans of a block, made outside of any lock: from spans that come, or from a block of earlier.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{
    block::{Block, Place},
    origins::{Known, Origins},
    signature::{Hasher, MANY},
};
use crate::model::{Origin, Span, SpanId, TraceId, tags};

/// How many tags of a span, and how many of what it comes from, are in the index. Of what has more, all others are found by reading
/// it.
const TAGS: usize = 256;

/// A block whose spans are not indexed yet.
#[derive(Debug, Default)]
pub struct Unindexed {
    pub origins: Vec<Process>,
    pub spans: Vec<Fresh>,
    /// The hashes of the spans' tags, one span after the other.
    pub tags: Vec<u32>,
    /// What the block takes beside its spans.
    pub overhead: usize,
    /// Where the resource of the last origin is, and the hashes of its tags.
    last: Option<(usize, Vec<u32>)>,
    names: usize,
}

/// What the index needs of an origin.
#[derive(Debug)]
pub struct Process {
    pub service: Arc<str>,
    /// The hashes of the tags that its resource and scope have.
    pub tags: Vec<u32>,
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
    /// Its number among the origins of the block.
    pub origin: u32,
    /// Up to where the hashes of its tags go.
    pub tags_end: usize,
}

impl Unindexed {
    /// The number of a further origin.
    pub fn origin(&mut self, origin: &Origin, hasher: &Hasher) -> u32 {
        let place = Arc::as_ptr(&origin.resource).addr();
        let of_resource = match self.last.take() {
            Some((last, tags)) if last == place => tags,
            _ => {
                let mut hashes = Vec::new();
                tags::each_of_resource(origin, None, |key, text| push(&mut hashes, hasher, key, text));
                hashes
            }
        };
        let mut hashes = of_resource.clone();
        tags::each_of_scope(origin, None, |key, text| push(&mut hashes, hasher, key, text));
        self.last = Some((place, of_resource));
        self.origins.push(Process { service: Arc::clone(&origin.service), tags: hashes });
        u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX)
    }

    pub fn push(&mut self, fresh: Fresh, place: Place, tags: &[u32]) {
        self.tags.extend_from_slice(tags);
        self.names += fresh.name.len();
        self.spans.push(Fresh { place, tags_end: self.tags.len(), ..fresh });
    }

    /// What it takes in memory, or a little less.
    pub fn held(&self) -> usize {
        let processes: usize = self.origins.iter().map(|origin| size_of::<Process>() + 4 * origin.tags.len()).sum();
        processes + self.spans.len() * size_of::<Fresh>() + self.names + 4 * self.tags.len()
    }

    /// From the bytes of a block, the spans that went left out; none if it is damaged.
    pub fn read(bytes: &[u8], hasher: &Hasher) -> Option<Self> {
        let block = Block::new(bytes)?;
        let (mut origins, mut known) = (Origins::default(), Known::default());
        let mut unindexed = Self { overhead: block.overhead(bytes.len()), ..Self::default() };
        let (mut last, mut hashes) = (None, Vec::new());
        for ordinal in 0..block.len() {
            let encoded = block.bytes(ordinal)?;
            if encoded.is_empty() {
                continue;
            }
            let of = block.parts(ordinal)?;
            let origin = origins.get(&block, of, &mut known)?;
            let number = match last {
                Some((parts, number)) if parts == of => number,
                _ => unindexed.origin(&origin, hasher),
            };
            last = Some((of, number));
            let span = Span::decode(encoded, &origin)?;
            hash_tags(&span, hasher, &mut hashes);
            let place = Place { ordinal: u16::try_from(ordinal).ok()?, length: u32::try_from(encoded.len()).ok()? };
            let content = Hasher::content(&origin.service, encoded);
            let fresh = Fresh { origin: number, content, ..Fresh::new(&span) };
            unindexed.push(Fresh { name: span.name, ..fresh }, place, &hashes);
        }
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
            kind: span.kind(),
            is_error: span.is_error(),
            content: 0,
            place: Place::default(),
            origin: 0,
            tags_end: 0,
        }
    }
}

/// Replaces the hashes by those of the span's tags.
pub fn hash_tags(span: &Span, hasher: &Hasher, hashes: &mut Vec<u32>) {
    hashes.clear();
    tags::each(span, None, |key, text| push(hashes, hasher, key, text));
}

/// The last of so many tags stands for all that there may be.
fn push(hashes: &mut Vec<u32>, hasher: &Hasher, key: &str, text: &str) {
    match hashes.len() {
        length if length < TAGS => hashes.push(hasher.hash(key, text)),
        TAGS => hashes.push(MANY),
        _ => {}
    }
}
