//! Attributes as `api.js` flattens them: keys and values in turn go in, upstream's values come out.

use js_sys::Array as List;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use wasm_bindgen::{JsCast, JsValue};

/// The smallest power of two that no `i64` holds.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Reads what `flatten` of api.js gives. A value of another type is left out.
pub fn attributes(flat: Option<List>) -> Vec<KeyValue> {
    pairs(flat, value).map(|(key, value)| KeyValue::new(key, value)).collect()
}

/// Attributes that are given once, as options: each must be one.
pub fn attributes_of(entries: &[(String, JsValue)], name: &str) -> Result<Vec<KeyValue>, String> {
    let given = entries.iter().filter(|(_, value)| !value.is_undefined());
    let read = |(key, given): &(String, JsValue)| {
        let accepted = "a string, a number, true, false, or a list of one of them";
        let value =
            value(given).ok_or_else(|| js_support::options::wrong(&format!("{name}[{key:?}]"), given, accepted))?;
        Ok(KeyValue::new(key.clone(), value))
    };
    given.map(read).collect()
}

/// The keys, and what `read` makes of the values.
pub fn pairs<T>(flat: Option<List>, read: fn(&JsValue) -> Option<T>) -> impl Iterator<Item = (String, T)> {
    let flat = flat.unwrap_or_default();
    let indices = (0..flat.length()).step_by(2);
    indices.filter_map(move |index| Some((flat.get(index).as_string()?, read(&flat.get(index + 1))?)))
}

fn value(value: &JsValue) -> Option<Value> {
    if let Some(list) = value.dyn_ref::<List>() {
        return array(list).map(Value::Array);
    }
    if let Some(number) = value.as_f64() {
        return Some(integer(number).map_or(Value::F64(number), Value::I64));
    }
    value.as_string().map(Value::from).or_else(|| value.as_bool().map(Value::Bool))
}

/// JavaScript has one type of number; OTLP has two. A list has one of them.
pub fn integer(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(&number)).then_some(number as i64)
}

fn array(list: &List) -> Option<Array> {
    let all = |items: Option<Vec<f64>>| {
        items.map(|numbers| match numbers.iter().map(|number| integer(*number)).collect() {
            Some(integers) => Array::I64(integers),
            None => Array::F64(numbers),
        })
    };
    let strings = || list.iter().map(|item| item.as_string().map(StringValue::from)).collect::<Option<_>>();
    let truths = || list.iter().map(|item| item.as_bool()).collect::<Option<_>>();
    // An empty list is one of strings.
    let strings = strings().map(Array::String);
    strings.or_else(|| all(list.iter().map(|item| item.as_f64()).collect())).or_else(|| truths().map(Array::Bool))
}
