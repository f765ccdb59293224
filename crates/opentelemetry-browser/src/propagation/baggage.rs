//! Baggage that is added to what a context has already, and not silently lost.
//!
//! Upstream's `Context::with_baggage` replaces all of it; its `Baggage` drops an entry with an invalid key or beyond a limit
//! without a word, and its propagator changes some values on their way. Here an entry is taken if it arrives as it is.

use std::fmt;

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, KeyValue};

use super::error::shown;

/// The [limits](https://www.w3.org/TR/baggage/#limits) that every implementation supports; beyond them, receivers drop it all.
const MAX_ENTRIES: usize = 64;
pub(crate) const MAX_BYTES: usize = 8192;

/// The baggage entries that could not be added. The others were: see [`into_context`](Self::into_context).
#[derive(Clone, Debug)]
pub struct BaggageError {
    dropped: Vec<(String, String)>,
    context: Context,
}

impl BaggageError {
    /// The keys that were dropped, each with the reason.
    pub fn dropped(&self) -> impl Iterator<Item = (&str, &str)> {
        self.dropped.iter().map(|(key, reason)| (key.as_str(), reason.as_str()))
    }

    /// The context with the entries that could be added.
    pub fn into_context(self) -> Context {
        self.context
    }
}

impl fmt::Display for BaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, reason)) in self.dropped.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}baggage entry {} was dropped: {reason}", shown(key))?;
        }
        Ok(())
    }
}

impl std::error::Error for BaggageError {}

/// Adds entries to a context's baggage. An entry replaces one with the same key.
///
/// ```
/// use opentelemetry::baggage::BaggageExt;
/// use opentelemetry::{Context, KeyValue};
/// use opentelemetry_browser::propagation::merge_baggage;
///
/// let cx = merge_baggage(&Context::current(), [KeyValue::new("user.tier", "gold")])?;
/// let cx = merge_baggage(&cx, [KeyValue::new("cart.size", 3)])?;
/// assert_eq!(cx.baggage().len(), 2);
///
/// let error = merge_baggage(&cx, [KeyValue::new("not a token", "x"), KeyValue::new("ok", "y")]).unwrap_err();
/// assert_eq!(error.dropped().count(), 1);
/// assert_eq!(error.into_context().baggage().len(), 3);
/// # Ok::<(), opentelemetry_browser::propagation::BaggageError>(())
/// ```
///
/// # Errors
/// If an entry has a key that is no token, a value that would not arrive as it is, or no room within the 64 entries and 8,192
/// bytes that baggage may have.
pub fn merge_baggage(cx: &Context, entries: impl IntoIterator<Item = KeyValue>) -> Result<Context, BaggageError> {
    let mut merged = copy(cx, |_| true);
    let mut dropped = Vec::new();
    for KeyValue { key, value, .. } in entries {
        let text = value.as_str().into_owned();
        if let Err(reason) = check_key(key.as_str()).and_then(|()| check_value(&text)).and_then(|()| {
            let others = merged.iter().filter(|(other, _)| **other != key);
            let sizes = others.map(|(key, (value, metadata))| size(key.as_str(), value.as_str(), metadata.as_str()));
            // Upstream's own bound counts what is not escaped, and is never the tighter one.
            check_room(sizes, size(key.as_str(), &text, ""))
        }) {
            dropped.push((key.as_str().to_owned(), reason));
        } else {
            merged.insert(key, text);
        }
    }
    let context = cx.with_baggage(merged);
    if dropped.is_empty() { Ok(context) } else { Err(BaggageError { dropped, context }) }
}

/// A context without some of its baggage.
///
/// ```
/// use opentelemetry::baggage::BaggageExt;
/// use opentelemetry::{Context, KeyValue};
/// use opentelemetry_browser::propagation::{merge_baggage, remove_baggage};
///
/// let cx = merge_baggage(&Context::current(), [KeyValue::new("a", 1), KeyValue::new("b", 2)])?;
/// assert_eq!(remove_baggage(&cx, &["a"]).baggage().len(), 1);
/// # Ok::<(), opentelemetry_browser::propagation::BaggageError>(())
/// ```
pub fn remove_baggage(cx: &Context, keys: &[&str]) -> Context {
    cx.with_baggage(copy(cx, |key| !keys.contains(&key)))
}

/// Upstream's baggage cannot be cloned.
fn copy(cx: &Context, is_kept: impl Fn(&str) -> bool) -> Baggage {
    let entries = cx.baggage().iter().filter(|(key, _)| is_kept(key.as_str()));
    entries.map(|(key, (value, metadata))| (key.clone(), (value.clone(), metadata.clone()))).collect()
}

fn check_key(key: &str) -> Result<(), String> {
    let is_token = |c: char| c.is_ascii_graphic() && !"(),/:;<=>?@[\\]{}\"".contains(c);
    match key.chars().find(|c| !is_token(*c)) {
        _ if key.is_empty() => Err("the key is empty".to_owned()),
        Some(wrong) => Err(format!("the key has {wrong:?} in it; allowed are letters, digits and !#$%&'*+-.^_`|~")),
        None if has_escape(key) => Err("the key has a percent escape in it, which its receivers decode".to_owned()),
        None => Ok(()),
    }
}

fn check_value(value: &str) -> Result<(), String> {
    if value != value.trim() {
        return Err("the value begins or ends with white space, which is not transmitted".to_owned());
    }
    if has_escape(value) {
        return Err("the value has a percent escape in it, which its receivers decode; decode it first".to_owned());
    }
    Ok(())
}

fn check_room(others: impl Iterator<Item = usize>, size: usize) -> Result<(), String> {
    let (count, bytes) = others.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size + 1));
    if count >= MAX_ENTRIES {
        return Err(format!("there are {MAX_ENTRIES} entries already, as many as baggage may have"));
    }
    if bytes + size > MAX_BYTES {
        return Err(format!("with its {size} bytes the header would have {}; {MAX_BYTES} are allowed", bytes + size));
    }
    Ok(())
}

/// Whether upstream's propagator would write it as it is, and every receiver decode it to something else.
fn has_escape(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| bytes[at] == b'%' && is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)))
}

/// How many bytes an entry has in the header.
fn size(key: &str, value: &str, metadata: &str) -> usize {
    let escaped = |text: &str| -> usize {
        let is_escaped = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b';' | b',' | b'=');
        text.bytes().map(|byte| if is_escaped(byte) { 3 } else { 1 }).sum()
    };
    let metadata = if metadata.is_empty() { 0 } else { metadata.len() + 1 };
    escaped(key) + 1 + escaped(value) + metadata
}

/// What is wrong with a `baggage` header, by its first list member that upstream's propagator would drop.
pub(super) fn malformed_member(header: &str) -> Option<String> {
    if header.trim().len() > MAX_BYTES {
        return Some(format!("it has {} bytes; {MAX_BYTES} are allowed", header.trim().len()));
    }
    let members: Vec<&str> = header.split(',').map(str::trim).filter(|member| !member.is_empty()).collect();
    if members.len() > MAX_ENTRIES {
        return Some(format!("it has {} entries; {MAX_ENTRIES} are allowed", members.len()));
    }
    members.into_iter().find_map(|member| {
        let Some((key, _)) = member.split(';').next().unwrap_or_default().split_once('=') else {
            return Some(format!("the entry {} has no value; expected key=value", shown(member)));
        };
        let is_escaped = has_escape(key);
        let problem = check_key(key.trim()).err().filter(|_| !is_escaped)?;
        Some(format!("in the entry {} {problem}", shown(member)))
    })
}
