//! When a certificate is valid: the one thing that is read of it here, because every client would refuse it, and few say why.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The tags of DER (X.690) that stand on the way to it.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Why clients will refuse it now; none if they will not, or if it cannot be read.
pub fn trouble(certificate: &[u8], now: SystemTime) -> Option<String> {
    let [from, until] = validity(certificate)?;
    let shown = humantime::format_rfc3339_seconds;
    if now > until {
        Some(format!("it has expired, on {}: have it renewed", shown(until)))
    } else if now < from {
        Some(format!("it is not valid before {}: is the clock of this machine right?", shown(from)))
    } else {
        None
    }
}

/// RFC 5280, 4.1: a certificate is a sequence that begins with another one: the version, which may be missing, the serial number, the
/// algorithm, the issuer and the validity.
fn validity(certificate: &[u8]) -> Option<[SystemTime; 2]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let (tag, _, after) = element(rest)?;
    if tag == VERSION {
        rest = after;
    }
    for _ in 0..3 {
        (_, _, rest) = element(rest)?;
    }
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (tag, from, rest) = element(validity)?;
    let from = time(tag, from)?;
    let (tag, until, _) = element(rest)?;
    Some([from, time(tag, until)?])
}

/// The tag and the content of the first element, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        _ => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits
                .iter()
                .try_fold(0_usize, |length, digit| length.checked_mul(256)?.checked_add(usize::from(*digit)));
            (length?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ` until 2049, and `YYYYMMDDHHMMSSZ` from then on.
fn time(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |range: std::ops::Range<usize>| text.get(range);
    let shown = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?
    );
    // Before 1970, or after 9999, is before and after everything that clocks tell.
    humantime::parse_rfc3339(&shown).ok().or_else(|| match &*text {
        text if text < "1970" => Some(UNIX_EPOCH),
        text if text > "9999" => UNIX_EPOCH.checked_add(Duration::from_secs(u64::from(u32::MAX) * 50)),
        _ => None,
    })
}
