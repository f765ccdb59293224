//! Which services call which: a span whose parent is of another service is one call.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    sync::Arc,
};

use super::{Kept, Trace};

/// How many traces are looked through at most, the newest first: a map for a person, not a bill.
const TRACES: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub parent: Arc<str>,
    pub child: Arc<str>,
    pub calls: u64,
}

type Calls = BTreeMap<(Arc<str>, Arc<str>), u64>;

impl Kept {
    /// Of the traces that start within this time, sorted by name.
    pub fn dependencies(&self, start: &RangeInclusive<u64>) -> Vec<Dependency> {
        let mut calls = Calls::new();
        let newest = self.catalogue.by_start.iter().rev().filter(|(at, _)| start.contains(at));
        for (_, id) in newest.take(TRACES) {
            if let Some(trace) = self.traces.get(id) {
                trace.calls(&mut calls);
            }
        }
        calls.into_iter().map(|((parent, child), calls)| Dependency { parent, child, calls }).collect()
    }
}

impl Trace {
    fn calls(&self, calls: &mut Calls) {
        // Most traces stay within one service.
        if self.summary.services.len() < 2 {
            return;
        }
        let services: HashMap<_, _> = self.spans.iter().map(|span| (span.id, &span.origin.service)).collect();
        for span in &self.spans {
            let parent = span.parent.and_then(|parent| services.get(&parent));
            if let Some(parent) = parent.filter(|parent| **parent != &span.origin.service) {
                *calls.entry((Arc::clone(parent), Arc::clone(&span.origin.service))).or_default() += 1;
            }
        }
    }
}
