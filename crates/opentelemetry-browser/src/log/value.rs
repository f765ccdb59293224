//! Values of log records, which may be nested: how much memory one takes, and how a limit shortens it.

#[cfg(feature = "redaction")]
use opentelemetry::StringValue;
use opentelemetry::logs::AnyValue;

/// How many lists and maps within each other are exported. A map takes four levels of JSON, of which common readers take 128.
pub(crate) const DEEPEST: usize = 24;

/// About how many bytes a value takes in memory.
pub(crate) fn weight_of(value: &AnyValue) -> usize {
    weight(value, DEEPEST)
}

fn weight(value: &AnyValue, deepest: usize) -> usize {
    let inner = match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(values) if deepest > 0 => values.iter().map(|value| weight(value, deepest - 1)).sum(),
        AnyValue::Map(pairs) if deepest > 0 => {
            pairs.iter().map(|(key, value)| size_of_val(key) + key.as_str().len() + weight(value, deepest - 1)).sum()
        }
        _ => 0,
    };
    size_of_val(value) + inner
}

/// Shortens the texts of a value to so many characters, and its bytes to so many.
pub(crate) fn truncate(value: &mut AnyValue, limit: usize) {
    each(value, DEEPEST, &mut |value| match value {
        AnyValue::String(text) => crate::attributes::shorten(text, limit),
        AnyValue::Bytes(bytes) => bytes.truncate(limit),
        _ => {}
    });
}

fn each(value: &mut AnyValue, deepest: usize, change: &mut dyn FnMut(&mut AnyValue)) {
    match value {
        AnyValue::ListAny(values) if deepest > 0 => {
            values.iter_mut().for_each(|value| each(value, deepest - 1, change));
        }
        AnyValue::Map(pairs) if deepest > 0 => pairs.values_mut().for_each(|value| each(value, deepest - 1, change)),
        value => change(value),
    }
}

/// Shows every text of a value to `change`, with the key that it is the value of.
#[cfg(feature = "redaction")]
pub(crate) fn each_text(
    key: Option<&str>,
    value: &mut AnyValue,
    change: &mut dyn FnMut(Option<&str>, &mut StringValue),
) {
    texts(key, value, DEEPEST, change);
}

#[cfg(feature = "redaction")]
fn texts(
    key: Option<&str>,
    value: &mut AnyValue,
    deepest: usize,
    change: &mut dyn FnMut(Option<&str>, &mut StringValue),
) {
    match value {
        AnyValue::String(text) => change(key, text),
        AnyValue::ListAny(values) if deepest > 0 => {
            values.iter_mut().for_each(|value| texts(key, value, deepest - 1, change));
        }
        AnyValue::Map(pairs) if deepest > 0 => {
            pairs.iter_mut().for_each(|(key, value)| texts(Some(key.as_str()), value, deepest - 1, change));
        }
        _ => {}
    }
}

/// Removes what has a key that is not to be kept, in every map.
#[cfg(feature = "redaction")]
pub(crate) fn retain(value: &mut AnyValue, keeps: &dyn Fn(&str) -> bool) {
    kept(value, DEEPEST, keeps);
}

#[cfg(feature = "redaction")]
fn kept(value: &mut AnyValue, deepest: usize, keeps: &dyn Fn(&str) -> bool) {
    match value {
        AnyValue::ListAny(values) if deepest > 0 => {
            values.iter_mut().for_each(|value| kept(value, deepest - 1, keeps));
        }
        AnyValue::Map(pairs) if deepest > 0 => {
            pairs.retain(|key, _| keeps(key.as_str()));
            pairs.values_mut().for_each(|value| kept(value, deepest - 1, keeps));
        }
        _ => {}
    }
}
