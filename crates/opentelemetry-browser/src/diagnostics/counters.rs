//! The counts of one pipeline, and what went wrong in it last.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::report::Reporter;
use super::{Cause, Diagnosis, Diagnostics, Dropped, LastError};
use crate::delivery::ledger::{DropReason, Ledger, Place};
use crate::platform::{self, timer::Timer};

/// The least time from a report to the next one of nothing but a loss. What a callback records may be lost in its turn, and reported:
/// without a pause the event loop would never get on.
const PAUSE: Duration = Duration::from_secs(1);

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
    /// Where each record is.
    pub(crate) ledger: Arc<Ledger>,
    open: AtomicU64,
    sampled_out: AtomicU64,
    retried: AtomicU64,
    resent: AtomicU64,
    spool_lost: AtomicU64,
    spool_in_doubt: AtomicU64,
    /// Requests that were answered, and among them those that were taken in; and those that got no answer.
    answers: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
    rare: Mutex<Rare>,
    reporter: OnceLock<Reporter>,
    /// The log records of the same pipeline.
    logs: OnceLock<Arc<Counters>>,
    /// Whether these are of what earlier pages have left behind, and of nothing else.
    is_inherited: AtomicBool,
    /// The spans of the same pipeline, if these are its log records: what is reported is reported there.
    spans: OnceLock<Weak<Counters>>,
}

#[derive(Default)]
struct Rare {
    last_error: Option<LastError>,
    /// What else went wrong, while the last error is the one to be solved first.
    aside: Option<LastError>,
    outage: Outage,
    /// Whether a report is on its way already.
    is_reporting: bool,
    /// When the last one was made, by the time since the start, and what waits for the pause after it to be over.
    reported_at: Option<Duration>,
    waiting: Option<Timer>,
    is_closed: bool,
}

impl Counters {
    fn rare(&self) -> MutexGuard<'_, Rare> {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is told. Only the first call counts.
    pub(crate) fn report_to(&self, reporter: Reporter) {
        let _ = self.reporter.set(reporter);
    }

    /// A span has begun that is recorded.
    pub(crate) fn opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them has ended.
    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Makes these the counts of spans, and others those of the log records of the same pipeline.
    pub(crate) fn join_logs(self: &Arc<Self>, logs: &Arc<Self>) {
        let _ = self.logs.set(logs.clone());
        let _ = logs.spans.set(Arc::downgrade(self));
    }

    /// Makes others the counts of log records that earlier pages have left behind. They are shown if there are some.
    #[cfg(feature = "logs")]
    pub(crate) fn inherit_logs(self: &Arc<Self>, logs: &Arc<Self>) {
        logs.is_inherited.store(true, Ordering::Relaxed);
        self.join_logs(logs);
    }

    /// Whether there is nothing to tell: no records are counted here, and none were found that an earlier page had.
    fn is_empty(&self) -> bool {
        let found = [&self.resent, &self.spool_lost, &self.spool_in_doubt];
        self.is_inherited.load(Ordering::Relaxed) && found.iter().all(|count| count.load(Ordering::Relaxed) == 0)
    }

    pub(crate) fn sampled_out(&self) {
        self.sampled_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// Spans of an earlier page that were delivered out of the spool.
    pub(crate) fn resent(&self, spans: u64) {
        self.resent.fetch_add(spans, Ordering::Relaxed);
    }

    /// Spans of an earlier page that were lost from the spool.
    pub(crate) fn spool_lost(&self, spans: u64) {
        self.spool_lost.fetch_add(spans, Ordering::Relaxed);
    }

    /// Spans of an earlier page of which nobody knows whether they have arrived.
    pub(crate) fn spool_in_doubt(&self, spans: u64) {
        self.spool_in_doubt.fetch_add(spans, Ordering::Relaxed);
    }

    /// A span ended, or would have begun, after the shutdown.
    pub(crate) fn came_too_late(self: &Arc<Self>) {
        self.ledger.admit(Place::Dropped(DropReason::Shutdown));
        self.lost();
    }

    /// A request was taken in.
    pub(crate) fn taken_in(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
    }

    /// A request of this page was taken in; whatever was wrong before is over.
    pub(crate) fn delivered(self: &Arc<Self>) {
        self.taken_in();
        let mut rare = self.rare();
        if rare.last_error.take().is_some() {
            self.report_soon(&mut rare);
        }
    }

    /// Spans were dropped.
    pub(crate) fn lost(self: &Arc<Self>) {
        self.report_loss(&mut self.rare());
    }

    /// A record was dropped since the queue was full.
    pub(crate) fn queue_was_full(self: &Arc<Self>, words: &str) {
        let mut rare = self.rare();
        // Another error may be why the queue is full: it stays.
        if rare.last_error.is_none() {
            rare.last_error = Some(LastError {
                advice: super::advice::for_full_queue().map(str::to_owned),
                ..LastError::new(format!("{words} were dropped because the queue was full"), Cause::QueueFull)
            });
        }
        self.report_loss(&mut rare);
    }

    /// How many requests were taken in.
    pub(crate) fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    /// How many requests got an answer, of any status, and how many got none.
    pub(crate) fn answers_and_failures(&self) -> (u64, u64) {
        (self.answers.load(Ordering::Relaxed), self.failures.load(Ordering::Relaxed))
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
        self.failures.fetch_add(1, Ordering::Relaxed);
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
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.rare().outage = Outage::None;
    }

    pub(crate) fn last_error(&self) -> Option<LastError> {
        self.rare().last_error.clone()
    }

    pub(crate) fn snapshot(&self) -> Diagnostics {
        self.snapshot_of(&self.rare())
    }

    fn snapshot_of(&self, rare: &Rare) -> Diagnostics {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let dropped = |reason| self.ledger.count(Place::Dropped(reason));
        Diagnostics {
            open: load(&self.open),
            recorded: self.ledger.recorded(),
            sampled_out: load(&self.sampled_out),
            exported: self.ledger.count(Place::Exported),
            dropped: Dropped {
                queue_full: dropped(DropReason::QueueFull),
                rejected: dropped(DropReason::Rejected),
                refused: dropped(DropReason::Refused),
                export_failed: dropped(DropReason::ExportFailed),
                undeliverable: dropped(DropReason::Undeliverable),
                shutdown: dropped(DropReason::Shutdown),
                storage: dropped(DropReason::Storage),
                withdrawn: dropped(DropReason::Withdrawn),
            },
            in_doubt: self.ledger.count(Place::InDoubt),
            retried: load(&self.retried),
            queued: self.ledger.held(),
            spooled: self.ledger.count(Place::Spooled),
            resent: load(&self.resent),
            spool_lost: load(&self.spool_lost),
            spool_in_doubt: load(&self.spool_in_doubt),
            last_error: rare.last_error.clone(),
            logs: self
                .logs
                .get()
                .filter(|logs| cfg!(feature = "logs") && !logs.is_empty())
                .map(|logs| Box::new(logs.snapshot())),
        }
    }

    /// The pipeline has ended: from now on it has no timer. What is lost after that is told as before, but for the pause's rest.
    pub(crate) fn close(self: &Arc<Self>) {
        let mut rare = self.rare();
        rare.is_closed = true;
        if rare.waiting.take().is_some() {
            self.report_soon(&mut rare);
        }
    }

    /// Calls the reporter as `report_soon` does, but no sooner than the pause after the last report is over.
    fn report_loss(self: &Arc<Self>, rare: &mut Rare) {
        // A full queue asks with each record: most of them need no look at the clock.
        if rare.is_reporting || rare.waiting.is_some() {
            return;
        }
        let uptime = platform::clock::uptime();
        let pause = rare.reported_at.map_or(Duration::ZERO, |last| (last + PAUSE).saturating_sub(uptime));
        if pause.is_zero() {
            self.report_soon(rare);
        } else if !rare.is_closed {
            let weak = Arc::downgrade(self);
            rare.waiting = Some(Timer::after(pause, move || {
                let Some(counters) = weak.upgrade() else { return };
                let mut rare = counters.rare();
                if rare.waiting.take().is_some() {
                    counters.report_soon(&mut rare);
                }
            }));
        }
    }

    /// Calls the reporter on the event loop, once for all that happens until then. This may run under the lock of a span, or of
    /// the queue: it calls nobody.
    fn report_soon(self: &Arc<Self>, rare: &mut Rare) {
        if std::mem::replace(&mut rare.is_reporting, true) {
            return;
        }
        let counters = self.clone();
        platform::spawn(async move {
            let (diagnostics, aside, is_probing) = {
                let mut rare = counters.rare();
                (rare.is_reporting, rare.waiting) = (false, None);
                rare.reported_at = Some(platform::clock::uptime());
                (counters.snapshot_of(&rare), rare.aside.take(), matches!(rare.outage, Outage::Probing))
            };
            let error = diagnostics.last_error.clone().filter(|_| !is_probing);
            let spans = counters.spans.get().filter(|_| cfg!(feature = "logs")).and_then(Weak::upgrade);
            let (counters, diagnostics) = match spans {
                Some(spans) => (spans.clone(), spans.snapshot()),
                None => (counters, diagnostics),
            };
            let reporter = counters.reporter.get_or_init(Reporter::default);
            reporter.report(&diagnostics, error.as_ref());
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
