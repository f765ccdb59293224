//! The books of one pipeline.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::report::Reporter;
use super::{Cause, Diagnosis, Diagnostics, Dropped, LastError};

/// Why a span was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropReason {
    QueueFull,
    Rejected,
    Refused,
    ExportFailed,
    Shutdown,
    Storage,
}

/// What is known of a time in which no request got an answer.
#[derive(Default)]
enum Outage {
    #[default]
    None,
    /// Its cause is being looked for.
    Probing,
    Explained(Diagnosis),
}

/// The counts of one pipeline, shared by its parts.
#[derive(Default)]
pub(crate) struct Counters {
    recorded: AtomicU64,
    sampled_out: AtomicU64,
    exported: AtomicU64,
    retried: AtomicU64,
    spooled: AtomicU64,
    resent: AtomicU64,
    spool_lost: AtomicU64,
    rare: Mutex<Rare>,
    reporter: OnceLock<Reporter>,
}

#[derive(Default)]
struct Rare {
    dropped: Dropped,
    last_error: Option<LastError>,
    /// What else went wrong, while the last error is the one to be solved first.
    aside: Option<LastError>,
    outage: Outage,
    /// Whether a report is on its way already.
    is_reporting: bool,
}

impl Counters {
    fn rare(&self) -> MutexGuard<'_, Rare> {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is told. Only the first call counts.
    pub(crate) fn report_to(&self, reporter: Reporter) {
        let _ = self.reporter.set(reporter);
    }

    pub(crate) fn recorded(&self) {
        self.recorded.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sampled_out(&self) {
        self.sampled_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// Spans of this pipeline that were left to the spool.
    pub(crate) fn spooled(&self, spans: u64) {
        self.spooled.fetch_add(spans, Ordering::Relaxed);
    }

    /// The storage has refused what was left to the spool.
    pub(crate) fn spooled_in_vain(self: &Arc<Self>, spans: u64) {
        self.spooled.fetch_sub(spans, Ordering::Relaxed);
        self.dropped(spans as usize, DropReason::Storage);
    }

    /// Spans of an earlier page that were delivered out of the spool.
    pub(crate) fn resent(&self, spans: usize) {
        self.resent.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// Spans of an earlier page that were lost from the spool.
    pub(crate) fn spool_lost(&self, spans: usize) {
        self.spool_lost.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// Spans that were taken in; whatever was wrong before is over.
    pub(crate) fn exported(self: &Arc<Self>, spans: usize) {
        self.exported.fetch_add(spans as u64, Ordering::Relaxed);
        let mut rare = self.rare();
        if rare.last_error.take().is_some() {
            self.report_soon(&mut rare);
        }
    }

    pub(crate) fn dropped(self: &Arc<Self>, spans: usize, reason: DropReason) {
        let mut rare = self.rare();
        let dropped = &mut rare.dropped;
        let count = match reason {
            DropReason::QueueFull => &mut dropped.queue_full,
            DropReason::Rejected => &mut dropped.rejected,
            DropReason::Refused => &mut dropped.refused,
            DropReason::ExportFailed => &mut dropped.export_failed,
            DropReason::Shutdown => &mut dropped.shutdown,
            DropReason::Storage => &mut dropped.storage,
        };
        *count += spans as u64;
        // Another error may be why the queue is full: it stays.
        if reason == DropReason::QueueFull && rare.last_error.is_none() {
            rare.last_error = Some(LastError {
                advice: Some(super::advice::QUEUE_FULL.to_owned()),
                ..LastError::new("spans were dropped because the queue was full", Cause::QueueFull)
            });
        }
        self.report_soon(&mut rare);
    }

    /// Something went wrong.
    pub(crate) fn failed(self: &Arc<Self>, mut error: LastError) {
        let mut rare = self.rare();
        if let Outage::Explained(diagnosis) = &rare.outage {
            error.explain(diagnosis);
        }
        rare.last_error = Some(error);
        self.report_soon(&mut rare);
    }

    /// The origin's storage could not be used as it should be. Why spans are not delivered is more important.
    pub(crate) fn spool_failed(self: &Arc<Self>, message: impl Into<String>) {
        let error = LastError::new(message, Cause::Storage);
        let mut rare = self.rare();
        if rare.last_error.as_ref().is_none_or(|last| last.cause == Cause::Storage) {
            rare.last_error = Some(error);
        } else {
            rare.aside = Some(error);
        }
        self.report_soon(&mut rare);
    }

    /// A request got no answer: whether this is the first of an outage, whose cause is then to be looked for.
    pub(crate) fn outage_begins(&self) -> bool {
        let mut rare = self.rare();
        let begins = matches!(rare.outage, Outage::None);
        if begins {
            rare.outage = Outage::Probing;
        }
        begins
    }

    /// What the outage comes from.
    pub(crate) fn explained(self: &Arc<Self>, diagnosis: Diagnosis) {
        let mut rare = self.rare();
        if !matches!(rare.outage, Outage::Probing) {
            // It is over.
            return;
        }
        if let Some(error) = &mut rare.last_error {
            error.explain(&diagnosis);
        }
        rare.outage = Outage::Explained(diagnosis);
        self.report_soon(&mut rare);
    }

    /// A request got an answer, whatever it was.
    pub(crate) fn answered(&self) {
        self.rare().outage = Outage::None;
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        self.rare().last_error.as_ref().map(ToString::to_string)
    }

    pub(crate) fn snapshot(&self) -> Diagnostics {
        self.snapshot_of(&self.rare())
    }

    fn snapshot_of(&self, rare: &Rare) -> Diagnostics {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (recorded, exported, spooled) = (load(&self.recorded), load(&self.exported), load(&self.spooled));
        Diagnostics {
            recorded,
            sampled_out: load(&self.sampled_out),
            exported,
            dropped: rare.dropped,
            retried: load(&self.retried),
            queued: recorded.saturating_sub(exported + rare.dropped.total() + spooled),
            spooled,
            resent: load(&self.resent),
            spool_lost: load(&self.spool_lost),
            last_error: rare.last_error.clone(),
        }
    }

    /// Calls the reporter on the event loop, once for all that happens until then. This may run under the lock of a span, or of
    /// the queue: it calls nobody.
    fn report_soon(self: &Arc<Self>, rare: &mut Rare) {
        if std::mem::replace(&mut rare.is_reporting, true) {
            return;
        }
        let counters = self.clone();
        crate::platform::spawn(async move {
            let (diagnostics, aside, is_probing) = {
                let mut rare = counters.rare();
                rare.is_reporting = false;
                (counters.snapshot_of(&rare), rare.aside.take(), matches!(rare.outage, Outage::Probing))
            };
            let reporter = counters.reporter.get_or_init(Reporter::default);
            reporter.report(&diagnostics, is_probing);
            if let Some(error) = aside {
                reporter.warn(&error);
            }
        });
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "counters_tests.rs"]
mod tests;
