//! Baggage that is added to what a context has already, and not silently lost.
//!
//! Upstream's `Context::with_baggage` replaces all of it, and its `Baggage` drops an entry with an invalid key or beyond a limit
//! without a word. Here an entry is taken if it arrives as it is.

use std::fmt;

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, KeyValue};

use super::error::shown;
use super::header::{MAX_BYTES, MAX_ENTRIES, check_token, has_escape, write_entry};

/// The baggage entries that could not be added. The others were: see [`into_context`](Self::into_context).
///
/// ```
/// use opentelemetry::{Context, KeyValue};
/// use opentelemetry_browser::propagation::merge_baggage;
///
/// let entries = [KeyValue::new("tier", "gold"), KeyValue::new("no token", "x")];
/// let cx = merge_baggage(&Context::new(), entries).unwrap_or_else(|error| {
///     for (key, reason) in error.dropped() {
///         println!("{key} does not go out: {reason}");
///     }
///     error.into_context()
/// });
/// ```
#[derive(Clone, Debug)]
pub struct BaggageError {
    dropped: Vec<Dropped>,
    context: Context,
}

#[derive(Clone, Debug)]
struct Dropped {
    key: String,
    reason: String,
    /// Whether it is a valid one, for which there is no room.
    is_beyond_room: bool,
}

impl BaggageError {
    /// Whether there was no room for an entry, within the 64 entries and 8,192 bytes that baggage may have.
    pub fn is_full(&self) -> bool {
        self.dropped.iter().any(|dropped| dropped.is_beyond_room)
    }

    /// Whether an entry has a key or a value that baggage cannot have.
    pub fn is_invalid(&self) -> bool {
        self.dropped.iter().any(|dropped| !dropped.is_beyond_room)
    }

    /// The keys that were dropped, each with the reason.
    pub fn dropped(&self) -> impl Iterator<Item = (&str, &str)> {
        self.dropped.iter().map(|dropped| (dropped.key.as_str(), dropped.reason.as_str()))
    }

    /// The context with the entries that could be added.
    pub fn into_context(self) -> Context {
        self.context
    }
}

impl fmt::Display for BaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Dropped { key, reason, .. }) in self.dropped.iter().enumerate() {
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
        let validity = check_key(key.as_str()).and_then(|()| check_value(&text));
        let is_beyond_room = validity.is_ok();
        if let Err(reason) = validity.and_then(|()| {
            let others = merged.iter().filter(|(other, _)| **other != key);
            let sizes = others.map(|(key, (value, metadata))| size(key.as_str(), value.as_str(), metadata.as_str()));
            // Upstream's own bound counts what is not escaped, and is never the tighter one.
            check_room(sizes, size(key.as_str(), &text, ""))
        }) {
            dropped.push(Dropped { key: key.as_str().to_owned(), reason, is_beyond_room });
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
    check_token(key)?;
    if has_escape(key) {
        return Err("the key has a percent escape in it, which its receivers decode".to_owned());
    }
    Ok(())
}

fn check_value(value: &str) -> Result<(), String> {
    if value != value.trim_ascii() {
        return Err("the value begins or ends with white space, which is not transmitted".to_owned());
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

/// How many bytes an entry has in the header.
fn size(key: &str, value: &str, metadata: &str) -> usize {
    let mut entry = String::new();
    write_entry(&mut entry, key, value, metadata);
    entry.len()
}
