//! Attribute collections as the specification has them: unique keys where the last value wins, a bound on their number, and a
//! bound on the length of their values.
//!
//! [Attribute collections](https://opentelemetry.io/docs/specs/otel/common/#attribute-collections) and
//! [limits](https://opentelemetry.io/docs/specs/otel/common/#attribute-limits). Upstream's span appends what it is given.

use opentelemetry::{Array, KeyValue, StringValue, Value};

use crate::sort::sorted;

/// Above this many attributes, comparing each with each costs more than a hash set.
const FEW: usize = 32;

/// The attributes whose key does not come again later, in their order.
pub(crate) fn last_of_each_key(pairs: &[KeyValue]) -> impl Iterator<Item = &KeyValue> {
    let superseded = if pairs.len() > FEW { superseded(pairs) } else { Vec::new() };
    pairs.iter().enumerate().filter_map(move |(index, pair)| {
        let is_superseded = match superseded.get(index) {
            Some(is_superseded) => *is_superseded,
            None => pairs.iter().skip(index + 1).any(|later| later.key == pair.key),
        };
        (!is_superseded).then_some(pair)
    })
}

/// Whether each pair has another one with its key after it.
fn superseded(pairs: &[KeyValue]) -> Vec<bool> {
    let key = |at: usize| pairs.get(at).map_or("", |pair| pair.key.as_str());
    let order = sorted(pairs.len(), &|left, right| key(left) < key(right));
    let mut superseded = vec![false; pairs.len()];
    for (at, next) in order.iter().zip(order.iter().skip(1)) {
        if let Some(superseded) = superseded.get_mut(*at) {
            *superseded = key(*at) == key(*next);
        }
    }
    superseded
}

/// How many attributes a collection may have, and how long their values may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeLimits {
    /// The most attributes of a collection.
    pub(crate) count: usize,
    /// The most characters of a string value; `None` for no limit.
    pub(crate) value_length: Option<usize>,
}

/// Sets an attribute as [`Span::set_attribute`](opentelemetry::trace::Span::set_attribute) is specified: an attribute of the
/// same key is replaced; one too many is not added but given back.
pub(crate) fn set(pairs: &mut Vec<KeyValue>, mut pair: KeyValue, limits: &AttributeLimits) -> Option<KeyValue> {
    truncate(&mut pair.value, limits.value_length);
    if let Some(existing) = pairs.iter_mut().find(|existing| existing.key == pair.key) {
        existing.value = pair.value;
        return None;
    }
    if pairs.len() >= limits.count {
        return Some(pair);
    }
    pairs.push(pair);
    None
}

/// Makes a collection of a list. Returns how many attributes were dropped.
pub(crate) fn normalize(pairs: &mut Vec<KeyValue>, limits: &AttributeLimits) -> u32 {
    if let Some(length) = limits.value_length {
        pairs.iter_mut().for_each(|pair| truncate(&mut pair.value, Some(length)));
    }
    if last_of_each_key(pairs).count() < pairs.len() {
        let mut superseded = superseded(pairs).into_iter();
        pairs.retain(|_| !superseded.next().unwrap_or_default());
    }
    let dropped = pairs.len().saturating_sub(limits.count);
    pairs.truncate(limits.count);
    u32::try_from(dropped).unwrap_or(u32::MAX)
}

/// Unique keys and short values, in any number: upstream truncates and counts the attributes of events and links itself.
pub(crate) fn unique(pairs: &mut Vec<KeyValue>, limits: &AttributeLimits) {
    normalize(pairs, &AttributeLimits { count: usize::MAX, ..*limits });
}

fn truncate(value: &mut Value, limit: Option<usize>) {
    let Some(limit) = limit else { return };
    match value {
        Value::String(text) => shorten(text, limit),
        Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| shorten(text, limit)),
        _ => {}
    }
}

pub(crate) fn shorten(text: &mut StringValue, limit: usize) {
    // No string has more characters than bytes: most are decided without being walked through.
    if text.as_str().len() > limit
        && let Some((end, _)) = text.as_str().char_indices().nth(limit)
    {
        *text = text.as_str().get(..end).unwrap_or_default().to_owned().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMITS: AttributeLimits = AttributeLimits { count: 128, value_length: None };

    fn pairs(list: &[(&'static str, i64)]) -> Vec<KeyValue> {
        list.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect()
    }

    #[test]
    fn the_last_value_of_a_key_wins() {
        let mut list = pairs(&[("a", 1), ("b", 2), ("a", 3)]);
        assert_eq!(normalize(&mut list, &NO_LIMITS), 0);
        assert_eq!(list, pairs(&[("b", 2), ("a", 3)]));

        let mut many: Vec<KeyValue> = (0..1000).map(|n| KeyValue::new(format!("k{}", n % 100), n)).collect();
        let last: Vec<_> = last_of_each_key(&many).cloned().collect();
        let expected: Vec<_> = (900..1000).map(|n| KeyValue::new(format!("k{}", n % 100), n)).collect();
        assert_eq!(last, expected);
        assert_eq!(normalize(&mut many, &NO_LIMITS), 0);
        assert_eq!(many, expected);
    }

    #[test]
    fn setting_replaces_or_adds_up_to_the_limit() {
        let limits = AttributeLimits { count: 2, value_length: None };
        let mut list = pairs(&[("a", 1), ("b", 2)]);
        assert_eq!(set(&mut list, KeyValue::new("c", 3), &limits), Some(KeyValue::new("c", 3)));
        assert_eq!(set(&mut list, KeyValue::new("a", 4), &limits), None);
        assert_eq!(list, pairs(&[("a", 4), ("b", 2)]));
    }

    #[test]
    fn a_limit_counts_characters_not_bytes() {
        let limits = AttributeLimits { count: 9, value_length: Some(3) };
        let mut list = vec![
            KeyValue::new("crabs", "🦀🦀🦀🦀"),
            KeyValue::new("short", "äöü"),
            KeyValue::new("list", Value::Array(Array::String(vec!["abcd".into(), "ab".into()]))),
        ];
        normalize(&mut list, &limits);
        assert_eq!(list[0].value, Value::from("🦀🦀🦀"));
        assert_eq!(list[1].value, Value::from("äöü"));
        assert_eq!(list[2].value, Value::Array(Array::String(vec!["abc".into(), "ab".into()])));
    }
}
