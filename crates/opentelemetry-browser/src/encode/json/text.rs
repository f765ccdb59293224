//! The smallest pieces of JSON text: strings, numbers, identifiers.

use std::time::Duration;

use crate::hex::hex;

/// Two decimal digits at a time: the times of a span are 38 digits of its JSON.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// A decimal number.
pub(super) fn decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    while number > u64::from(u32::MAX) {
        let pair = (number % 100) as usize * 2;
        number /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    // Most numbers are short, and divided in half the time.
    let mut number = number as u32;
    while number >= 10 {
        let pair = (number % 100) as usize * 2;
        number /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if number > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + number as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Nanoseconds since the Unix epoch: with no number of 64 bits to be divided for each digit.
pub(super) fn nanos(out: &mut Vec<u8>, since_epoch: Duration) {
    let (seconds, mut subsecond) = (since_epoch.as_secs(), since_epoch.subsec_nanos());
    if seconds == 0 {
        return decimal(out, subsecond.into());
    }
    decimal(out, seconds);
    let mut digits = [b'0'; 9];
    for pair in (1..9).step_by(2).rev() {
        let at = (subsecond % 100) as usize * 2;
        subsecond /= 100;
        digits[pair..pair + 2].copy_from_slice(&PAIRS[at..at + 2]);
    }
    digits[0] += (subsecond % 10) as u8;
    out.extend_from_slice(&digits);
}

/// A signed decimal number.
pub(super) fn signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    decimal(out, number.unsigned_abs());
}

/// A double as the protobuf JSON mapping wants it: the shortest text that reads back the same, and words where JSON has no
/// number.
pub(super) fn double(out: &mut Vec<u8>, number: f64) {
    if number.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if number == 0.0 {
        // JavaScript knows no text for the negative one.
        out.extend_from_slice(if number.is_sign_negative() { b"-0.0" } else { b"0" });
    } else if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    } else {
        out.extend_from_slice(crate::platform::shortest(number).as_bytes());
    }
}

/// Bytes, as protobuf's JSON has them: [base64](https://www.rfc-editor.org/rfc/rfc4648#section-4) with padding.
#[cfg(feature = "logs")]
pub(super) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let is_padding = digit > chunk.len();
            out.push(if is_padding { b'=' } else { DIGITS[(bits >> (18 - 6 * digit)) as usize & 63] });
        }
    }
}

/// A string with its quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// What stands between the quotes of a string.
pub(super) fn escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[start..at]);
        start = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                hex(out, &[byte]);
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn decimals_read_back() {
        let numbers = (0..64).flat_map(|shift| [(1_u64 << shift) - 1, 1 << shift, (1 << shift) + 1]);
        for number in numbers.chain((0..20).map(|power| 10_u64.pow(power))).chain([u64::MAX]) {
            assert_eq!(written(|out| decimal(out, number)), number.to_string());
        }
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(written(|out| signed(out, number)), number.to_string());
        }
    }

    #[test]
    fn nanoseconds_read_back() {
        for nanoseconds in [0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789, u64::MAX] {
            assert_eq!(written(|out| nanos(out, Duration::from_nanos(nanoseconds))), nanoseconds.to_string());
        }
    }

    #[test]
    fn doubles_read_back() {
        for number in [0.0, -0.0, 1.0, 0.1, -1.5, 1e300, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1e21, 123_456_789.125] {
            let text = written(|out| double(out, number));
            let read: f64 = serde_json::from_str(&text).expect(&text);
            assert_eq!(read.to_bits(), number.to_bits(), "{text}");
            assert!(text.len() < 30, "{text}");
        }
        assert_eq!(written(|out| double(out, f64::NAN)), "\"NaN\"");
        assert_eq!(written(|out| double(out, f64::INFINITY)), "\"Infinity\"");
        assert_eq!(written(|out| double(out, f64::NEG_INFINITY)), "\"-Infinity\"");
    }

    #[test]
    fn strings_read_back() {
        let controls: String = (0..0x20).map(char::from).collect();
        for text in ["", "a", "\"\\/", "\u{2028}\u{7f}\u{fffd}", "snow ☃ and 🦀", "\0end", &controls] {
            let json = written(|out| string(out, text));
            assert_eq!(serde_json::from_str::<String>(&json).expect(&json), text);
        }
    }
}
