//! From the index to whole spans: the blocks are read and decoded without any lock.
//!
//! A block may go meanwhile, with the traces in it: then its spans are absent, as they would be a moment later. A trace is read
//! in pieces, and of blocks no more is held than is bounded: there are traces that memory has no room for.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use super::{
    Filter, Inner,
    block::Block,
    blocks::Failed,
    origins::{Known, Origins},
    search::Found,
    trace::Entry,
    trouble::say,
};
use crate::model::{Span, SpanId, TraceId};

/// What was read: blocks by number, each with its origins once they are decoded. Equal parts of them are one.
#[derive(Default)]
struct Reader {
    blocks: HashMap<u64, Option<Decoded>>,
    known: Known,
    /// What these take, encoded.
    held: usize,
    /// Why one could not be read.
    failed: Option<Failed>,
}

/// A block's bytes and its origins.
type Decoded = (Arc<[u8]>, Origins);

/// How many bytes of blocks a reader holds, beside the last one: those of 64 blocks, unless spans are larger than these.
const HELD: usize = 4 << 20;
/// How many encoded bytes of spans are one piece, unless a single span is larger.
const PIECE: usize = 256 << 10;

/// The spans of a trace by start time, in pieces. There is at least one.
pub struct Spans<'a> {
    inner: &'a Inner,
    id: TraceId,
    /// Those that are still to be read.
    places: std::vec::IntoIter<Place>,
    all: usize,
    ids: SpanIds,
    first: Option<Vec<Arc<Span>>>,
    reader: Reader,
}

/// The ids of a trace's spans.
#[derive(Debug, Default)]
pub struct SpanIds {
    all: HashSet<SpanId>,
    /// Those of more than one span.
    shared: HashSet<SpanId>,
}

impl SpanIds {
    pub fn has(&self, id: SpanId) -> bool {
        self.all.contains(&id)
    }

    pub fn is_shared(&self, id: SpanId) -> bool {
        self.shared.contains(&id)
    }
}

impl FromIterator<SpanId> for SpanIds {
    fn from_iter<T: IntoIterator<Item = SpanId>>(ids: T) -> Self {
        let mut known = Self::default();
        for id in ids {
            if !known.all.insert(id) {
                known.shared.insert(id);
            }
        }
        known
    }
}

/// Where a span is: its block's sequence number and its place in there.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    span: SpanId,
    sequence: u64,
    ordinal: u16,
    length: u32,
}

impl Inner {
    /// None if there is none. One that cannot be read is also told on the terminal.
    pub fn block(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        self.blocks.read(sequence).inspect_err(|error| {
            say(format!("block {sequence} cannot be read, and its spans are missing: {error}"));
        })
    }

    /// None if there are none, and an error if none of those that are there can be read.
    pub fn spans(&self, id: TraceId) -> Result<Option<Spans<'_>>, Failed> {
        let mut places: Vec<_> = {
            let kept = self.read();
            let Some(trace) = kept.get(id) else { return Ok(None) };
            let spans = trace.spans.iter();
            let place = |span: &Entry| {
                let sequence = kept.live.get(span.block)?.sequence;
                let Entry { id, start, ordinal, .. } = *span;
                Some(Place { start, span: id, sequence, ordinal, length: span.length() })
            };
            spans.filter_map(place).collect()
        };
        places.sort_unstable_by_key(|place| (place.start, place.sequence, place.ordinal));
        let ids = places.iter().map(|place| place.span).collect();
        let all = places.len();
        let (places, reader) = (places.into_iter(), Reader::default());
        let mut spans = Spans { inner: self, id, places, all, ids, first: None, reader };
        spans.first = spans.next();
        match (&spans.first, spans.reader.failed.take()) {
            (None, Some(why)) => Err(why),
            (first, failed) => {
                spans.reader.failed = failed;
                Ok(first.is_some().then_some(spans))
            }
        }
    }

    /// The traces with a span that fits, newest start first.
    pub fn search(&self, filter: &Filter, limit: usize) -> Vec<TraceId> {
        if let Some(traces) = &filter.traces {
            let found = self.read().fitting(traces, filter, &self.hasher);
            return self.certain(found, filter).into_iter().take(limit).collect();
        }
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

impl Spans<'_> {
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// How many there are, as far as the index knows.
    pub fn len(&self) -> usize {
        self.all
    }

    pub fn ids(&mut self) -> SpanIds {
        mem::take(&mut self.ids)
    }

    /// Why some of those so far could not be read.
    pub fn failed(&self) -> Option<&Failed> {
        self.reader.failed.as_ref()
    }
}

impl Iterator for Spans<'_> {
    type Item = Vec<Arc<Span>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let mut bytes = 0;
            let mut places = Vec::new();
            while let Some(place) = self.places.as_slice().first()
                && (places.is_empty() || bytes + place.length as usize <= PIECE)
            {
                bytes += place.length as usize;
                places.extend(self.places.next());
            }
            if places.is_empty() {
                return None;
            }
            // In the order of the blocks, so that each is read once.
            places.sort_unstable_by_key(|place| (place.sequence, place.ordinal));
            let spans = places.iter().filter_map(|place| self.reader.span(self.inner, (place.sequence, place.ordinal)));
            let mut spans: Vec<_> = spans.filter(|span| span.trace_id == self.id).map(Arc::new).collect();
            spans.sort_by_key(|span| span.start);
            if !spans.is_empty() {
                return Some(spans);
            }
        }
    }
}

impl Reader {
    fn span(&mut self, inner: &Inner, (sequence, ordinal): (u64, u16)) -> Option<Span> {
        if self.held > HELD && !self.blocks.contains_key(&sequence) {
            *self = Self { failed: self.failed.take(), ..Self::default() };
        }
        let Self { blocks, known, held, failed } = self;
        let read = blocks.entry(sequence).or_insert_with(|| {
            let bytes = inner.block(sequence).unwrap_or_else(|why| {
                *failed = Some(why);
                None
            })?;
            *held += bytes.len();
            Some((bytes, Origins::default()))
        });
        let (bytes, origins) = read.as_mut()?;
        let block = Block::new(bytes)?;
        let origin = origins.get(&block, block.parts(ordinal.into())?, known)?;
        block.span(ordinal.into(), &origin)
    }
}
