//! What the index has of a trace: enough to list it, and to tell without its spans which of them a filter may fit.

use std::collections::{HashMap, HashSet};

use super::{
    Filter,
    catalogue::Fitting,
    signature::{SPANS, Signature},
    unindexed::Fresh,
};
use crate::model::{SpanId, TraceId};

/// From how many spans on their ids are in a map.
const MANY: usize = 32;

#[derive(Debug)]
pub struct Trace {
    pub id: TraceId,
    pub spans: Vec<Entry>,
    pub start: u64,
    /// The last end; what ends before it starts ends where it starts.
    pub end: u64,
    pub errors: usize,
    /// The encoded length of its spans.
    pub bytes: usize,
    /// The earliest span without a parent, or the earliest of all while there is none.
    pub root: usize,
    /// The start by which it is listed, once it is.
    pub listed: Option<u64>,
    pub last_start: u64,
    shortest: u64,
    longest: u64,
    first: Signature,
    /// Of the spans that come after those of the first one.
    more: Vec<Signature>,
    /// The ids of its spans, each with the content of the first span that has it. Empty while they are few.
    ids: HashMap<SpanId, u32>,
    /// Those of further spans with the same ids.
    further: HashSet<(SpanId, u32)>,
}

/// What the index has of a span.
#[derive(Debug)]
pub struct Entry {
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub start: u64,
    pub duration: u64,
    pub operation: u32,
    pub is_error: bool,
    /// A hash of all that the span is.
    content: u32,
    /// The number of its block, its place in there, and the length of its bytes.
    pub block: u32,
    pub length: u32,
    pub ordinal: u16,
}

impl Trace {
    pub fn new(first: &Fresh) -> Self {
        Self {
            id: first.trace_id,
            spans: Vec::new(),
            start: first.start,
            end: first.end.max(first.start),
            errors: 0,
            bytes: 0,
            root: 0,
            listed: None,
            last_start: first.start,
            shortest: u64::MAX,
            longest: 0,
            first: Signature::default(),
            more: Vec::new(),
            ids: HashMap::new(),
            further: HashSet::new(),
        }
    }

    pub fn has(&self, id: SpanId) -> bool {
        if self.ids.is_empty() { self.spans.iter().any(|span| span.id == id) } else { self.ids.contains_key(&id) }
    }

    /// Whether this very span is there: another one may have its id, when client and server share one, or when a span was sent
    /// before it was finished.
    pub fn has_same(&self, fresh: &Fresh) -> bool {
        let (id, content) = (fresh.id, fresh.content);
        if self.ids.is_empty() {
            return self.spans.iter().any(|span| (span.id, span.content) == (id, content));
        }
        self.ids.get(&id).is_some_and(|first| *first == content) || self.further.contains(&(id, content))
    }

    fn remember(&mut self, id: SpanId, content: u32) {
        let first = *self.ids.entry(id).or_insert(content);
        if first != content {
            self.further.insert((id, content));
        }
    }

    /// The tags are those of the span alone.
    pub fn push(&mut self, fresh: &Fresh, process: &[u32], tags: &[u32], operation: u32, block: u32) {
        let number = self.spans.len();
        let duration = fresh.end.saturating_sub(fresh.start);
        let root = self.spans.get(self.root);
        if root.is_none_or(|root| {
            (fresh.parent.is_some(), fresh.start, fresh.id) < (root.parent.is_some(), root.start, root.id)
        }) {
            self.root = number;
        }
        self.start = self.start.min(fresh.start);
        self.end = self.end.max(fresh.end.max(fresh.start));
        self.errors += usize::from(fresh.is_error);
        self.bytes += fresh.place.length as usize;
        self.last_start = self.last_start.max(fresh.start);
        self.shortest = self.shortest.min(duration);
        self.longest = self.longest.max(duration);
        self.signature(number / SPANS).add(number % SPANS, process.iter().chain(tags).copied());
        self.spans.push(Entry {
            id: fresh.id,
            parent: fresh.parent,
            start: fresh.start,
            duration,
            operation,
            is_error: fresh.is_error,
            content: fresh.content,
            block,
            length: fresh.place.length,
            ordinal: fresh.place.ordinal,
        });
        if number + 1 == MANY {
            let spans: Vec<_> = self.spans.iter().map(|span| (span.id, span.content)).collect();
            spans.into_iter().for_each(|(id, content)| self.remember(id, content));
        } else if number >= MANY {
            self.remember(fresh.id, fresh.content);
        }
    }

    /// How many spans have a parent that is not there.
    pub fn orphans(&self) -> usize {
        self.spans.iter().filter(|span| span.parent.is_some_and(|parent| !self.has(parent))).count()
    }

    fn signature(&mut self, number: usize) -> &mut Signature {
        let Some(further) = number.checked_sub(1) else { return &mut self.first };
        if self.more.len() <= further {
            self.more.resize_with(further + 1, Signature::default);
        }
        &mut self.more[further]
    }

    /// To be called when all is added for now; so many spans there were before.
    pub fn settle(&mut self, before: usize) {
        for number in before / SPANS..self.spans.len().div_ceil(SPANS) {
            self.signature(number).settle();
        }
    }

    /// The spans that fit, as far as the index knows: all but the tags is certain.
    pub fn fitting<'a>(
        &'a self,
        filter: &'a Filter,
        operations: Option<&'a Fitting>,
        hashes: &'a [u32],
    ) -> impl Iterator<Item = &'a Entry> {
        let possible = self.last_start >= *filter.start.start()
            && self.longest >= *filter.duration.start()
            && self.shortest <= *filter.duration.end();
        let signatures = [&self.first].into_iter().chain(&self.more).filter(move |_| possible);
        let spans = self.spans.chunks(SPANS).zip(signatures).flat_map(|(spans, signature)| {
            let having = signature.with_all(hashes);
            let bits = (0..u32::BITS).map(move |number| having >> number & 1 == 1);
            spans.iter().zip(bits).filter(move |(_, has)| having != 0 && *has).map(|(span, _)| span)
        });
        spans.filter(move |span| {
            filter.start.contains(&span.start)
                && filter.duration.contains(&span.duration)
                && operations.is_none_or(|operations| operations.has(span.operation))
        })
    }
}
