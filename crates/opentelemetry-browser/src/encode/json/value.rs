//! Attributes to JSON: `KeyValue`s, `AnyValue`s, and lists.

use opentelemetry::{Array, KeyValue, Value};

use super::count;
use super::text::{double, escaped, signed};
use crate::attributes::last_of_each_key;

pub(super) fn attribute_fields(out: &mut Vec<u8>, pairs: &[KeyValue], dropped: u32) {
    if !pairs.is_empty() {
        out.extend_from_slice(b",\"attributes\":");
        attributes(out, last_of_each_key(pairs));
    }
    count(out, b",\"droppedAttributesCount\":", dropped);
}

pub(super) fn attributes<'a>(out: &mut Vec<u8>, pairs: impl Iterator<Item = &'a KeyValue>) {
    list(out, pairs, |out, attribute| pair(out, attribute.key.as_str(), &attribute.value));
}

pub(super) fn pair(out: &mut Vec<u8>, key: &str, value: &Value) {
    out.extend_from_slice(b"{\"key\":\"");
    escaped(out, key);
    out.extend_from_slice(b"\",\"value\":");
    any_value(out, value);
    out.push(b'}');
}

fn any_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(value) => boolean(out, *value),
        Value::I64(value) => integer(out, *value),
        Value::F64(value) => floating(out, *value),
        Value::String(value) => text(out, value.as_str()),
        Value::Array(Array::Bool(values)) => array(out, values, |out, value| boolean(out, *value)),
        Value::Array(Array::I64(values)) => array(out, values, |out, value| integer(out, *value)),
        Value::Array(Array::F64(values)) => array(out, values, |out, value| floating(out, *value)),
        Value::Array(Array::String(values)) => array(out, values, |out, value| text(out, value.as_str())),
        // A type that upstream may add: an attribute without a value is better than none.
        _ => out.extend_from_slice(b"{}"),
    }
}

pub(super) fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"{\"boolValue\":true}" } else { b"{\"boolValue\":false}" });
}

pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(b"{\"intValue\":\"");
    signed(out, value);
    out.extend_from_slice(b"\"}");
}

pub(super) fn floating(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(b"{\"doubleValue\":");
    double(out, value);
    out.push(b'}');
}

pub(super) fn text(out: &mut Vec<u8>, value: &str) {
    out.extend_from_slice(b"{\"stringValue\":\"");
    escaped(out, value);
    out.extend_from_slice(b"\"}");
}

fn array<T>(out: &mut Vec<u8>, values: &[T], write: impl FnMut(&mut Vec<u8>, &T)) {
    out.extend_from_slice(b"{\"arrayValue\":{\"values\":");
    list(out, values.iter(), write);
    out.extend_from_slice(b"}}");
}

pub(super) fn list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}
