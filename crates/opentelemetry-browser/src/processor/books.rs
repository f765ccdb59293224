//! The books: what became of each request, and of its spans.

use std::sync::Arc;
use std::time::Duration;

use super::flush::{FlushReport, Range};
use super::pump::{Next, Shared};
use super::queue::{Job, State};
use crate::diagnostics::{Cause, DropReason, LastError};
use crate::exporter::response::Outcome;
use crate::platform;

/// A receiver that asks for more than this is asked again after this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

impl Shared {
    /// Books what became of a request.
    pub(super) fn conclude(self: &Arc<Self>, job: Job, outcome: Outcome) -> Next {
        let spans = job.payload.spans;
        let mut state = self.state();
        match outcome {
            Outcome::Delivered { rejected, message } => {
                if std::mem::take(&mut state.outages) > 0 {
                    self.drain_spool(&mut state);
                }
                self.counters().exported(spans - rejected);
                if rejected > 0 {
                    self.counters().dropped(rejected, DropReason::Rejected);
                }
                if rejected > 0 || message.is_some() {
                    let message = message.as_deref().unwrap_or("no reason given");
                    let message = match rejected {
                        0 => format!("the receiver took in all of {spans} spans, with a warning: {message}"),
                        _ => format!("the receiver rejected {rejected} of {spans} spans: {message}"),
                    };
                    self.counters().failed(LastError::new(message, Cause::PartialSuccess));
                }
                let report = FlushReport {
                    delivered: (spans - rejected) as u64,
                    dropped: rejected as u64,
                    ..FlushReport::default()
                };
                self.settle(&mut state, job.range, report);
                Next::Batch
            }
            Outcome::Refused { error } => {
                state.outages = 0;
                self.lose(&mut state, job.range, DropReason::Refused, error);
                Next::Batch
            }
            Outcome::Unavailable { error, retry_after } => {
                self.counters().failed(error);
                state.outages = state.outages.saturating_add(1);
                state.park(job);
                state.waiters.give_up();
                self.protect_soon(&mut state);
                if state.is_closed {
                    drop(state);
                    platform::spawn(self.clone().confirm(self.abandon()));
                } else if let (Some(asked), Some(usual)) = (retry_after, self.outage_pause(&state)) {
                    // Who asks for no pause at all, again and again, gets the usual one.
                    self.schedule(&mut state, asked.min(LONGEST_RETRY_AFTER).max(usual));
                }
                Next::Pause
            }
        }
    }

    /// Books a request that was handed to the browser: it continues in the background, besides the pump.
    pub(super) fn conclude_handover(self: &Arc<Self>, job: Job, outcome: Outcome) {
        let next = self.conclude(job, outcome);
        let mut state = self.state();
        if next == Next::Batch && self.has_batch(&state) {
            self.start_pump(&mut state);
        }
        self.rest(&mut state);
    }

    pub(super) fn settle(&self, state: &mut State, range: Range, report: FlushReport) {
        state.in_flight -= range.len();
        state.waiters.settle(range, report);
        self.after_sending(state, range);
    }

    pub(super) fn book_delivered(&self, state: &mut State, range: Range, spans: usize) {
        self.counters().exported(spans);
        self.settle(state, range, FlushReport { delivered: spans as u64, ..FlushReport::default() });
    }

    pub(super) fn lose(&self, state: &mut State, range: Range, reason: DropReason, error: LastError) {
        self.counters().dropped(range.len() as usize, reason);
        self.counters().failed(error);
        self.settle(state, range, FlushReport { dropped: range.len(), ..FlushReport::default() });
    }

    /// Why it could not be delivered is known from the last attempt.
    pub(super) fn lose_at_shutdown(&self, state: &mut State, range: Range) {
        self.counters().dropped(range.len() as usize, DropReason::Shutdown);
        self.settle(state, range, FlushReport { dropped: range.len(), ..FlushReport::default() });
    }
}
