//! Times and spans of time as delivery counts them: whole microseconds in one number, since WebAssembly takes several times the code for
//! the two numbers of a [`Duration`].

use std::fmt;
use std::ops::{Add, Div, Mul, Sub};
use std::time::Duration;

/// Microseconds: a span of time, or a time since some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Micros(u64);

/// Some 285 years. Sums of what users configure and of times stay within 64 bits below it.
const MOST: u64 = 9_000_000_000_000_000;

impl Micros {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000)
    }

    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    pub(crate) const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times as long, at most 285 years.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self(((self.0 as f64 * factor) as u64).min(MOST))
    }
}

impl From<Duration> for Micros {
    fn from(duration: Duration) -> Self {
        // Not as_micros(), whose 128 bits WebAssembly does not have.
        let whole = duration.as_secs().min(MOST / 1_000_000) * 1_000_000;
        Self(whole + u64::from(duration.subsec_micros()))
    }
}

impl From<Micros> for Duration {
    fn from(micros: Micros) -> Self {
        Self::from_micros(micros.0)
    }
}

/// As users read it: in seconds, or in milliseconds if there is a part of a second.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1_000;
        if millis.is_multiple_of(1_000) { write!(f, "{}s", millis / 1_000) } else { write!(f, "{millis}ms") }
    }
}

impl Add for Micros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Mul<u32> for Micros {
    type Output = Self;

    fn mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(times.into()))
    }
}

impl Div<u32> for Micros {
    type Output = Self;

    fn div(self, parts: u32) -> Self {
        Self(self.0 / u64::from(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_up_to_the_limit() {
        for duration in [Duration::ZERO, Duration::from_micros(1), Duration::new(5, 999_999_000)] {
            assert_eq!(Duration::from(Micros::from(duration)), duration);
        }
        let longest = Micros::from(Duration::MAX);
        assert!(longest + longest > longest, "{longest:?}");
        assert_eq!(longest.scaled(1e9), Micros(MOST));
    }
}
