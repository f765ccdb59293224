//! Sizes, times and numbers on the command line, like 2GiB and 7d.

use std::time::Duration;

/// Below this a single request would not fit.
const LEAST: usize = 1 << 20;

const NO_SIZE: &str = "it must be a number with a unit, like 500MiB or 2GiB";

pub fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(NO_SIZE.into()),
    };
    let number: usize = number.parse().map_err(|_| NO_SIZE)?;
    match number.checked_mul(factor) {
        Some(bytes) if bytes >= LEAST => Ok(bytes),
        Some(_) => Err("it must be at least 1MiB".into()),
        None => Err("it is more than this machine can count".into()),
    }
}

pub fn age(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(age) if age >= Duration::from_secs(1) => Ok(age),
        Ok(_) => Err("it must be at least 1s".into()),
        Err(error) => Err(format!("it must be a time like 12h or 7d: {error}")),
    }
}

pub fn number(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) => Err("it must be a number above 0".into()),
        Err(_) => Err("it must be a whole number in digits alone, like 500000".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_bounds() {
        let sizes = [("2GiB", 2 << 30), ("500 MiB", 500 << 20), ("1500kB", 1_500_000), ("1048576", 1 << 20)];
        sizes.iter().for_each(|(text, size)| assert_eq!(bytes(text), Ok(*size), "{text}"));
        assert_eq!(age("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(number("5"), Ok(5));
        for (text, word) in
            [("2G", "2GiB"), ("", "2GiB"), ("-1MiB", "2GiB"), ("1KiB", "1MiB"), ("99999999999GiB", "more")]
        {
            assert!(bytes(text).unwrap_err().contains(word), "{text}");
        }
        for (text, word) in [("7", "7d"), ("soon", "7d"), ("5ms", "1s")] {
            assert!(age(text).unwrap_err().contains(word), "{text}");
        }
        assert!(number("0").is_err() && number("many").is_err());
    }
}
