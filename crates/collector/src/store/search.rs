//! The walk through the traces, newest first, until enough are found.
//!
//! The index tells everything but the tags for certain, and of the tags what their hashes tell; the spans themselves are read
//! after the walk, when nobody has to wait for it.

use std::cmp::Reverse;

use super::{Filter, catalogue::Fitting, kept::Kept, signature::Hasher, sketch::Wanted, trace::Trace};
use crate::model::TraceId;

/// How many spans of a trace are read to be certain. That so many have the same hashes as what is searched, all of them by
/// chance, does not happen.
const CANDIDATES: usize = 8;

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
        self.around(&filter.start, &search.wanted).filter_map(|trace| self.found(trace, &search)).take(limit).collect()
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
        let wanted = Wanted::new(&hashes, operations.as_ref());
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
