//! What a list shows of a trace. It is made of the index, never of the spans.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    catalogue::Catalogue,
    trace::{Entry, Trace},
};
use crate::model::TraceId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub trace_id: TraceId,
    pub root: Root,
    pub start: u64,
    /// The time in whose place it is listed: its arrival, where its start lies ahead of this machine's clock.
    pub listed: u64,
    pub end: u64,
    pub spans: usize,
    pub errors: usize,
    pub services: BTreeMap<Arc<str>, Share>,
}

/// What a trace has of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub spans: usize,
    pub errors: usize,
}

/// What a trace is called by: the earliest span without a parent; while there is none, the earliest whose parent is missing; the
/// earliest of all if they lead in a circle. The viewer's model/tree.js chooses the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    pub name: Arc<str>,
    pub service: Arc<str>,
    /// Whether it has a parent: then the real root has not arrived, or never will.
    pub has_parent: bool,
}

impl Root {
    pub(super) fn of(trace: &Trace, catalogue: &Catalogue) -> Option<Self> {
        let root = root(trace)?;
        let called = catalogue.get(root.operation)?;
        Some(Self {
            name: Arc::clone(&called.name),
            service: Arc::clone(&called.service),
            has_parent: root.parent().is_some(),
        })
    }
}

impl Summary {
    pub(super) fn new(trace: &Trace, catalogue: &Catalogue) -> Option<Self> {
        let mut operations = BTreeMap::<u32, Share>::new();
        for span in &trace.spans {
            let share = operations.entry(span.operation).or_default();
            share.spans += 1;
            share.errors += usize::from(span.is_error());
        }
        let mut services = BTreeMap::<_, Share>::new();
        for (number, share) in operations {
            let service = services.entry(Arc::clone(&catalogue.get(number)?.service)).or_default();
            service.spans += share.spans;
            service.errors += share.errors;
        }
        Some(Self {
            trace_id: trace.id,
            root: Root::of(trace, catalogue)?,
            start: trace.start,
            listed: trace.listed,
            end: trace.spans.iter().map(Entry::end).max().unwrap_or_default(),
            spans: trace.spans.len(),
            errors: services.values().map(|share| share.errors).sum(),
            services,
        })
    }

    /// From the first start to the last end, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

fn root(trace: &Trace) -> Option<&Entry> {
    let first = trace.spans.get(trace.root as usize)?;
    if first.parent().is_none() {
        return Some(first);
    }
    let orphans = trace.spans.iter().filter(|span| span.parent().is_some_and(|parent| !trace.has(parent)));
    orphans.min_by_key(|span| (span.start, span.id)).or(Some(first))
}
