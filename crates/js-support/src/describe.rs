//! JavaScript values in error messages.

use wasm_bindgen::{JsCast, JsValue};

/// How much of a value is repeated.
const MAX_CHARS: usize = 100;

/// A value and its type, briefly.
pub fn describe(value: &JsValue) -> String {
    if value.is_undefined() || value.is_null() {
        return if value.is_null() { "null" } else { "undefined" }.to_owned();
    }
    if js_sys::Array::is_array(value) {
        return "an array".to_owned();
    }
    let kind = value.js_typeof().as_string().unwrap_or_default();
    if let Some(number) = value.dyn_ref::<js_sys::Number>() {
        // As JavaScript writes it: Infinity, not inf.
        let text = number.to_string_with_radix(10).map(String::from).unwrap_or_default();
        return format!("the {kind} {text}");
    }
    if let Some(text) = value.as_string() {
        let mut short: String = text.chars().take(MAX_CHARS).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        return format!("the {kind} {short:?}");
    }
    if let Some(truth) = value.as_bool() {
        return format!("the {kind} {truth}");
    }
    format!("of type {kind}")
}
