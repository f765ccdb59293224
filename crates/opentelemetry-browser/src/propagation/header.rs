//! The `baggage` header. Upstream's propagator cuts a value at its first `=`, decodes metadata that it then writes as it is, so that an
//! escaped comma becomes the beginning of another entry, and writes a `%` that receivers decode. Here an entry is passed on as it came.

use opentelemetry::baggage::Baggage;

use super::error::shown;

/// The [limits](https://www.w3.org/TR/baggage/#limits) that every implementation supports; beyond them, receivers drop it all.
pub(super) const MAX_ENTRIES: usize = 64;
pub(super) const MAX_BYTES: usize = 8192;

/// The header's name.
pub(super) const BAGGAGE: &str = "baggage";

/// Why no receiver would take a header.
pub(crate) fn check(name: &str, value: &str) -> Result<(), String> {
    if name == BAGGAGE && value.len() > MAX_BYTES {
        return Err(format!("it would have {} bytes; receivers drop more than {MAX_BYTES}", value.len()));
    }
    Ok(())
}

/// All entries as a header has them.
pub(super) fn write(baggage: &Baggage) -> String {
    let mut header = String::new();
    for (key, (value, metadata)) in baggage {
        if !header.is_empty() {
            header.push(',');
        }
        write_entry(&mut header, key.as_str(), value.as_str(), metadata.as_str());
    }
    header
}

/// Appends an entry.
pub(super) fn write_entry(header: &mut String, key: &str, value: &str, metadata: &str) {
    // A key is not decoded by the standard, but by some implementations: it is changed only where they would.
    let is_decoded = has_escape(key);
    escape(header, key, |byte| byte == b'%' && is_decoded);
    header.push('=');
    escape(header, value.trim_ascii(), |byte| matches!(byte, b'"' | b';' | b',' | b'=' | b'\\' | b'%'));
    for property in properties(metadata) {
        header.push(';');
        // It is kept as it is in a header, escapes and all.
        escape(header, property, |byte| matches!(byte, b'"' | b',' | b'\\'));
    }
}

/// The properties of an entry. Upstream trims metadata of all that is white space in Unicode, so that is none here either.
fn properties(metadata: &str) -> impl Iterator<Item = &str> {
    metadata.split(';').map(str::trim).filter(|property| !property.is_empty())
}

fn escape(header: &mut String, text: &str, is_special: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !is_special(byte) {
            header.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 0xf)]);
            header.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

/// The entries of a header, or what is wrong with them, each by itself; none if it is too long.
pub(super) fn read(header: &str) -> impl Iterator<Item = Result<Entry, Wrong<'_>>> {
    let header = if header.trim_ascii().len() > MAX_BYTES { "" } else { header };
    header.split(',').map(str::trim_ascii).filter(|member| !member.is_empty()).take(MAX_ENTRIES).map(read_entry)
}

/// The key, the value and the metadata of an entry.
pub(super) type Entry = (String, String, String);

/// An entry that cannot be read. It is put into words only where somebody reads them.
pub(super) struct Wrong<'a> {
    member: &'a str,
    problem: Problem,
}

enum Problem {
    NoValue,
    KeyEscapes,
    Key,
    ValueEscapes,
}

impl Wrong<'_> {
    fn told(&self) -> String {
        let member = shown(self.member);
        let problem = match self.problem {
            Problem::NoValue => return format!("the entry {member} has no value; expected key=value"),
            Problem::KeyEscapes => "the key's percent escapes are no UTF-8".to_owned(),
            Problem::ValueEscapes => "the value's percent escapes are no UTF-8".to_owned(),
            Problem::Key => {
                let key = self.member.split(['=', ';']).next().and_then(|key| unescape(key.trim_ascii()));
                check_token(&key.unwrap_or_default()).err().unwrap_or_default()
            }
        };
        format!("in the entry {member} {problem}")
    }
}

fn read_entry(member: &str) -> Result<Entry, Wrong<'_>> {
    let wrong = |problem| Wrong { member, problem };
    let (pair, metadata) = member.split_once(';').unwrap_or((member, ""));
    let (key, value) = pair.split_once('=').ok_or(wrong(Problem::NoValue))?;
    let key = unescape(key.trim_ascii()).ok_or(wrong(Problem::KeyEscapes))?;
    if key.is_empty() || !key.bytes().all(is_token) {
        return Err(wrong(Problem::Key));
    }
    let value = unescape(value.trim_ascii()).ok_or(wrong(Problem::ValueEscapes))?;
    let mut kept = String::new();
    for property in properties(metadata) {
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(property);
    }
    Ok((key, value, kept))
}

fn unescape(text: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, others)) = rest.split_first() {
        match (first, digit(others.first()), digit(others.get(1))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = others.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether receivers decode something in it.
pub(super) fn has_escape(text: &str) -> bool {
    let is_escape = |at: &[u8]| matches!(at, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    text.as_bytes().windows(3).any(is_escape)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"(),/:;<=>?@[\\]{}\"".contains(&byte)
}

/// Whether it may be a key.
pub(super) fn check_token(key: &str) -> Result<(), String> {
    match key.chars().find(|c| !u8::try_from(*c).is_ok_and(is_token)) {
        _ if key.is_empty() => Err("the key is empty".to_owned()),
        Some(wrong) => Err(format!("the key has '{wrong}' in it; allowed are letters, digits and !#$%&'*+-.^_`|~")),
        None => Ok(()),
    }
}

/// What is wrong with a header, by its first entry that is not taken in.
pub(super) fn problem(header: &str) -> Option<String> {
    let bytes = header.trim_ascii().len();
    if bytes > MAX_BYTES {
        return Some(format!("it has {bytes} bytes; {MAX_BYTES} are allowed"));
    }
    let entries = header.split(',').filter(|member| !member.trim_ascii().is_empty()).count();
    if entries > MAX_ENTRIES {
        return Some(format!("it has {entries} entries; {MAX_ENTRIES} are allowed"));
    }
    read(header).find_map(Result::err).map(|wrong| wrong.told())
}
