//! A receiver that knows nothing of a signal: it takes spans, and answers 404, 405 or 501 where log records are posted, as a Jaeger does.
//! That is said once; from then on records are dropped here, and one request in a while finds out whether it has changed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{Driver, Sink};
use crate::diagnostics::LastError;
use crate::platform::clock::uptime;

/// How long a receiver is left alone that does not know the signal.
const PAUSE: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(super) struct Absence {
    /// In milliseconds of the page's life; 0 if the receiver takes the signal.
    until: AtomicU64,
    is_told: AtomicBool,
}

impl Driver {
    /// Whether the receiver has said that it does not take the signal, and is not asked again now.
    pub(crate) fn is_absent(&self) -> bool {
        if !cfg!(feature = "logs") {
            return false;
        }
        let until = self.absence.until.load(Ordering::Relaxed);
        until > 0 && uptime() < Duration::from_millis(until)
    }

    /// The receiver takes the signal.
    pub(super) fn is_present(&self) {
        self.absence.until.store(0, Ordering::Relaxed);
        self.absence.is_told.store(false, Ordering::Relaxed);
    }

    /// The receiver has refused a request.
    pub(super) fn refused(&self, error: LastError) {
        let is_optional = cfg!(feature = "logs") && matches!(&self.sink, Sink::Ours(pipe) if pipe.signal().is_optional);
        if !is_optional || !error.is_of_no_path() {
            self.counters.failed(error);
            return;
        }
        let until = (uptime() + PAUSE).as_millis();
        self.absence.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
        if !self.absence.is_told.swap(true, Ordering::Relaxed) {
            self.counters.failed(error.of_absence(self.words()));
        }
    }
}
