//! Leaving to the spool what this page will not send any more.

use std::sync::Arc;

use super::encode::Room;
use super::flush::{FlushReport, Range};
use super::pump::Shared;
use super::queue::{Current, Job};
use super::safety::{Copy, MAX_RECORD};
use crate::SpanExporter;
use crate::exporter::spool::Record;
use crate::exporter::unload::Progress;

/// Spans that were left to the spool, in a record that may still be refused.
pub(super) type Left = (Record, Range);

impl Shared {
    /// Moves all that waits to the spool: this page will not send it any more. Whoever calls this has it [confirmed](Self::confirm).
    ///
    /// What has a copy there is left as it is: a page that is being left gets the fewest writes done.
    pub(super) fn spool_rest(self: &Arc<Self>, exporter: &SpanExporter) -> Vec<Left> {
        let mut left = Vec::new();
        let Some(spool) = &self.spool else { return left };
        let (mut copies, failing) = {
            let mut state = self.state();
            // One that has not failed is in doubt, also if it is a plain request, which the browser may end with the page: it may
            // have arrived all the same, and would then be doubled. What is known not to have arrived is all here.
            let is_in_doubt = |progress: &Progress| spool.resends_in_doubt() && !progress.outlives_page();
            // Dropping the rest of the current request ends its attempts.
            let current =
                state.current.take_if(|Current { progress, .. }| progress.has_failed() || is_in_doubt(progress));
            let mut failing: Vec<Job> =
                current.into_iter().map(|current| Job { range: current.range, payload: current.payload }).collect();
            while let Some(job) = state.unpark() {
                failing.push(job);
            }
            (std::mem::take(&mut state.safety.copies), failing)
        };
        copies.retain_mut(|copy| {
            let was_refused = copy.record.was_refused();
            if was_refused {
                spool.discard(&copy.record);
            }
            !was_refused
        });
        for job in failing {
            let copy = copies.iter().position(|copy| copy.range == job.range);
            match copy.map(|index| copies.swap_remove(index).record).or_else(|| spool.put(&job.payload)) {
                Some(record) => left.push(self.book_spooled(job.range, record)),
                None => self.state().park(job),
            }
        }
        loop {
            let front = self.state().front;
            if let Some(index) = copies.iter().position(|copy| copy.range.from == front && copy.range.len() > 0) {
                let Copy { range, record } = copies.swap_remove(index);
                let (from, spans) = self.state().take(range.len() as usize);
                if spans.is_empty() {
                    break;
                }
                left.push(self.book_spooled(Range { from, to: from + spans.len() as u64 }, record));
                continue;
            }
            let next = copies.iter().map(|copy| copy.range.from).filter(|from| *from > front).min();
            let most = next.map_or(usize::MAX, |next| (next - front) as usize);
            let Some(job) = self.encode(exporter, most, Room::plain(MAX_RECORD)) else { break };
            let Some(record) = spool.put(&job.payload) else {
                self.state().park(job);
                break;
            };
            left.push(self.book_spooled(job.range, record));
        }
        spool.disclaim();
        left
    }

    fn book_spooled(&self, range: Range, record: Record) -> Left {
        self.counters().spooled(range.len());
        let mut state = self.state();
        self.settle(&mut state, range, FlushReport { spooled: range.len(), ..FlushReport::default() });
        (record, range)
    }

    /// Waits for the storage's answers: what it refuses was not spooled after all, and nobody else has it any more.
    pub(super) async fn confirm(self: Arc<Self>, left: Vec<Left>) {
        for (record, range) in left {
            if !record.was_written().await {
                self.counters().spooled_in_vain(range.len());
                self.state().waiters.spooled_in_vain(range.len());
            }
        }
    }
}
