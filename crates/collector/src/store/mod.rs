//! The traces, in memory and bounded: by spans and by bytes, and the oldest trace goes first.
//!
//! In: spans of any traces in any order, some of them more than once. Out: the spans of one trace, the newest traces, those that
//! fit a filter, the services and their operations. Callers get counted references, so that nobody holds the lock while a page is written.

mod catalogue;
mod changes;
mod dependencies;
mod filter;
mod search;
mod signature;
mod summary;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::sync::watch;

use crate::model::{Origin, Span, SpanId, TraceId, origin_bytes, span_bytes};
use catalogue::Catalogue;
use changes::Changes;
pub use changes::Version;
pub use dependencies::Dependency;
pub use filter::Filter;
use signature::{Hasher, Signature};
pub use summary::Summary;

/// How much is kept. Bytes are estimated.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub spans: usize,
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { spans: 500_000, bytes: 512 << 20 }
    }
}

/// What became of the spans of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inserted {
    pub stored: usize,
    /// Already there: the same trace and span id. The first one stays.
    pub duplicates: usize,
    /// Not kept, because their trace alone has reached the limits.
    pub refused: usize,
}

/// What is there in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub traces: usize,
    pub spans: usize,
    pub bytes: usize,
}

#[derive(Debug)]
pub struct Store {
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    traces: HashMap<TraceId, Trace>,
    /// In the order in which their first spans came.
    arrivals: VecDeque<TraceId>,
    catalogue: Catalogue,
    changes: Changes,
    hasher: Hasher,
    /// No trace has, or had, a span that starts later than so much after the trace.
    reach: u64,
    spans: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Trace {
    summary: Summary,
    extent: Extent,
    signature: Signature,
    spans: Vec<Arc<Span>>,
    ids: HashSet<SpanId>,
    /// The different origins of its spans.
    origins: Vec<Arc<Origin>>,
    bytes: usize,
}

/// What no span of a trace is outside of, in nanoseconds.
#[derive(Debug)]
struct Extent {
    last_start: u64,
    shortest: u64,
    longest: u64,
}

/// With how many origins of a trace a new one is compared: enough to share what consecutive batches repeat, and a bound on
/// what a request full of different resources costs.
const COMPARED_ORIGINS: usize = 16;

impl Store {
    pub fn new(limits: Limits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    pub fn insert(&self, spans: impl IntoIterator<Item = Span>) -> Inserted {
        let mut inserted = Inserted::default();
        let mut changed = Vec::new();
        let mut kept = self.kept();
        for span in spans {
            let id = span.trace_id;
            let outcome = match kept.insert(span, self.limits) {
                Outcome::Stored => {
                    changed.push(id);
                    &mut inserted.stored
                }
                Outcome::Duplicate => &mut inserted.duplicates,
                Outcome::Refused => &mut inserted.refused,
            };
            *outcome += 1;
        }
        kept.changes.add(changed);
        inserted
    }

    /// The spans of a trace by start time.
    pub fn trace(&self, id: TraceId) -> Option<Vec<Arc<Span>>> {
        let mut spans = self.kept().traces.get(&id)?.spans.clone();
        spans.sort_by_key(|span| (span.start, span.id));
        Some(spans)
    }

    /// The newest traces by start, at most `limit`.
    pub fn newest(&self, limit: usize) -> Vec<Summary> {
        let kept = self.kept();
        let newest = kept.catalogue.by_start.iter().rev().filter_map(|(_, id)| kept.traces.get(id));
        newest.take(limit).map(|trace| trace.summary.clone()).collect()
    }

    /// The traces with a span that fits, newest start first, at most `limit`.
    pub fn search(&self, filter: &Filter, limit: usize) -> Vec<TraceId> {
        self.kept().search(filter, limit)
    }

    /// The same, as a list shows them.
    pub fn list(&self, filter: &Filter, limit: usize) -> Vec<Summary> {
        let kept = self.kept();
        let found = kept.search(filter, limit);
        found.iter().filter_map(|id| Some(kept.traces.get(id)?.summary.clone())).collect()
    }

    /// Those that fit of the traces that have changed since, newest start first, and up to where this holds. None if it is
    /// not known any more which have changed: then it is time to list anew.
    pub fn changed_since(&self, version: Version, filter: &Filter) -> (Version, Option<Vec<Summary>>) {
        let kept = self.kept();
        let changed = kept.changes.since(version).map(|ids| kept.fitting(&ids, filter));
        (kept.changes.version(), changed)
    }

    /// Up to where all changes have been seen by whoever looks now.
    pub fn version(&self) -> Version {
        self.kept().changes.version()
    }

    /// Tells whenever traces change.
    pub fn follow(&self) -> watch::Receiver<Version> {
        self.kept().changes.follow()
    }

    /// Which services call which, in traces that start within this time (ns).
    pub fn dependencies(&self, start: &RangeInclusive<u64>) -> Vec<Dependency> {
        self.kept().dependencies(start)
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> Vec<Arc<str>> {
        self.kept().catalogue.services()
    }

    /// The names and kinds of a service's operations, sorted by name.
    pub fn operations(&self, service: &str) -> Vec<(Box<str>, SpanKind)> {
        self.kept().catalogue.operations(service)
    }

    pub fn totals(&self) -> Totals {
        let kept = self.kept();
        Totals { traces: kept.traces.len(), spans: kept.spans, bytes: kept.bytes }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Outcome {
    Stored,
    Duplicate,
    Refused,
}

impl Kept {
    fn insert(&mut self, mut span: Span, limits: Limits) -> Outcome {
        let trace_id = span.trace_id;
        let trace = self.traces.get(&trace_id);
        if trace.is_some_and(|trace| trace.ids.contains(&span.id)) {
            return Outcome::Duplicate;
        }
        let known = trace.and_then(|trace| trace.origin(&span.origin)).cloned();
        let origin = if known.is_some() { 0 } else { origin_bytes(&span.origin) };
        let bytes = span_bytes(&span) + origin;
        let (held, held_bytes) = trace.map_or((0, 0), |trace| (trace.spans.len(), trace.bytes));
        if held + 1 > limits.spans || held_bytes + bytes > limits.bytes {
            return Outcome::Refused;
        }

        span.origin = known.unwrap_or_else(|| Arc::clone(&span.origin));
        let span = Arc::new(span);
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.arrivals.push_back(trace_id);
            Trace::new(&span)
        });
        let before = (!trace.spans.is_empty()).then_some(trace.summary.start);
        self.catalogue.add(&span);
        trace.push(span, origin > 0, bytes, &self.hasher);
        let start = trace.summary.start;
        self.reach = self.reach.max(trace.extent.last_start - start);
        if before != Some(start) {
            before.map(|before| self.catalogue.by_start.remove(&(before, trace_id)));
            self.catalogue.by_start.insert((start, trace_id));
        }
        self.spans += 1;
        self.bytes += bytes;
        while self.spans > limits.spans || self.bytes > limits.bytes {
            // The trace that grows stays; it fits by itself, as was seen above.
            let oldest = usize::from(self.arrivals.front() == Some(&trace_id));
            match self.arrivals.remove(oldest) {
                Some(id) => self.remove(id),
                None => break,
            }
        }
        Outcome::Stored
    }

    fn remove(&mut self, id: TraceId) {
        let Some(trace) = self.traces.remove(&id) else { return };
        self.spans -= trace.spans.len();
        self.bytes -= trace.bytes;
        self.catalogue.remove(trace.summary.start, &trace.spans);
    }
}

impl Trace {
    fn new(first: &Arc<Span>) -> Self {
        Self {
            summary: Summary::new(first),
            extent: Extent { last_start: first.start, shortest: u64::MAX, longest: 0 },
            signature: Signature::default(),
            spans: Vec::new(),
            ids: HashSet::new(),
            origins: Vec::new(),
            bytes: 0,
        }
    }

    /// The equal origin that the trace already has.
    fn origin(&self, origin: &Arc<Origin>) -> Option<&Arc<Origin>> {
        let mut recent = self.origins.iter().rev().take(COMPARED_ORIGINS);
        recent.find(|known| Arc::ptr_eq(known, origin) || *known == origin)
    }

    fn push(&mut self, span: Arc<Span>, new_origin: bool, bytes: usize, hasher: &Hasher) {
        if new_origin {
            self.signature.add_origin(&span.origin, hasher);
            self.origins.push(Arc::clone(&span.origin));
        }
        self.signature.add_span(&span, hasher);
        self.summary.add(&span);
        self.extent.last_start = self.extent.last_start.max(span.start);
        self.extent.shortest = self.extent.shortest.min(span.duration());
        self.extent.longest = self.extent.longest.max(span.duration());
        self.ids.insert(span.id);
        self.spans.push(span);
        self.bytes += bytes;
    }
}
