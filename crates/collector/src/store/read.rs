//! From the index to whole spans: the blocks are read and decoded without any lock.
//!
//! A block may go meanwhile, with the traces in it: then its spans are absent, as they would be a moment later.

use std::{collections::HashMap, sync::Arc};

use super::{Filter, Inner, block::Block, search::Found, trouble::say};
use crate::model::{Origin, Span, TraceId};

/// What was read: blocks by number, each with its origin once it is decoded. Equal origins are one.
#[derive(Default)]
struct Reader {
    blocks: HashMap<u64, Option<Decoded>>,
    origins: HashMap<[Vec<u8>; 2], Arc<Origin>>,
}

/// A block's bytes and its origin.
type Decoded = (Arc<[u8]>, Arc<Origin>);

/// How many blocks a reader holds.
const HELD: usize = 64;

impl Inner {
    /// None if there is none, or it cannot be read: that is said, and the spans in it are taken for absent.
    pub fn block(&self, sequence: u64) -> Option<Arc<[u8]>> {
        self.blocks.read(sequence).unwrap_or_else(|error| {
            say(format!("block {sequence} cannot be read, and its spans are missing: {error}"));
            None
        })
    }

    pub fn trace(&self, id: TraceId) -> Option<Vec<Arc<Span>>> {
        let mut places: Vec<_> = {
            let kept = self.read();
            let spans = kept.get(id)?.spans.iter();
            spans.filter_map(|span| Some((kept.live.get(span.block)?.sequence, span.ordinal))).collect()
        };
        places.sort_unstable();
        let mut reader = Reader::default();
        let spans = places.into_iter().filter_map(|place| reader.span(self, place)).filter(|span| span.trace_id == id);
        let mut spans: Vec<_> = spans.map(Arc::new).collect();
        spans.sort_by_key(|span| (span.start, span.id));
        (!spans.is_empty()).then_some(spans)
    }

    /// The traces with a span that fits, newest start first.
    pub fn search(&self, filter: &Filter, limit: usize) -> Vec<TraceId> {
        let mut asked = limit;
        loop {
            let found = self.read().search(filter, &self.hasher, asked);
            let all = found.len() < asked;
            let mut certain = self.certain(found, filter);
            if all || certain.len() >= limit {
                certain.truncate(limit);
                return certain;
            }
            // Some did not fit after all: further ones take their places.
            asked = asked.saturating_mul(2);
        }
    }

    /// Those that fit for certain.
    pub fn certain(&self, found: Vec<Found>, filter: &Filter) -> Vec<TraceId> {
        let mut reader = Reader::default();
        let mut fits = |found: &Found| {
            let mut places = found.candidates.iter();
            let fits = |span: Span| span.trace_id == found.id && filter.fits(&span);
            found.candidates.is_empty() || places.any(|place| reader.span(self, *place).is_some_and(fits))
        };
        found.into_iter().filter(|found| fits(found)).map(|found| found.id).collect()
    }
}

impl Reader {
    fn span(&mut self, inner: &Inner, (sequence, ordinal): (u64, u16)) -> Option<Span> {
        if self.blocks.len() >= HELD && !self.blocks.contains_key(&sequence) {
            self.blocks.clear();
        }
        let Self { blocks, origins } = self;
        let read = blocks.entry(sequence).or_insert_with(|| {
            let bytes = inner.block(sequence)?;
            let encoded = Block::new(&bytes)?.origin_bytes();
            let key = encoded.map(<[u8]>::to_vec);
            let origin = match origins.get(&key) {
                Some(origin) => Arc::clone(origin),
                None => Arc::clone(origins.entry(key).or_insert(Arc::new(Origin::decode(encoded)?))),
            };
            Some((bytes, origin))
        });
        let (bytes, origin) = read.as_ref()?;
        Block::new(bytes)?.span(ordinal.into(), origin)
    }
}
