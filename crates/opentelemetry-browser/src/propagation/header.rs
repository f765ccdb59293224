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
    let metadata = metadata.trim_ascii();
    if !metadata.is_empty() {
        header.push(';');
        // It is kept as it is in a header, escapes and all.
        escape(header, metadata, |byte| matches!(byte, b'"' | b',' | b'\\'));
    }
}

fn escape(header: &mut String, text: &str, is_special: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !is_special(byte) {
            header.push(char::from(byte));
        } else {
            header.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The entries of a header, or what is wrong with them, each by itself; none if it is too long.
pub(super) fn read(header: &str) -> impl Iterator<Item = Result<Entry, String>> {
    let header = if header.trim_ascii().len() > MAX_BYTES { "" } else { header };
    header.split(',').map(str::trim_ascii).filter(|member| !member.is_empty()).take(MAX_ENTRIES).map(read_entry)
}

/// The key, the value and the metadata of an entry.
pub(super) type Entry = (String, String, String);

fn read_entry(member: &str) -> Result<Entry, String> {
    let (pair, metadata) = member.split_once(';').unwrap_or((member, ""));
    let Some((key, value)) = pair.split_once('=') else {
        return Err(format!("the entry {} has no value; expected key=value", shown(member)));
    };
    let wrong = |problem: &str| format!("in the entry {} {problem}", shown(member));
    let key = unescape(key.trim_ascii()).ok_or_else(|| wrong("the key's percent escapes are no UTF-8"))?;
    check_token(&key).map_err(|problem| wrong(&problem))?;
    let value = unescape(value.trim_ascii()).ok_or_else(|| wrong("the value's percent escapes are no UTF-8"))?;
    let properties: Vec<&str> =
        metadata.split(';').map(str::trim_ascii).filter(|property| !property.is_empty()).collect();
    Ok((key, value, properties.join(";")))
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

/// Whether it may be a key.
pub(super) fn check_token(key: &str) -> Result<(), String> {
    let is_token = |c: char| c.is_ascii_graphic() && !"(),/:;<=>?@[\\]{}\"".contains(c);
    match key.chars().find(|c| !is_token(*c)) {
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
    read(header).find_map(Result::err)
}
