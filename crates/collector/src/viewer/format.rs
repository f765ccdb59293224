//! Times and counts for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nanoseconds in three or so digits.
pub fn duration(nanos: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let seconds = nanos / 1_000_000_000;
    let scaled = |unit: u64, name: &str| {
        let value = nanos as f64 / unit as f64;
        let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
        format!("{value:.digits$} {name}")
    };
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => scaled(1_000, "µs"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "ms"),
        _ if seconds < MINUTE => scaled(1_000_000_000, "s"),
        _ if seconds < HOUR => format!("{} min {} s", seconds / MINUTE, seconds % MINUTE),
        _ => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
    }
}

/// `2026-01-31 12:00:00.123 UTC`.
pub fn time(nanos: u64) -> String {
    // A u64 of nanoseconds ends in the year 2554: no overflow.
    let time = humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_nanos(nanos)).to_string();
    time.replace('T', " ").replace('Z', " UTC")
}

/// How long ago, roughly; none for a time to come.
pub fn ago(nanos: u64, now: SystemTime) -> Option<String> {
    let seconds = now.duration_since(UNIX_EPOCH + Duration::from_nanos(nanos)).ok()?.as_secs();
    Some(match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    })
}

/// `1 span`, `2 spans`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_340, "12.3 µs"),
            (999_900, "1000 µs"),
            (1_234_567, "1.23 ms"),
            (150_000_000, "150 ms"),
            (2_500_000_000, "2.50 s"),
            (125_000_000_000, "2 min 5 s"),
            (7_380_000_000_000, "2 h 3 min"),
        ];
        for (nanos, expected) in cases {
            assert_eq!(duration(nanos), expected);
        }
        assert!(duration(u64::MAX).ends_with("min"));
    }

    #[test]
    fn times() {
        assert_eq!(time(1_700_000_000_123_456_789), "2023-11-14 22:13:20.123 UTC");
        assert_eq!(time(0), "1970-01-01 00:00:00.000 UTC");
        assert!(time(u64::MAX).starts_with("2554-"));
        let now = UNIX_EPOCH + Duration::from_secs(100_000);
        assert_eq!(ago(99_990_000_000_000, now).as_deref(), Some("10 s ago"));
        assert_eq!(ago(0, now).as_deref(), Some("27 h ago"));
        assert_eq!(ago(u64::MAX, now), None);
    }
}
