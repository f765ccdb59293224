//! Between Rust's values and JavaScript's.

use crate::user::{Traced, User};
use js_support::{describe, object};
use js_sys::{Error, JSON};
use wasm_bindgen::JsValue;

/// The largest integer n for which n and n + 1 are both exact: `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Checks a user's id.
pub fn user_id(value: &JsValue) -> Result<u64, String> {
    let id = value.as_f64().filter(|id| id.fract() == 0.0 && (0.0..=MAX_SAFE_INTEGER).contains(id));
    id.map(|id| id as u64)
        .ok_or_else(|| format!("id is {}; accepted is an integer from 0 to 9007199254740991 (2^53-1)", describe(value)))
}

/// A plain object with the user's keys in their order.
pub fn user_to_js(user: &User) -> Result<JsValue, JsValue> {
    let json = serde_json::to_string(user).map_err(|error| JsValue::from(Error::new(&error.to_string())))?;
    JSON::parse(&json)
}

/// `{traceId, sampled, [key]: value}`
pub fn traced<T>(answer: &Traced<T>, key: &str, value: JsValue) -> Result<JsValue, JsValue> {
    object([("traceId", answer.trace_id.to_string().into()), ("sampled", answer.sampled.into()), (key, value)])
}
