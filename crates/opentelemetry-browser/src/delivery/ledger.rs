//! Where each record of a pipeline is. Records come in once, and from then on only move from one place to another; every count that
//! users see is read off the places.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a record was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropReason {
    QueueFull,
    Rejected,
    Refused,
    ExportFailed,
    Undeliverable,
    Shutdown,
    Storage,
    Withdrawn,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the queue.
    Queued,
    /// In a batch: on its way to a receiver, or waiting for another attempt.
    Batched,
    /// A receiver has it.
    Exported,
    /// The browser had it when the page was left, and did not say what became of it.
    InDoubt,
    /// In the origin's storage, and nowhere else.
    Spooled,
    /// Nowhere.
    Dropped(DropReason),
}

const PLACES: usize = 13;

impl Place {
    fn index(self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Batched => 1,
            Self::Exported => 2,
            Self::InDoubt => 3,
            Self::Spooled => 4,
            Self::Dropped(reason) => 5 + reason as usize,
        }
    }
}

/// How many records are in which place.
#[derive(Debug, Default)]
pub(crate) struct Ledger([AtomicU64; PLACES]);

impl Ledger {
    /// A record has come.
    pub(crate) fn admit(&self, to: Place) {
        self.add(to, 1);
    }

    /// Moves records. What is not in a place cannot be taken from it.
    pub(crate) fn shift(&self, records: u64, from: Place, to: Place) {
        debug_assert!(self.count(from) >= records, "{records} of {} records in {from:?} to {to:?}", self.count(from));
        let records = records.min(self.count(from));
        self.0[from.index()].fetch_sub(records, Ordering::Relaxed);
        self.add(to, records);
    }

    fn add(&self, to: Place, records: u64) {
        self.0[to.index()].fetch_add(records, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, place: Place) -> u64 {
        self.0[place.index()].load(Ordering::Relaxed)
    }

    /// All that ever came.
    pub(crate) fn recorded(&self) -> u64 {
        self.0.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// All that was dropped, for whatever reason.
    pub(crate) fn dropped(&self) -> u64 {
        self.0[Place::Dropped(DropReason::QueueFull).index()..].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// What this page still holds.
    pub(crate) fn held(&self) -> u64 {
        self.count(Place::Queued) + self.count(Place::Batched)
    }
}
