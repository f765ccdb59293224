//! The system's clocks, in the browser's units.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

static ORIGIN: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));

fn since_epoch_ms(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_nanos() as f64 / 1e6)
}

/// Time of the event loop, which the crate's own tests let pass.
pub(crate) use super::time::now as uptime;
use super::time::virtually;

pub(crate) fn time_origin() -> f64 {
    since_epoch_ms(ORIGIN.1)
}

pub(crate) fn performance_now() -> f64 {
    (ORIGIN.0.elapsed() + virtually()).as_nanos() as f64 / 1e6
}

pub(crate) fn date_now() -> f64 {
    since_epoch_ms(SystemTime::now() + virtually()).floor()
}
