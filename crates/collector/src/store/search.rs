//! The walk through the traces, newest first, until enough are found; and where too few are found soon, a look at all of them in the
//! order in which they lie in memory, which takes a small part of the time for each.
//!
//! The index tells everything but the tags for certain, and of the tags what their hashes tell; the spans themselves are read
//! after the walk, when nobody has to wait for it.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{Filter, catalogue::Fitting, kept::Kept, signature::Hasher, sketch::Wanted, trace::Trace};
use crate::model::TraceId;

/// How many spans of a trace are read to be certain. That so many have the same hashes as what is searched, all of them by
/// chance, does not happen.
const CANDIDATES: usize = 8;

/// How many traces are walked over before all are looked at.
#[cfg(not(test))]
const WALK: usize = 2_048;
#[cfg(test)]
const WALK: usize = 3;

/// A trace that fits as far as the index knows.
#[derive(Debug)]
pub struct Found {
    pub id: TraceId,
    /// The time in whose place it is listed.
    listed: u64,
    /// Where its spans are that seem to fit: the sequence numbers of their blocks, and their ordinals. Empty if it is certain
    /// already.
    pub candidates: Vec<(u64, u16)>,
}

struct Search<'a> {
    filter: &'a Filter,
    operations: Option<Fitting>,
    hashes: Vec<u32>,
    wanted: Wanted,
}

impl Kept {
    /// The traces that seem to fit, newest start first, at most `limit`.
    pub fn search(&self, filter: &Filter, hasher: &Hasher, limit: usize) -> Vec<Found> {
        let search = self.prepare(filter, hasher);
        if search.operations.as_ref().is_some_and(Fitting::is_empty) {
            return Vec::new();
        }
        let mut around = self.times.around(&filter.start, &self.traces);
        let walked = around.by_ref().take(WALK).filter(|number| self.is_possible(*number, &search.wanted));
        let walked = walked.filter_map(|number| self.found(self.traces.get(number)?, &search));
        let found: Vec<_> = walked.take(limit).collect();
        if found.len() >= limit || around.next().is_none() {
            return found;
        }
        // Of those that are possible no more are looked at than are needed, and put in order.
        let possible = self.possible(&search.wanted).filter(|(_, trace)| trace.may_have_span(filter));
        let mut possible: BinaryHeap<_> = possible.map(|(number, trace)| (trace.listed, trace.id, number)).collect();
        let newest = std::iter::from_fn(|| possible.pop()).filter_map(|(.., number)| self.traces.get(number));
        newest.filter_map(|trace| self.found(trace, &search)).take(limit).collect()
    }

    /// Those of these traces that seem to fit, newest start first.
    pub fn fitting<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a TraceId>,
        filter: &Filter,
        hasher: &Hasher,
    ) -> Vec<Found> {
        let search = self.prepare(filter, hasher);
        let traces = ids.into_iter().filter(|id| filter.names(**id)).filter_map(|id| self.get(*id));
        let mut found: Vec<_> = traces.filter_map(|trace| self.found(trace, &search)).collect();
        found.sort_by_key(|found| Reverse((found.listed, found.id)));
        found
    }

    fn prepare<'a>(&self, filter: &'a Filter, hasher: &Hasher) -> Search<'a> {
        let hashes: Vec<_> = filter.tags.iter().map(|(key, text)| hasher.hash(key, text)).collect();
        let operations = self.catalogue.fitting(filter);
        let service = filter.service.as_ref().map(|service| hasher.service(service));
        let wanted = Wanted::new(&hashes, service, operations.as_ref());
        Search { filter, operations, hashes, wanted }
    }

    fn found(&self, trace: &Trace, search: &Search<'_>) -> Option<Found> {
        let mut fitting = trace.fitting(search.filter, search.operations.as_ref(), &search.hashes).peekable();
        fitting.peek()?;
        let places = fitting.take(if search.hashes.is_empty() { 0 } else { CANDIDATES });
        let candidates = places.filter_map(|span| Some((self.live.get(span.block)?.sequence, span.ordinal))).collect();
        Some(Found { id: trace.id, listed: trace.listed, candidates })
    }
}
