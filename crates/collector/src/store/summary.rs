//! What a list shows of a trace. It is made of the index, never of the spans.

use std::{collections::BTreeMap, sync::Arc};

use super::{catalogue::Catalogue, trace::Trace};
use crate::model::TraceId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub trace_id: TraceId,
    pub root: Root,
    pub start: u64,
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

/// What a trace is called by: the earliest span without a parent, or the earliest of all while there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    pub name: Arc<str>,
    pub service: Arc<str>,
    /// Whether it has a parent: then the real root has not arrived, or never will.
    pub has_parent: bool,
}

impl Root {
    pub(super) fn of(trace: &Trace, catalogue: &Catalogue) -> Option<Self> {
        let root = trace.spans.get(trace.root)?;
        let called = catalogue.get(root.operation)?;
        Some(Self {
            name: Arc::clone(&called.name),
            service: Arc::clone(&called.service),
            has_parent: root.parent.is_some(),
        })
    }
}

impl Summary {
    pub(super) fn new(trace: &Trace, catalogue: &Catalogue) -> Option<Self> {
        let mut operations = BTreeMap::<u32, Share>::new();
        for span in &trace.spans {
            let share = operations.entry(span.operation).or_default();
            share.spans += 1;
            share.errors += usize::from(span.is_error);
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
            end: trace.end,
            spans: trace.spans.len(),
            errors: trace.errors,
            services,
        })
    }

    /// From the first start to the last end, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}
