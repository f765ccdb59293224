//! The traces in the order of their starts, and which of them have spans at a certain time. A trace with no start but one that lies
//! ahead of this machine's clock is in the place of its arrival: else it came first in every list until that time.
//!
//! A search by time looks at the traces that have a span then, and at next to none beside them: neither a trace that lasts for
//! years nor a span with a time that nobody can mean makes it look at more.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::RangeInclusive,
};

use super::{came::Before, slab::Slab, trace::Trace};
use crate::model::TraceId;

#[derive(Debug, Default)]
pub struct Times {
    /// By the times in whose places they are, and of one time by their ids.
    by_start: BTreeMap<(u64, TraceId), u32>,
    /// Of the traces with spans in a later slot of time than they start in: each of those slots, and the number of the trace.
    later: BTreeSet<(u64, u32)>,
}

/// A second or so: most traces end in the slot in which they start.
const SLOT: u32 = 30;

fn slot(time: u64) -> u64 {
    time >> SLOT
}

impl Times {
    /// Spans were added to the trace.
    pub fn settle(&mut self, number: u32, trace: &Trace, before: Before) {
        let first = before.spans == 0;
        if first || before.listed != trace.listed {
            if !first {
                self.by_start.remove(&(before.listed, trace.id));
            }
            self.by_start.insert((trace.listed, trace.id), number);
        }
        let known = (!first && before.start == before.listed).then_some(before.start);
        let new = trace.spans.get(before.spans..).unwrap_or_default().iter().map(|span| span.start);
        let slots = known.into_iter().chain(new).map(slot);
        self.later.extend(slots.filter(|later| *later != slot(trace.listed)).map(|later| (later, number)));
    }

    /// The trace went.
    pub fn remove(&mut self, number: u32, trace: &Trace) {
        self.by_start.remove(&(trace.listed, trace.id));
        if slot(trace.listed) != slot(trace.last_start) {
            for span in &trace.spans {
                self.later.remove(&(slot(span.start), number));
            }
        }
    }

    #[cfg(test)]
    pub fn entries(&self) -> [usize; 2] {
        [self.by_start.len(), self.later.len()]
    }

    /// Of the traces that start within this time, the newest first.
    pub fn starting(&self, within: &RangeInclusive<u64>) -> impl Iterator<Item = u32> + use<'_> {
        let (from, to) = ((*within.start(), TraceId::MIN), (*within.end(), TraceId::MAX));
        let numbers = (from <= to).then(|| self.by_start.range(from..=to).rev().map(|(_, number)| *number));
        numbers.into_iter().flatten()
    }

    /// Of all traces that may have a span that starts within this time, the newest start of the trace first.
    pub fn around<'a>(
        &'a self,
        within: &RangeInclusive<u64>,
        traces: &'a Slab<Trace>,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let (from, to) = (*within.start(), *within.end());
        let earlier = move || {
            let slots = (slot(from), 0)..=(slot(to.max(from)), u32::MAX);
            let later = self.later.range(slots).map(|(_, number)| *number);
            let just_before = self.starting(&(slot(from) << SLOT..=from));
            let lasting = |number| traces.get(number).filter(|trace| trace.listed < from && trace.last_start >= from);
            let found = later.chain(just_before).filter_map(|number| Some((lasting(number)?, number)));
            let mut found: Vec<_> = found.map(|(trace, number)| Reverse((trace.listed, trace.id, number))).collect();
            found.sort_unstable();
            found.dedup();
            found.into_iter().map(|Reverse((_, _, number))| number)
        };
        // Looked for only if the others are not enough.
        self.starting(within).chain(iter::once_with(earlier).flatten())
    }
}
