//! What a list shows of a trace, kept up to date span by span, so that a list never walks through spans.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::{Span, TraceId};

#[derive(Debug, Clone)]
pub struct Summary {
    pub trace_id: TraceId,
    /// The earliest span without a parent, or the earliest of all while there is none.
    pub root: Arc<Span>,
    pub start: u64,
    pub end: u64,
    pub spans: usize,
    pub errors: usize,
    /// How many spans each service has.
    pub services: BTreeMap<Arc<str>, usize>,
}

impl Summary {
    /// Of a trace with this span, which is yet to be added.
    pub(super) fn new(first: &Arc<Span>) -> Self {
        Self {
            trace_id: first.trace_id,
            root: Arc::clone(first),
            start: first.start,
            end: first.end,
            spans: 0,
            errors: 0,
            services: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, span: &Arc<Span>) {
        let rank = |span: &Span| (span.parent.is_some(), span.start, span.id);
        if rank(span) < rank(&self.root) {
            self.root = Arc::clone(span);
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
