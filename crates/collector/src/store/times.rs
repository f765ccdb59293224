//! The traces in the order of their starts, and which of them have spans at a certain time.
//!
//! A search by time looks at the traces that have a span then, and at next to none beside them: neither a trace that lasts for
//! years nor a span with a time that nobody can mean makes it look at more.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::RangeInclusive,
};

use super::{slab::Slab, trace::Trace};
use crate::model::TraceId;

#[derive(Debug, Default)]
pub struct Times {
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
    /// Spans were added to the trace, which had so many before.
    pub fn settle(&mut self, number: u32, trace: &mut Trace, before: usize) {
        let listed = trace.listed.replace(trace.start);
        if listed != trace.listed {
            if let Some(listed) = listed {
                self.by_start.remove(&(listed, trace.id));
            }
            self.by_start.insert((trace.start, trace.id), number);
        }
        let new = trace.spans.get(before..).unwrap_or_default().iter().map(|span| span.start);
        let slots = listed.into_iter().chain(new).map(slot);
        self.later.extend(slots.filter(|later| *later != slot(trace.start)).map(|later| (later, number)));
    }

    /// The trace went.
    pub fn remove(&mut self, number: u32, trace: &Trace) {
        self.by_start.remove(&(trace.listed.unwrap_or(trace.start), trace.id));
        if slot(trace.start) != slot(trace.last_start) {
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
            let lasting = |number| traces.get(number).filter(|trace| trace.start < from && trace.last_start >= from);
            let found = later.chain(just_before).filter_map(|number| Some((lasting(number)?, number)));
            let mut found: Vec<_> = found.map(|(trace, number)| Reverse((trace.start, trace.id, number))).collect();
            found.sort_unstable();
            found.dedup();
            found.into_iter().map(|Reverse((_, _, number))| number)
        };
        // Looked for only if the others are not enough.
        self.starting(within).chain(iter::once_with(earlier).flatten())
    }
}
