//! What this process has done so far, counted where it happens: an atomic addition each. Shown by `/metrics`.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use crate::{kind::Kind, signal::Signal};

type Counters<const N: usize> = [AtomicU64; N];

static ACCEPTED: Counters<3> = [const { AtomicU64::new(0) }; 3];
static REJECTED: Counters<3> = [const { AtomicU64::new(0) }; 3];
static REFUSED: Counters<{ Kind::ALL.len() }> = [const { AtomicU64::new(0) }; Kind::ALL.len()];
static EVICTED_TRACES: AtomicU64 = AtomicU64::new(0);
static EVICTED_LOGS: AtomicU64 = AtomicU64::new(0);
/// In seconds, from half a millisecond to eight seconds.
static COMMITS: LazyLock<Histogram> = LazyLock::new(|| Histogram::new(exponential_buckets(0.0005, 2.0, 15)));

/// Records of a request that were kept, and those that were not.
pub fn taken(signal: Signal, accepted: usize, rejected: usize) {
    ACCEPTED[signal.index()].fetch_add(accepted as u64, Relaxed);
    REJECTED[signal.index()].fetch_add(rejected as u64, Relaxed);
}

/// A request that was not taken; or of which records were not.
pub fn refused(kind: Kind) {
    REFUSED[kind as usize].fetch_add(1, Relaxed);
}

/// A trace that went to make room, or was too old.
pub fn trace_evicted() {
    EVICTED_TRACES.fetch_add(1, Relaxed);
}

/// Log records that did.
pub fn logs_evicted(records: u64) {
    EVICTED_LOGS.fetch_add(records, Relaxed);
}

/// A commit to the disk.
pub fn committed(took: Duration) {
    COMMITS.observe(took.as_secs_f64());
}

/// What was counted of each signal: records accepted and rejected.
pub fn of_signals() -> impl Iterator<Item = (Signal, u64, u64)> {
    Signal::ALL.into_iter().map(|signal| {
        let count = |counters: &Counters<3>| counters[signal.index()].load(Relaxed);
        (signal, count(&ACCEPTED), count(&REJECTED))
    })
}

/// What was refused, by reason.
pub fn of_kinds() -> impl Iterator<Item = (Kind, u64)> {
    Kind::ALL.into_iter().map(|kind| (kind, REFUSED[kind as usize].load(Relaxed)))
}

/// How many traces and how many log records went.
pub fn of_evicted() -> [u64; 2] {
    [&EVICTED_TRACES, &EVICTED_LOGS].map(|count| count.load(Relaxed))
}

pub fn commits() -> &'static Histogram {
    &COMMITS
}
