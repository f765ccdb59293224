//! What became of the spans: counts, and the last thing that went wrong.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why a span was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropReason {
    QueueFull,
    Rejected,
    Refused,
    ExportFailed,
    Shutdown,
}

/// How many spans were dropped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full when they ended.
    pub queue_full: u64,
    /// The receiver took the request but not them (`partialSuccess.rejectedSpans`).
    pub rejected: u64,
    /// The receiver answered with a status that forbids a retry, such as 400.
    pub refused: u64,
    /// Another exporter than this crate's returned an error.
    pub export_failed: u64,
    /// They could not be delivered before a shutdown was over, or ended after it.
    pub shutdown: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.rejected + self.refused + self.export_failed + self.shutdown
    }
}

/// What became of the spans of a pipeline so far.
///
/// `recorded == exported + dropped.total() + queued` at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostics {
    /// Sampled spans that ended.
    pub recorded: u64,
    /// Spans that the sampler left out.
    pub sampled_out: u64,
    /// Spans that a receiver took in.
    pub exported: u64,
    /// Spans that are lost.
    pub dropped: Dropped,
    /// Requests that were tried again.
    pub retried: u64,
    /// Spans that wait in the queue, are under way, or wait for a retry.
    pub queued: u64,
    /// The last thing that went wrong, with the receiver's URL; `None` again after the next success.
    pub last_error: Option<String>,
}

/// The counts of one pipeline, shared by its parts.
#[derive(Default)]
pub(crate) struct Counters {
    recorded: AtomicU64,
    sampled_out: AtomicU64,
    exported: AtomicU64,
    retried: AtomicU64,
    rare: Mutex<Rare>,
}

#[derive(Default)]
struct Rare {
    dropped: Dropped,
    last_error: Option<String>,
}

impl Counters {
    fn rare(&self) -> MutexGuard<'_, Rare> {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Spans that were taken in; whatever was wrong before is over.
    pub(crate) fn exported(&self, spans: usize) {
        self.exported.fetch_add(spans as u64, Ordering::Relaxed);
        self.rare().last_error = None;
    }

    pub(crate) fn dropped(&self, spans: usize, reason: DropReason) {
        let dropped = &mut self.rare().dropped;
        let count = match reason {
            DropReason::QueueFull => &mut dropped.queue_full,
            DropReason::Rejected => &mut dropped.rejected,
            DropReason::Refused => &mut dropped.refused,
            DropReason::ExportFailed => &mut dropped.export_failed,
            DropReason::Shutdown => &mut dropped.shutdown,
        };
        *count += spans as u64;
    }

    pub(crate) fn failed(&self, error: String) {
        self.rare().last_error = Some(error);
    }

    pub(crate) fn attempt_failed(&self, url: &str, error: &str) {
        self.failed(format!("{url}: {error}"));
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        self.rare().last_error.clone()
    }

    pub(crate) fn snapshot(&self) -> Diagnostics {
        let rare = self.rare();
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (recorded, exported) = (load(&self.recorded), load(&self.exported));
        Diagnostics {
            recorded,
            sampled_out: load(&self.sampled_out),
            exported,
            dropped: rare.dropped,
            retried: load(&self.retried),
            queued: recorded.saturating_sub(exported + rare.dropped.total()),
            last_error: rare.last_error.clone(),
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}
