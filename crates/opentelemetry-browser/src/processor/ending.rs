//! Waiting for what has ended to be delivered, and the end of the processor.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;

use super::batch_exporter::Exporter;
use super::flush::{FlushReport, Range};
use super::pump::Shared;
use super::queue::Job;
use super::spooling::Left;
use crate::platform;
use crate::platform::sleep::within;

/// How long a shutdown waits for the storage to say what it has taken.
const STORAGE_PATIENCE: Duration = Duration::from_secs(5);

impl Shared {
    pub(super) async fn flush(self: &Arc<Self>) -> FlushReport {
        let mut ticket = {
            let mut state = self.state();
            let (target, unsettled) = (state.end(), state.unsettled());
            state.wanted = target;
            let ticket = state.waiters.wait(target, unsettled);
            self.start_pump(&mut state);
            ticket
        };
        match within(self.config.export_timeout, &mut ticket.report).await {
            Some(Ok(report)) => report,
            _ => self.state().waiters.expire(&mut ticket),
        }
    }

    /// Starts a shutdown; false if there was one already.
    pub(super) fn start_shutdown(self: &Arc<Self>) -> bool {
        let is_first = !self.state().is_closing;
        if is_first {
            drop(self.shutdown());
        }
        is_first
    }

    /// Takes in no more spans from now on. The rest of the shutdown goes on whether or not its result is awaited.
    pub(super) fn shutdown(self: &Arc<Self>) -> impl Future<Output = FlushReport> + use<> {
        self.state().is_closing = true;
        let (done, report) = oneshot::channel();
        let shared = self.clone();
        platform::spawn(async move {
            let _ = done.send(shared.finish().await);
        });
        async move { report.await.unwrap_or_default() }
    }

    async fn finish(self: &Arc<Self>) -> FlushReport {
        let mut report = self.flush().await;
        let Some(unreported) = self.close() else { return report };
        report.add(unreported);
        let left = self.abandon();
        within(STORAGE_PATIENCE, self.clone().confirm(left)).await;
        let lost = self.state().waiters.take_unreported();
        report.retrying = report.retrying.saturating_sub(lost.spooled + lost.dropped);
        report.add(lost);
        self.exporter.shutdown();
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = None;
        report
    }

    /// Gives up what is still under way; `None` if that was done already.
    fn close(&self) -> Option<FlushReport> {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_closed, true) {
            return None;
        }
        let unreported = state.waiters.take_unreported();
        state.timer = None;
        state.draining = None;
        // Dropping the rest of these ends the attempts.
        if let Some(current) = state.current.take() {
            state.park(Job { range: current.range, payload: current.payload });
        }
        if let Some(job) = state.compressing.take() {
            state.park(job);
        }
        if let Some((range, _cancel)) = state.foreign.take() {
            self.lose_at_shutdown(&mut state, range);
        }
        Some(unreported)
    }

    /// Moves what this page will not send any more to the spool, or else drops it. Whoever calls this has it
    /// [confirmed](Self::confirm).
    pub(super) fn abandon(self: &Arc<Self>) -> Vec<Left> {
        let left = match &self.exporter {
            Exporter::Ours(exporter) => self.spool_rest(exporter),
            Exporter::Foreign(_) => Vec::new(),
        };
        let mut state = self.state();
        while let Some(job) = state.unpark() {
            self.lose_at_shutdown(&mut state, job.range);
        }
        let (from, spans) = state.take(usize::MAX);
        if !spans.is_empty() {
            self.lose_at_shutdown(&mut state, Range { from, to: from + spans.len() as u64 });
        }
        self.unprotect(&mut state);
        left
    }
}
