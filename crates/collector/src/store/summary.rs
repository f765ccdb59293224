//! What a list shows of a trace, kept up to date span by span, so that a list never walks through spans.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::{Span, SpanId, TraceId};

#[derive(Debug, Clone)]
pub struct Summary {
    pub trace_id: TraceId,
    pub root: Root,
    pub start: u64,
    pub end: u64,
    pub spans: usize,
    pub errors: usize,
    /// How many spans each service has.
    pub services: BTreeMap<Arc<str>, usize>,
}

/// What a trace is called by: the earliest span without a parent, or the earliest of all while there is none.
#[derive(Debug, Clone)]
pub struct Root {
    pub name: Arc<str>,
    pub service: Arc<str>,
    /// Whether it has a parent: then the real root has not arrived, or never will.
    pub has_parent: bool,
    start: u64,
    id: SpanId,
}

impl Root {
    fn new(span: &Span) -> Self {
        Self {
            name: span.name.as_str().into(),
            service: Arc::clone(&span.origin.service),
            has_parent: span.parent.is_some(),
            start: span.start,
            id: span.id,
        }
    }
}

impl Summary {
    /// Of a trace with this span, which is yet to be added.
    pub(super) fn new(first: &Span) -> Self {
        Self {
            trace_id: first.trace_id,
            root: Root::new(first),
            start: first.start,
            end: first.end,
            spans: 0,
            errors: 0,
            services: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, span: &Span) {
        let root = &self.root;
        if (span.parent.is_some(), span.start, span.id) < (root.has_parent, root.start, root.id) {
            self.root = Root::new(span);
        }
        self.start = self.start.min(span.start);
        self.end = self.end.max(span.end);
        self.spans += 1;
        self.errors += usize::from(span.is_error());
        *self.services.entry(Arc::clone(&span.origin.service)).or_default() += 1;
    }

    /// From the first start to the last end, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}
