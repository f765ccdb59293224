//! The event loop's time: the system's; in the crate's own tests it passes only as they say, so that a test of delays takes none.

use std::time::Duration;

/// How much time has passed.
#[cfg(not(test))]
pub(crate) fn now() -> Duration {
    static ORIGIN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    ORIGIN.elapsed()
}

#[cfg(test)]
thread_local! {
    static NOW: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
}

/// How much time has passed.
#[cfg(test)]
pub(crate) fn now() -> Duration {
    NOW.get()
}

/// Lets time pass up to there.
#[cfg(test)]
pub(crate) fn pass_to(time: Duration) {
    NOW.set(time);
}
