//! The walk through the traces, newest first, until enough are found.

use std::{cmp::Reverse, collections::HashSet};

use super::{Filter, Kept, Summary, Trace};
use crate::model::TraceId;

/// A service or operation that is in fewer than one of so many traces is walked through by itself: sorting those is cheaper
/// than passing all the others.
const RARE: usize = 8;

impl Kept {
    /// The traces that fit, newest start first.
    pub fn search(&self, filter: &Filter, limit: usize) -> Vec<TraceId> {
        let among = match &filter.service {
            None => None,
            Some(service) => match self.catalogue.traces(service, filter.operation.as_deref()) {
                Some(traces) => Some(traces),
                None => return Vec::new(),
            },
        };
        let hashes = self.hashes(filter);
        let fits = |id: &TraceId| self.traces.get(id).is_some_and(|trace| trace.fits(filter, &hashes));
        match among {
            Some(few) if few.len() < self.traces.len() / RARE => self.newest_of(few).filter(fits).take(limit).collect(),
            _ => {
                let (&from, &to) = (filter.start.start(), filter.start.end());
                let newest = self.catalogue.by_start.range(..=(to, TraceId::MAX)).rev();
                // Traces that start earlier than this have no span that late.
                let within = newest.take_while(|(start, _)| start.saturating_add(self.reach) >= from);
                let ids = within.map(|(_, id)| *id).filter(|id| among.is_none_or(|among| among.contains(id)));
                ids.filter(fits).take(limit).collect()
            }
        }
    }

    /// Those of these traces that fit, newest start first.
    pub fn fitting(&self, ids: &[TraceId], filter: &Filter) -> Vec<Summary> {
        let hashes = self.hashes(filter);
        let traces = ids.iter().filter_map(|id| self.traces.get(id)).filter(|trace| trace.fits(filter, &hashes));
        let mut summaries: Vec<_> = traces.map(|trace| trace.summary.clone()).collect();
        summaries.sort_by_key(|summary| Reverse((summary.start, summary.trace_id)));
        summaries
    }

    fn hashes(&self, filter: &Filter) -> Vec<u32> {
        filter.tags.iter().map(|(key, text)| self.hasher.hash(key, text)).collect()
    }

    fn newest_of(&self, few: &HashSet<TraceId>) -> impl Iterator<Item = TraceId> {
        let starts = few.iter().filter_map(|id| Some((self.traces.get(id)?.summary.start, *id)));
        let mut starts: Vec<_> = starts.collect();
        starts.sort_unstable_by_key(|start| Reverse(*start));
        starts.into_iter().map(|(_, id)| id)
    }
}

impl Trace {
    /// First what is known of the trace as a whole, then its spans.
    fn fits(&self, filter: &Filter, hashes: &[u32]) -> bool {
        let reach = &self.extent;
        reach.last_start >= *filter.start.start()
            && reach.longest >= *filter.duration.start()
            && reach.shortest <= *filter.duration.end()
            && self.signature.may_have(hashes)
            && self.spans.iter().any(|span| filter.fits(span))
    }
}
