//! How much is kept, how much there is, and what became of what came.

use std::{ops::AddAssign, time::Duration};

/// How much is kept. When there is more, the trace that arrived first goes, whole, and the log record that did.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What the index in memory is bounded by.
    pub spans: usize,
    /// How many log records.
    pub logs: usize,
    /// What the blocks with their live spans may take, and those of log records: see [`Limits::shares`].
    pub bytes: usize,
    /// Since a trace or a log record arrived.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { spans: 1_000_000, logs: 1_000_000, bytes: 1 << 30, age: Duration::from_secs(7 * 24 * 60 * 60) }
    }
}

impl Limits {
    /// Of traces and of log records, where these are all that the files may take. Each has a part for itself: a flood of the one does not
    /// wash the other away, and files that have grown do not shrink. Of a file half is what is kept: the database keeps a block in pages
    /// of a power of two, and what has gone stays until the commit after the next one.
    pub fn shares(self) -> [Self; 2] {
        let half = self.bytes / 2;
        let of_logs = half / 4;
        [half - of_logs, of_logs].map(|bytes| Self { bytes, ..self })
    }
}

/// What became of the spans of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inserted {
    pub stored: usize,
    /// Already there: the same spans in every respect.
    pub duplicates: usize,
    /// Not kept, because their trace alone has reached the limits.
    pub refused: usize,
}

impl AddAssign for Inserted {
    fn add_assign(&mut self, more: Self) {
        self.stored += more.stored;
        self.duplicates += more.duplicates;
        self.refused += more.refused;
    }
}

/// What is there in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub traces: usize,
    pub spans: usize,
    pub bytes: usize,
}
