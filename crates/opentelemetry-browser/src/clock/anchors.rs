//! Which anchor each trace has.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

use super::ends::Ends;
use super::lead::Lead;
use crate::sort::sort;

/// How many of the most recent traces keep their anchor when a new one replaces it.
pub(super) const TRACES_REMEMBERED: usize = 4096;

/// The wall-clock time of `performance.now() == 0`, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor(pub(super) u64);

impl Anchor {
    /// The wall-clock time of a `performance.now()` reading.
    pub(crate) fn at(self, performance_now: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.0.saturating_add(nanos(performance_now)))
    }
}

/// Milliseconds to nanoseconds. Whole and fractional parts are scaled apart, since an `f64` cannot hold nanoseconds since 1970.
pub(super) fn nanos(ms: f64) -> u64 {
    let whole = ms.max(0.0) as u64;
    let fraction = (ms.max(0.0) - whole as f64) * 1e6;
    whole.saturating_mul(1_000_000).saturating_add((fraction + 0.5) as u64)
}

pub(super) struct State {
    pub(super) current: Anchor,
    /// The traces that began last, oldest first.
    pub(super) traces: VecDeque<TraceId>,
    /// How many of them, from the back, began under `current`.
    pub(super) begun: usize,
    /// The anchors of the others, by their ids. Empty on nearly every page.
    pub(super) retired: Vec<(TraceId, Anchor)>,
    /// What `Date.now()` was when it was last read, and the reading of the fine clock at that time.
    pub(super) last: Option<(f64, f64)>,
    /// What all such pairs together say.
    pub(super) lead: Lead,
    pub(super) ends: Ends,
}

/// By which retired traces are found: a part of the id, since numbers of 128 bits take more code.
fn order(trace_id: TraceId) -> u64 {
    u128::from_be_bytes(trace_id.to_bytes()) as u64
}

impl State {
    pub(super) fn new(current: Anchor) -> Self {
        Self {
            current,
            traces: VecDeque::new(),
            begun: 0,
            retired: Vec::new(),
            last: None,
            lead: Lead::default(),
            ends: Ends::default(),
        }
    }

    pub(super) fn anchor_of(&self, trace_id: TraceId) -> Anchor {
        if self.retired.is_empty() {
            return self.current;
        }
        self.retired(trace_id).unwrap_or(self.current)
    }

    /// The anchor of a trace that began under another one.
    fn retired(&self, trace_id: TraceId) -> Option<Anchor> {
        let index = self.retired.partition_point(|(retired, _)| order(*retired) < order(trace_id));
        let mut alike = self.retired.iter().skip(index).take_while(|(retired, _)| order(*retired) == order(trace_id));
        alike.find(|(retired, _)| *retired == trace_id).map(|(_, anchor)| *anchor)
    }

    pub(super) fn replace(&mut self, anchor: Anchor) {
        let begun = self.traces.len().saturating_sub(self.begun);
        // None of these is among the retired: such a trace keeps its anchor, and does not begin again.
        let current = self.current;
        self.retired.extend(self.traces.iter().skip(begun).map(|trace_id| (*trace_id, current)));
        self.retired = sort(std::mem::take(&mut self.retired), |(left, _), (right, _)| order(*left) < order(*right));
        self.begun = 0;
        self.current = anchor;
    }

    pub(super) fn enroll(&mut self, trace_id: TraceId) -> Anchor {
        if trace_id == TraceId::INVALID {
            return self.current;
        }
        if let Some(known) = self.retired(trace_id) {
            return known;
        }
        // Spans with the same remote parent come one after the other.
        if self.begun == 0 || self.traces.back() != Some(&trace_id) {
            self.remember(trace_id);
        }
        self.current
    }

    /// Both clocks were read. Returns the pair before this one.
    pub(super) fn read(&mut self, date_now: f64, reading: f64) -> Option<(f64, f64)> {
        self.lead.learn(date_now, reading);
        self.last.replace((date_now, reading))
    }

    fn remember(&mut self, trace_id: TraceId) {
        if self.traces.len() == TRACES_REMEMBERED
            && let Some(oldest) = self.traces.pop_front()
        {
            self.retired.retain(|(retired, _)| *retired != oldest);
        }
        self.traces.push_back(trace_id);
        self.begun = (self.begun + 1).min(TRACES_REMEMBERED);
    }
}
