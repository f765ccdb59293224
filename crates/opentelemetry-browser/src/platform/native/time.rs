//! The event loop's time: the system's; in the crate's own tests it passes only as they say, so that a test of delays takes none.

use std::time::Duration;

/// How much time has passed.
#[cfg(not(test))]
pub(crate) fn now() -> Duration {
    static ORIGIN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    ORIGIN.elapsed()
}

/// How much of it only a test has let pass: the system's clocks know nothing of that.
#[cfg(not(test))]
pub(super) fn virtually() -> Duration {
    Duration::ZERO
}

/// How much of it only a test has let pass: the system's clocks know nothing of that.
#[cfg(test)]
pub(super) fn virtually() -> Duration {
    NOW.get()
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
