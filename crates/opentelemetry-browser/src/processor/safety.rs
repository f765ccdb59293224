//! Against crashes: what has not been sent is kept where the end of the page does not reach it.
//!
//! Where the engine has `fetchLater`, what waits is left to the browser as a request that it sends when the page is gone, also by
//! a crash. Where it has not, where that request would be too large, and while the receiver cannot be reached (a request to it
//! would be lost), copies are written to the spool. Both are renewed at most once a second, and taken back before the spans are
//! sent in the ordinary way.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::batch_exporter::Exporter;
use super::flush::Range;
use super::pump::Shared;
use super::queue::{Job, State};
use crate::SpanExporter;
use crate::exporter::json::BatchEncoder;
use crate::exporter::spool::{Record, Spool};
use crate::exporter::{Payload, unload};
use crate::platform::fetch_later::{self, Deferred};
use crate::platform::timer::Timer;
use crate::sort::insertion_sort;

/// How much a crash may cost.
const TICK: Duration = Duration::from_secs(1);

/// How long the body of a record may be: the page that sends it may be left while it is under way.
pub(super) const MAX_RECORD: usize = unload::MAX_BYTES;

/// Copies of unsent spans, outside of the page.
#[derive(Default)]
pub(super) struct Safety {
    tick: Option<Timer>,
    pub(super) armed: Option<(Range, Deferred)>,
    pub(super) copies: Vec<Copy>,
    /// Requests that were left to the browser when the page was left. Their spans are under way.
    pub(super) left: Vec<(Job, Deferred)>,
}

pub(super) struct Copy {
    pub(super) range: Range,
    pub(super) record: Record,
}

impl State {
    /// Encoded requests that are known to have failed at least once.
    fn failing(&self) -> impl Iterator<Item = (Range, &Payload)> {
        let current = self.current.as_ref().filter(|current| current.progress.has_failed());
        let current = current.map(|current| (current.range, &current.payload));
        current.into_iter().chain(self.parked.iter().map(|job| (job.range, &job.payload)))
    }

    /// The parts of the queue that have no copy.
    fn uncovered(&self) -> impl Iterator<Item = Range> {
        let mut copies: Vec<Range> = self.safety.copies.iter().map(|copy| copy.range).collect();
        insertion_sort(&mut copies, |left, right| left.from < right.from);
        copies.push(Range { from: self.end(), to: self.end() });
        let mut at = self.front;
        copies.into_iter().filter_map(move |copy| {
            let run = Range { from: at, to: copy.from.max(at) };
            at = at.max(copy.to);
            (run.from < run.to).then_some(run)
        })
    }
}

impl Range {
    fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl Shared {
    /// Makes copies within a second, if there is somewhere to put them.
    pub(super) fn protect_soon(self: &Arc<Self>, state: &mut State) {
        if self.spool.is_none() || state.safety.tick.is_some() {
            return;
        }
        let weak = Arc::downgrade(self);
        state.safety.tick = Some(Timer::after(TICK, move || {
            if let Some(shared) = weak.upgrade() {
                shared.state().safety.tick = None;
                shared.protect();
            }
        }));
    }

    /// Makes copies now.
    pub(super) fn protect(self: &Arc<Self>) {
        let (Exporter::Ours(exporter), Some(spool)) = (&self.exporter, &self.spool) else { return };
        self.reap();
        let mut state = self.state();
        if state.queue.is_empty() && state.failing().next().is_none() {
            // What is under way is in doubt until it is answered.
            if !spool.resends_in_doubt() || state.unsettled() == 0 {
                self.unprotect(&mut state);
            }
            // What is under way may fail, and then its spans are here only.
            if state.unsettled() > 0 {
                self.protect_soon(&mut state);
            }
            return;
        }
        let is_reachable = state.failing().next().is_none();
        drop(state);
        if !(is_reachable && fetch_later::is_supported() && self.arm(exporter)) {
            self.copy(exporter, spool);
        }
        let mut state = self.state();
        self.protect_soon(&mut state);
    }

    /// Leaves all that waits to the browser; false if it is too much.
    fn arm(&self, exporter: &SpanExporter) -> bool {
        let (range, mut spans, redacted) = {
            let mut state = self.state();
            let range = Range { from: state.front, to: state.end() };
            if state.safety.armed.as_ref().is_some_and(|(armed, _)| *armed == range) {
                return true;
            }
            // Its room is needed for the new one.
            state.safety.armed = None;
            // No span takes less than this, so most of what is too much is known before it is copied.
            if state.queue.len() > unload::MAX_BYTES / 150 {
                return false;
            }
            (range, state.queue.iter().cloned().collect::<Vec<_>>(), state.redacted_of(range))
        };
        exporter.redact(spans.iter_mut().skip(redacted).map(Arc::make_mut));
        let Some((payload, encoded)) = encode(exporter, &spans, unload::MAX_BYTES) else { return false };
        if encoded < spans.len() || payload.body.len() > unload::MAX_BYTES {
            return false;
        }
        let deferred = exporter.defer(&payload);
        let is_armed = deferred.is_some();
        let mut state = self.state();
        state.safety.armed = deferred.map(|deferred| (range, deferred));
        if is_armed {
            self.remove_copies(&mut state, |_| true);
        }
        is_armed
    }

    /// Writes what has no copy yet to the spool.
    fn copy(&self, exporter: &SpanExporter, spool: &Arc<Spool>) {
        let mut state = self.state();
        state.safety.armed = None;
        spool.claim();
        let covered = |range: Range| state.safety.copies.iter().any(|copy| copy.range.overlaps(range));
        let encoded: Vec<(Range, Payload)> = state
            .failing()
            .filter(|(range, _)| !covered(*range))
            .map(|(range, payload)| (range, payload.clone()))
            .collect();
        let runs: Vec<(Range, usize, Vec<Arc<SpanData>>)> = state
            .uncovered()
            .map(|run| {
                let skip = (run.from - state.front) as usize;
                let spans = state.queue.iter().skip(skip).take(run.len() as usize).cloned().collect();
                (run, state.redacted_of(run), spans)
            })
            .collect();
        drop(state);

        let mut fresh: Vec<Copy> =
            encoded.iter().filter_map(|(range, payload)| store(spool, *range, payload)).collect();
        for (Range { mut from, .. }, redacted, mut spans) in runs {
            exporter.redact(spans.iter_mut().skip(redacted).map(Arc::make_mut));
            while !spans.is_empty() {
                let Some((payload, count)) = encode(exporter, &spans, MAX_RECORD) else { break };
                let range = Range { from, to: from + count as u64 };
                let Some(copy) = store(spool, range, &payload) else { break };
                fresh.push(copy);
                from = range.to;
                spans.drain(..count);
            }
        }
        self.state().safety.copies.append(&mut fresh);
    }

    /// Takes copies back before these spans are sent.
    pub(super) fn before_sending(&self, range: Range) {
        let Some(spool) = &self.spool else { return };
        let mut state = self.state();
        if state.safety.armed.as_ref().is_some_and(|(armed, _)| armed.overlaps(range)) {
            state.safety.armed = None;
        }
        if !spool.resends_in_doubt() {
            self.remove_copies(&mut state, |copy| copy.range.overlaps(range));
        }
    }

    /// Lets go of copies of spans that have found their end.
    pub(super) fn after_sending(&self, state: &mut State, range: Range) {
        self.remove_copies(state, |copy| copy.range.overlaps(range) && copy.range.to <= range.to);
        if state.unsettled() == 0 {
            self.unprotect(state);
        }
    }

    pub(super) fn unprotect(&self, state: &mut State) {
        state.safety.armed = None;
        state.safety.tick = None;
        self.remove_copies(state, |_| true);
    }

    fn remove_copies(&self, state: &mut State, is_obsolete: impl Fn(&Copy) -> bool) {
        let Some(spool) = &self.spool else { return };
        if state.safety.copies.is_empty() {
            return;
        }
        state.safety.copies.retain(|copy| {
            let is_obsolete = is_obsolete(copy);
            if is_obsolete {
                spool.discard(&copy.record);
            }
            !is_obsolete
        });
        if state.safety.copies.is_empty() {
            spool.disclaim();
        }
    }

    /// Books what the browser has sent although this page lives: it was in the back/forward cache.
    pub(super) fn reap(&self) {
        let mut state = self.state();
        if let Some((range, _)) = state.safety.armed.take_if(|(_, deferred)| deferred.is_activated()) {
            let sent = range.to.saturating_sub(state.front) as usize;
            let (from, spans) = state.take(sent);
            self.book_delivered(&mut state, Range { from, to: from + spans.len() as u64 }, spans.len());
        }
    }

    /// Books what was left to the browser by a page that then came back from the back/forward cache.
    pub(super) fn reap_left(&self) {
        let mut state = self.state();
        for (job, deferred) in std::mem::take(&mut state.safety.left) {
            if deferred.is_activated() {
                self.book_delivered(&mut state, job.range, job.payload.spans);
            } else {
                // Dropping it takes it back: this page sends it itself after all.
                state.park(job);
            }
        }
    }
}

fn store(spool: &Spool, range: Range, payload: &Payload) -> Option<Copy> {
    spool.put(payload).map(|record| Copy { range, record })
}

/// Encodes as many spans as fit, and the first in any case.
fn encode(exporter: &SpanExporter, spans: &[Arc<SpanData>], limit: usize) -> Option<(Payload, usize)> {
    let frame = exporter.frame();
    let mut encoder = BatchEncoder::new(&frame, spans.len(), limit);
    let mut count = spans.iter().take_while(|span| encoder.push(span, limit)).count();
    if count == 0 && encoder.push(spans.first()?, usize::MAX) {
        count = 1;
    }
    Some((Payload { spans: encoder.spans(), body: Arc::new(encoder.finish()) }, count))
}
