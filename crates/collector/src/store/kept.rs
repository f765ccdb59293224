//! The index of what is kept: every trace with what is known of its spans, in memory.
//!
//! In: blocks that are committed, one after the other. Out: traces by id, by start and by arrival; and through `live`, which
//! blocks have become useless because the bounds made their traces go.

use std::{
    collections::{HashSet, VecDeque},
    mem::replace,
    sync::Arc,
};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{
    Inserted, Limits, Summary, Totals,
    came::{Before, Came},
    catalogue::Catalogue,
    changes::Changes,
    commit::Committed,
    live::Live,
    numbers::Numbers,
    sketch::{Sketch, Wanted},
    slab::Slab,
    times::Times,
    trace::Trace,
    unindexed::Unindexed,
};
use crate::model::TraceId;

#[derive(Debug, Default)]
pub struct Kept {
    pub traces: Slab<Trace>,
    /// By the traces' numbers.
    sketches: Vec<Sketch>,
    numbers: Numbers,
    /// In the order in which their first spans came.
    arrivals: VecDeque<u32>,
    pub times: Times,
    pub catalogue: Catalogue,
    pub changes: Changes,
    pub live: Live,
    spans: usize,
}

/// Spans of one trace and one origin that follow each other in a block.
#[derive(Debug, Default)]
struct Run {
    trace: u32,
    origin: u32,
    spans: usize,
}

/// The origin in its block, the name and the kind of an operation.
type Named<'a> = (u32, &'a str, SpanKind);

/// The operations that a block had last, with their numbers: most spans of a request are of a few.
#[derive(Default)]
struct Operations<'a> {
    known: [Option<(Named<'a>, u32)>; 8],
    next: usize,
}

impl<'a> Operations<'a> {
    /// The number of the operation, which has one span more from now on.
    fn number(&mut self, named: Named<'a>, service: &Arc<str>, catalogue: &mut Catalogue) -> u32 {
        if let Some((_, number)) = self.known.iter().flatten().find(|(known, _)| *known == named) {
            catalogue.again(*number);
            return *number;
        }
        let (_, name, kind) = named;
        let number = catalogue.add(service, name, kind);
        self.known[self.next] = Some((named, number));
        self.next = (self.next + 1) % self.known.len();
        number
    }
}

impl Kept {
    pub fn get(&self, id: TraceId) -> Option<&Trace> {
        self.traces.get(self.number(id)?)
    }

    fn number(&self, id: TraceId) -> Option<u32> {
        self.numbers.get(id, &self.traces)
    }

    /// Whether the trace of this number may have a span that is wanted.
    pub fn is_possible(&self, number: u32, wanted: &Wanted) -> bool {
        self.sketches.get(number as usize).is_none_or(|sketch| wanted.possible(sketch))
    }

    /// All traces that may have a span that is wanted, with their numbers, in no order of theirs.
    pub fn possible(&self, wanted: &Wanted) -> impl Iterator<Item = (u32, &Trace)> {
        let numbers = (0..).zip(&self.sketches).filter(|(_, sketch)| wanted.possible(sketch));
        numbers.filter_map(|(number, _)| Some((number, self.traces.get(number)?)))
    }

    pub fn summaries(&self, ids: &[TraceId]) -> Vec<Summary> {
        ids.iter().filter_map(|id| Summary::new(self.get(*id)?, &self.catalogue)).collect()
    }

    pub fn totals(&self) -> Totals {
        Totals { traces: self.traces.len(), spans: self.spans, bytes: self.live.bytes }
    }

    /// The ordinals of the spans of these traces that are in a block.
    pub fn ordinals(&self, traces: &HashSet<TraceId>, block: u32) -> HashSet<usize> {
        let spans = traces.iter().filter_map(|id| self.get(*id)).flat_map(|trace| &trace.spans);
        spans.filter(|span| span.block == block).map(|span| span.ordinal.into()).collect()
    }

    /// Adds the spans of a block that are not known yet.
    pub fn index(&mut self, new: &Unindexed, committed: Committed, limits: &Limits) -> Inserted {
        let mut inserted = Inserted::default();
        let block = self.live.open(committed.sequence, committed.arrival, committed.size, new.overhead);
        let mut changed: Vec<(u32, Before)> = Vec::new();
        let came = Came(committed.wall);
        let (mut run, mut operations) = (Run::default(), Operations::default());
        for (span, name, tags) in new.spans() {
            // Spans of one trace mostly come together.
            let last = changed
                .last()
                .map(|(number, _)| *number)
                .filter(|number| self.traces.get(*number).is_some_and(|trace| trace.id == span.trace_id));
            let known = last.or_else(|| self.number(span.trace_id));
            let trace = known.and_then(|number| self.traces.get(number));
            if self.live.is_gone(span.trace_id, committed.sequence) {
                self.live.bury(block, span.trace_id);
                continue;
            }
            if trace.is_some_and(|trace| trace.has_same(span)) {
                self.live.leave_out(block);
                inserted.duplicates += 1;
                continue;
            }
            let (held, bytes) = trace.map_or((0, 0), |trace| (trace.spans.len(), trace.bytes));
            if held + 1 > limits.spans || bytes + span.place.length as usize > limits.bytes {
                self.live.refuse(block);
                inserted.refused += 1;
                continue;
            }
            let number = known.unwrap_or_else(|| self.begin(span.trace_id));
            if last.is_none() {
                changed.extend(self.traces.get(number).map(|trace| (number, trace.before())));
            }
            let Some(origin) = new.origins.get(span.origin as usize) else { continue };
            let operation = operations.number((span.origin, name, span.kind), &origin.service, &mut self.catalogue);
            self.live.add(block, span.place.length);
            if (run.trace, run.origin) != (number, span.origin) {
                self.share(replace(&mut run, Run { trace: number, origin: span.origin, spans: 0 }), new);
            }
            run.spans += 1;
            if let Some(trace) = self.traces.get_mut(number) {
                trace.push(span, tags, operation, block, came);
            }
            if let Some(sketch) = self.sketches.get_mut(number as usize) {
                sketch.add(operation, tags);
            }
            self.spans += 1;
            inserted.stored += 1;
        }
        self.share(run, new);
        self.live.settle(block);
        self.settle(&changed);
        let growing = changed.last().map(|(number, _)| *number);
        self.evict(limits, growing);
        inserted
    }

    /// What the spans of a run come from is said once for all of them.
    fn share(&mut self, run: Run, new: &Unindexed) {
        let Some(origin) = new.origins.get(run.origin as usize).filter(|_| run.spans > 0) else { return };
        if let Some(trace) = self.traces.get_mut(run.trace) {
            trace.share(run.spans, &origin.tags);
        }
        if let Some(sketch) = self.sketches.get_mut(run.trace as usize) {
            sketch.add_process(origin.hash, &origin.tags);
        }
    }

    fn begin(&mut self, id: TraceId) -> u32 {
        let number = self.traces.add(Trace::new(id));
        self.numbers.add(number, id, &self.traces);
        match self.sketches.get_mut(number as usize) {
            Some(sketch) => *sketch = Sketch::default(),
            None => self.sketches.push(Sketch::default()),
        }
        self.arrivals.push_back(number);
        self.live.begin(id);
        number
    }

    /// Of each trace, what it was before. A trace may be there more than once.
    fn settle(&mut self, changed: &[(u32, Before)]) {
        for (number, before) in changed {
            let Some(trace) = self.traces.get_mut(*number) else { continue };
            trace.settle(before.spans);
            self.times.settle(*number, trace, *before);
        }
        let ids = changed.iter().filter_map(|(number, _)| Some(self.traces.get(*number)?.id));
        self.changes.add(ids);
    }

    /// Lets the oldest traces go until the rest is within the limits. The one that grows stays; it fits by itself.
    pub fn evict(&mut self, limits: &Limits, growing: Option<u32>) {
        while self.spans > limits.spans || self.live.bytes > limits.bytes {
            let spared = growing.is_some() && self.arrivals.front() == growing.as_ref() && self.arrivals.len() > 1;
            match self.arrivals.remove(usize::from(spared)) {
                Some(number) => self.remove(number),
                None => break,
            }
        }
    }

    /// Lets go what arrived before this, in milliseconds since this run began.
    pub fn expire(&mut self, before: i64) {
        let arrived = |number: &u32| self.live.arrival(self.traces.get(*number)?.spans.first()?.block);
        let old = self.arrivals.iter().take_while(|number| arrived(number).is_none_or(|arrival| arrival < before));
        for number in self.arrivals.drain(..old.count()).collect::<Vec<_>>() {
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u32) {
        let Some(id) = self.traces.get(number).map(|trace| trace.id) else { return };
        self.numbers.remove(id, &self.traces);
        let Some(trace) = self.traces.remove(number) else { return };
        self.spans -= trace.spans.len();
        self.times.remove(number, &trace);
        for span in &trace.spans {
            self.catalogue.remove(span.operation);
            self.live.remove(span.block, span.length());
        }
        // The spans of one block are next to each other.
        let blocks = trace.spans.chunk_by(|one, next| one.block == next.block);
        self.live.forget(trace.id, blocks.filter_map(|spans| Some(spans.first()?.block)));
    }
}
