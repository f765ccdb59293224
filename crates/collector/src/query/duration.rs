//! Durations as Go writes them (`100ms`, `1.2s`, `1h30m`), which is how Jaeger takes them, and its UI's `2d` and `1w`.

/// In nanoseconds.
pub fn parse(text: &str) -> Option<u64> {
    parse_with(text, &[])
}

/// With days and weeks, as the UI's lookback has them.
pub fn parse_lookback(text: &str) -> Option<u64> {
    parse_with(text, &[("d", 24 * 3_600_000_000_000), ("w", 7 * 24 * 3_600_000_000_000)])
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    // The micro sign and the letter mu.
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// More digits of a fraction than this are below a nanosecond of the largest unit.
const FRACTION: usize = 18;

fn parse_with(text: &str, more: &[(&str, u64)]) -> Option<u64> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_u64;
    loop {
        let number = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (whole, fraction) = rest[..number].split_once('.').unwrap_or((&rest[..number], ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let after = &rest[number..];
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let unit = UNITS.iter().chain(more).find(|(name, _)| *name == &after[..end])?.1;
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction = &fraction[..fraction.len().min(FRACTION)];
        let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? };
        let part = part * u128::from(unit) / 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        total = total.checked_add(whole.checked_mul(unit)?)?.checked_add(u64::try_from(part).ok()?)?;
        rest = &after[end..];
        if rest.is_empty() {
            return Some(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_reads_them() {
        let cases = [
            ("0", 0),
            ("0s", 0),
            ("1ns", 1),
            ("100ms", 100_000_000),
            ("1.2s", 1_200_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1m2.5s", 62_500_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("+3us", 3_000),
            ("3\u{b5}s", 3_000),
            ("3\u{3bc}s", 3_000),
            ("0.3333333333333333333333s", 333_333_333),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for wrong in [
            "",
            "1",
            "-1s",
            "s",
            ".s",
            "1.2.3s",
            "1 s",
            "1d",
            "1S",
            "é",
            "1é",
            "9999999999h",
            "99999999999999999999s",
            "1s1",
            "1e3s",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse_lookback("2d"), Some(2 * 86_400 * 1_000_000_000));
        assert_eq!(parse_lookback("1w1h"), Some((7 * 24 + 1) * 3_600 * 1_000_000_000));
    }
}
