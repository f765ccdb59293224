//! What the index will have of the spans of a block, made outside of any lock: from spans that come, or from a block of earlier.

use std::{mem::replace, sync::Arc};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{
    block::{Block, Place},
    origins::{Known, Origins},
    signature::{Hasher, MANY},
};
use crate::model::{Origin, Outline, Span, SpanId, Tags, TraceId, tags};

/// How many tags of a span, and how many of what it comes from, are in the index. Of what has more, all others are found by reading
/// it.
const TAGS: usize = 256;

/// A block whose spans are not indexed yet.
#[derive(Debug, Default)]
pub struct Unindexed {
    pub origins: Vec<Process>,
    spans: Vec<Fresh>,
    /// The hashes of the spans' tags, and the names of the spans, one span after the other.
    tags: Vec<u32>,
    names: String,
    /// What the block takes beside its spans.
    pub overhead: usize,
    /// Where the resource of the last origin is, and the hashes of its tags.
    last: Option<(usize, Vec<u32>)>,
}

/// What the index needs of an origin.
#[derive(Debug)]
pub struct Process {
    pub service: Arc<str>,
    /// That of the service.
    pub hash: u32,
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
    pub kind: SpanKind,
    pub is_error: bool,
    /// A hash of all that it is.
    pub content: u32,
    pub place: Place,
    /// Its number among the origins of the block.
    pub origin: u32,
    /// Up to where its name goes, and the hashes of its tags.
    name_end: usize,
    tags_end: usize,
}

impl Unindexed {
    /// The number of a further origin.
    pub fn origin(&mut self, origin: &Origin, hasher: &Hasher) -> u32 {
        let place = Arc::as_ptr(&origin.resource).addr();
        let of_resource = match self.last.take() {
            Some((last, tags)) if last == place => tags,
            _ => {
                let mut hashes = Vec::new();
                tags::each_of_resource(origin, None, |key, text| push(&mut hashes, 0, hasher, key, text));
                hashes
            }
        };
        let mut hashes = of_resource.clone();
        tags::each_of_scope(origin, None, |key, text| push(&mut hashes, 0, hasher, key, text));
        self.last = Some((place, of_resource));
        self.origins.push(Process {
            service: Arc::clone(&origin.service),
            hash: hasher.service(&origin.service),
            tags: hashes,
        });
        u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX)
    }

    /// A span of the origin of this number, with its bytes and where they are.
    pub fn push(&mut self, span: &Outline<'_>, origin: u32, encoded: &[u8], place: Place, hasher: &Hasher) {
        let before = self.tags.len();
        span.tags.iter().for_each(|(key, text)| push(&mut self.tags, before, hasher, key, text));
        self.names.push_str(span.name);
        let service = self.origins.get(origin as usize).map_or("", |origin| &origin.service);
        self.spans.push(Fresh {
            trace_id: span.trace_id,
            id: span.id,
            parent: span.parent,
            start: span.start,
            end: span.end,
            kind: span.kind,
            is_error: span.is_error,
            content: Hasher::content(service, encoded),
            place,
            origin,
            name_end: self.names.len(),
            tags_end: self.tags.len(),
        });
    }

    /// The spans in their order, each with its name and the hashes of its tags.
    pub fn spans(&self) -> impl Iterator<Item = (&Fresh, &str, &[u32])> {
        let (mut name, mut tags) = (0, 0);
        self.spans.iter().map(move |span| {
            let name = replace(&mut name, span.name_end)..span.name_end;
            let tags = replace(&mut tags, span.tags_end)..span.tags_end;
            (span, self.names.get(name).unwrap_or_default(), self.tags.get(tags).unwrap_or_default())
        })
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// What it takes in memory, or a little less.
    pub fn held(&self) -> usize {
        let processes: usize = self.origins.iter().map(|origin| size_of::<Process>() + 4 * origin.tags.len()).sum();
        processes + self.spans.len() * size_of::<Fresh>() + self.names.len() + 4 * self.tags.len()
    }

    /// From the bytes of a block, the spans that went left out; none if it is damaged.
    pub fn read(bytes: &[u8], hasher: &Hasher) -> Option<Self> {
        let block = Block::new(bytes)?;
        let (mut origins, mut known) = (Origins::default(), Known::default());
        let mut unindexed = Self { overhead: block.overhead(bytes.len()), ..Self::default() };
        let (mut last, mut tags) = (None, Tags::default());
        for ordinal in 0..block.len() {
            let encoded = block.bytes(ordinal)?;
            if encoded.is_empty() {
                continue;
            }
            let of = block.parts(ordinal)?;
            let (origin, number) = match last.take() {
                Some((parts, origin, number)) if parts == of => (origin, number),
                _ => {
                    let origin = origins.get(&block, of, &mut known)?;
                    let number = unindexed.origin(&origin, hasher);
                    (origin, number)
                }
            };
            let place = Place { ordinal: u16::try_from(ordinal).ok()?, length: u32::try_from(encoded.len()).ok()? };
            match Outline::read(encoded, &mut tags) {
                Some(span) => unindexed.push(&span, number, encoded, place, hasher),
                None => {
                    let span = Span::decode(encoded, &origin)?;
                    unindexed.push(&Outline::of(&span, &mut tags), number, encoded, place, hasher);
                }
            }
            last = Some((of, origin, number));
        }
        Some(unindexed)
    }
}

/// Of the hashes from there on, the last of so many stands for all that there may be.
fn push(hashes: &mut Vec<u32>, from: usize, hasher: &Hasher, key: &str, text: &str) {
    match hashes.len() - from {
        length if length < TAGS => hashes.push(hasher.hash(key, text)),
        TAGS => hashes.push(MANY),
        _ => {}
    }
}
