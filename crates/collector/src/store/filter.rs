//! What is searched for. A trace is found if one of its spans fits in every respect.

use std::{collections::BTreeSet, ops::RangeInclusive};

use crate::model::{Span, TraceId, tags};

/// Times and durations are nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// If there are any named, no others are looked at.
    pub traces: Option<BTreeSet<TraceId>>,
    pub service: Option<String>,
    pub operation: Option<String>,
    /// Keys and texts, all of which the span must have.
    pub tags: Vec<(String, String)>,
    pub start: RangeInclusive<u64>,
    pub duration: RangeInclusive<u64>,
}

impl Default for Filter {
    /// Everything.
    fn default() -> Self {
        let (start, duration) = (0..=u64::MAX, 0..=u64::MAX);
        Self { traces: None, service: None, operation: None, tags: Vec::new(), start, duration }
    }
}

impl Filter {
    pub fn fits(&self, span: &Span) -> bool {
        self.names(span.trace_id)
            && self.start.contains(&span.start)
            && self.duration.contains(&span.duration())
            && self.service.as_ref().is_none_or(|service| service == span.service())
            && self.operation.as_ref().is_none_or(|operation| *operation == span.name)
            && self.tags.iter().all(|(key, text)| tags::has(span, key, text))
    }

    pub fn names(&self, trace: TraceId) -> bool {
        self.traces.as_ref().is_none_or(|traces| traces.contains(&trace))
    }
}
