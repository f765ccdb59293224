//! When a request is sent again: after an exponentially growing pause with jitter, or when the other side says.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime},
};

/// How patient a forwarder is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The first pause, at most.
    pub first: Duration,
    /// The longest pause that is chosen here.
    pub longest: Duration,
    /// After how long a request is given up, also over restarts.
    pub in_all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // As an OpenTelemetry Collector has it, but for a quicker start, and for how long: what waits is on the disk.
        let day = Duration::from_secs(24 * 60 * 60);
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(30), in_all: day }
    }
}

impl Patience {
    /// The pause after so many attempts: from half of it to all of it, so that senders that failed together part.
    pub fn pause(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempts.saturating_sub(1)).and_then(|factor| self.first.checked_mul(factor));
        let whole = doubled.unwrap_or(self.longest).min(self.longest);
        // The keys of a fresh hasher are random, which spares a dependency.
        let random = RandomState::new().hash_one(0) >> 32;
        whole.mul_f64(0.5 + 0.5 * random as f64 / 2_f64.powi(32))
    }
}

/// What a `Retry-After` asks for: seconds, or a date of HTTP.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u32::MAX.into())));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let second = Duration::from_secs(1);
        let patience = Patience { first: second, longest: 8 * second, in_all: second };
        for (attempts, whole) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (40, 8), (u32::MAX, 8)] {
            let whole = whole * second;
            for _ in 0..50 {
                let pause = patience.pause(attempts);
                assert!(whole / 2 <= pause && pause <= whole, "{attempts}: {pause:?}");
            }
        }
        let different: std::collections::HashSet<Duration> = (0..20).map(|_| patience.pause(4)).collect();
        assert!(different.len() > 1);
        let none = Patience { first: Duration::ZERO, longest: Duration::ZERO, in_all: second };
        assert_eq!(none.pause(3), Duration::ZERO);
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_700);
        let cases = [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999999999999999999999", Some(u32::MAX.into())),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(77)),
            ("Sun, 06 Nov 1994 08:28:37 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
