//! What the index has of a trace: enough to list it, and to tell without its spans which of them a filter may fit.

use std::collections::{HashMap, HashSet};

use super::{
    Filter,
    came::{Before, Came},
    catalogue::Fitting,
    signature::{SPANS, Signature, tighten},
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
    /// The time in whose place it is listed: its start, unless that is of a clock that is ahead.
    pub listed: u64,
    /// The encoded length of its spans.
    pub bytes: usize,
    pub last_start: u64,
    shortest: u64,
    longest: u64,
    /// The earliest span without a parent, or the earliest of all while there is none.
    pub root: u32,
    first: Signature,
    /// None while its spans are few, as they are in most traces.
    more: Option<Box<More>>,
}

/// What is known of a trace of more than a few spans.
#[derive(Debug, Default)]
struct More {
    /// Of the spans that come after those of the first signature.
    signatures: Vec<Signature>,
    /// The ids of its spans, each with the content of the first span that has it. Empty while they are few.
    ids: HashMap<SpanId, u32>,
    /// Those of further spans with the same ids.
    further: HashSet<(SpanId, u32)>,
}

/// What the index has of a span. There are as many as spans, so it has no gaps.
#[derive(Debug, Clone, Copy)]
#[repr(C, packed(2))]
pub struct Entry {
    pub id: SpanId,
    /// All zero where there is none.
    parent: [u8; 8],
    pub start: u64,
    pub duration: u64,
    pub operation: u32,
    /// A hash of all that the span is.
    content: u32,
    /// The number of its block, and its place in there.
    pub block: u32,
    /// The length of its bytes, and in the highest bit whether it is an error.
    length: u32,
    pub ordinal: u16,
}

const IS_ERROR: u32 = 1 << 31;

impl Entry {
    pub fn parent(&self) -> Option<SpanId> {
        SpanId::from_bytes(&self.parent)
    }

    pub fn length(&self) -> u32 {
        self.length & !IS_ERROR
    }

    pub fn is_error(&self) -> bool {
        self.length & IS_ERROR != 0
    }

    /// What ends before it starts ends where it starts.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.duration)
    }
}

impl Trace {
    pub fn new(id: TraceId) -> Self {
        Self {
            id,
            spans: Vec::new(),
            start: u64::MAX,
            listed: u64::MAX,
            bytes: 0,
            last_start: 0,
            shortest: u64::MAX,
            longest: 0,
            root: 0,
            first: Signature::default(),
            more: None,
        }
    }

    /// The map of ids, once there is one.
    fn ids(&self) -> Option<&More> {
        self.more.as_deref().filter(|more| !more.ids.is_empty())
    }

    pub fn has(&self, id: SpanId) -> bool {
        self.ids().map_or_else(|| self.spans.iter().any(|span| span.id == id), |more| more.ids.contains_key(&id))
    }

    /// Whether this very span is there: another one may have its id, when client and server share one, or when a span was sent
    /// before it was finished.
    pub fn has_same(&self, fresh: &Fresh) -> bool {
        let (id, content) = (fresh.id, fresh.content);
        self.ids().map_or_else(
            || self.spans.iter().any(|span| (span.id, span.content) == (id, content)),
            |more| more.ids.get(&id).is_some_and(|first| *first == content) || more.further.contains(&(id, content)),
        )
    }

    pub fn before(&self) -> Before {
        Before { spans: self.spans.len(), start: self.start, listed: self.listed }
    }

    /// The tags are those of the span alone: see [`Self::share`].
    pub fn push(&mut self, fresh: &Fresh, tags: &[u32], operation: u32, block: u32, came: Came) {
        let number = self.spans.len();
        let duration = fresh.end.saturating_sub(fresh.start);
        let root = self.spans.get(self.root as usize);
        if root.is_none_or(|root| {
            (fresh.parent.is_some(), fresh.start, fresh.id) < (root.parent().is_some(), root.start, root.id)
        }) {
            self.root = u32::try_from(number).unwrap_or_default();
        }
        if number == 0 || fresh.start < self.start {
            (self.start, self.listed) = (fresh.start, came.listed(fresh.start));
        }
        self.bytes += fresh.place.length as usize;
        self.last_start = self.last_start.max(fresh.start);
        self.shortest = self.shortest.min(duration);
        self.longest = self.longest.max(duration);
        self.signature(number / SPANS).add(1 << (number % SPANS), tags);
        self.spans.push(Entry {
            id: fresh.id,
            parent: fresh.parent.map_or([0; 8], |parent| *parent.as_bytes()),
            start: fresh.start,
            duration,
            operation,
            content: fresh.content,
            block,
            length: fresh.place.length & !IS_ERROR | if fresh.is_error { IS_ERROR } else { 0 },
            ordinal: fresh.place.ordinal,
        });
        let from = if number + 1 == MANY { 0 } else { number };
        if number + 1 >= MANY {
            let More { ids, further, .. } = &mut **self.more.get_or_insert_default();
            for Entry { id, content, .. } in self.spans.iter().skip(from).copied() {
                if *ids.entry(id).or_insert(content) != content {
                    further.insert((id, content));
                }
            }
        }
    }

    /// The last so many spans share these tags.
    pub fn share(&mut self, spans: usize, tags: &[u32]) {
        let numbers = self.spans.len() - spans.min(self.spans.len())..self.spans.len();
        for signature in numbers.start / SPANS..numbers.end.div_ceil(SPANS) {
            let of = signature * SPANS..(signature + 1) * SPANS;
            let bits = of.zip(0..).filter(|(number, _)| numbers.contains(number)).map(|(_, bit)| 1_u8 << bit);
            self.signature(signature).add(bits.sum(), tags);
        }
    }

    /// How many spans have a parent that is not there.
    pub fn orphans(&self) -> usize {
        self.spans.iter().filter(|span| span.parent().is_some_and(|parent| !self.has(parent))).count()
    }

    fn signature(&mut self, number: usize) -> &mut Signature {
        let Some(further) = number.checked_sub(1) else { return &mut self.first };
        let signatures = &mut self.more.get_or_insert_default().signatures;
        if signatures.len() <= further {
            signatures.resize_with(further + 1, Signature::default);
        }
        &mut signatures[further]
    }

    /// To be called when all is added for now; so many spans there were before.
    pub fn settle(&mut self, before: usize) {
        for number in before / SPANS..self.spans.len().div_ceil(SPANS) {
            self.signature(number).settle();
        }
        // Most traces get no further spans. Those that grow to many keep the room in which they grow.
        if self.spans.len() < MANY {
            tighten(&mut self.spans);
        }
    }

    /// Whether it may be listed, and some span of it may fit: as far as it is told by what it has of all of them.
    pub fn may_have_span(&self, filter: &Filter) -> bool {
        self.listed <= *filter.start.end()
            && self.last_start >= *filter.start.start()
            && self.longest >= *filter.duration.start()
            && self.shortest <= *filter.duration.end()
    }

    /// The spans that fit, as far as the index knows: all but the tags is certain.
    pub fn fitting<'a>(
        &'a self,
        filter: &'a Filter,
        operations: Option<&'a Fitting>,
        hashes: &'a [u32],
    ) -> impl Iterator<Item = &'a Entry> {
        let possible = self.may_have_span(filter);
        let further = self.more.iter().flat_map(|more| &more.signatures);
        let signatures = [&self.first].into_iter().chain(further).filter(move |_| possible);
        let spans = self.spans.chunks(SPANS).zip(signatures).flat_map(|(spans, signature)| {
            let having = signature.with_all(hashes);
            let bits = (0..SPANS).map(move |number| having >> number & 1 == 1);
            spans.iter().zip(bits).filter(move |(_, has)| having != 0 && *has).map(|(span, _)| span)
        });
        spans.filter(move |span| {
            filter.start.contains(&{ span.start })
                && filter.duration.contains(&{ span.duration })
                && operations.is_none_or(|operations| operations.has(span.operation))
        })
    }
}
