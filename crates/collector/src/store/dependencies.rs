//! Which services call which: a span whose parent is of another service is one call.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    sync::Arc,
};

use super::{catalogue::Catalogue, kept::Kept, trace::Trace};

/// How many traces of several services are looked through at most: a map for a person, not a bill.
const TRACES: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub parent: Arc<str>,
    pub child: Arc<str>,
    pub calls: u64,
}

/// By the names of the caller and the called.
type Calls = BTreeMap<(Arc<str>, Arc<str>), u64>;

impl Kept {
    /// Of the traces with a span that starts within this time, sorted by name. So one span with a wrong time does not take a
    /// trace away; and traces of one service, which have no calls, take nobody's place, however many a wrong clock has put first.
    pub fn dependencies(&self, start: &RangeInclusive<u64>) -> Vec<Dependency> {
        let mut calls = Calls::new();
        let traces = self.times.around(start, &self.traces).filter_map(|number| self.traces.get(number));
        for trace in traces.filter(|trace| trace.has_services(&self.catalogue)).take(TRACES) {
            trace.calls(&self.catalogue, &mut calls);
        }
        calls.into_iter().map(|((parent, child), calls)| Dependency { parent, child, calls }).collect()
    }
}

impl Trace {
    /// Whether there is more than one: most traces stay within one service.
    fn has_services(&self, catalogue: &Catalogue) -> bool {
        let service = |operation| catalogue.get(operation).map(|operation| &operation.service);
        let first = self.spans.first().and_then(|span| service(span.operation));
        self.spans.iter().any(|span| service(span.operation) != first)
    }

    fn calls(&self, catalogue: &Catalogue, calls: &mut Calls) {
        let service = |operation| catalogue.get(operation).map(|operation| &operation.service);
        let operations: HashMap<_, _> = self.spans.iter().map(|span| (span.id, span.operation)).collect();
        for span in &self.spans {
            let parent = span.parent().and_then(|parent| service(*operations.get(&parent)?));
            let child = service(span.operation);
            if let Some((parent, child)) = parent.zip(child).filter(|(parent, child)| parent != child) {
                *calls.entry((Arc::clone(parent), Arc::clone(child))).or_default() += 1;
            }
        }
    }
}
