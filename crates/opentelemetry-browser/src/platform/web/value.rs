//! JavaScript's values by the names of their properties and methods.
//!
//! A typed import for each name costs bytes in the module and in the JavaScript around it. What is not on the way of a record goes by
//! these few, which all names share.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A property; undefined if there is none, or if reading it throws.
pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// A property that is a text.
pub(super) fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

/// Whether a property is there, and says no.
pub(super) fn is_false(object: &JsValue, name: &str) -> bool {
    let value = get(object, name);
    !value.is_undefined() && value.is_falsy()
}

/// Whether it is neither undefined nor null.
pub(super) fn is_there(value: &JsValue) -> bool {
    !value.is_undefined() && !value.is_null()
}

/// Sets a property.
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(drop)
}

/// In the place of an argument that is not given.
pub(super) const NOTHING: &JsValue = &JsValue::UNDEFINED;

/// Calls a method.
pub(super) fn call(object: &JsValue, name: &str, arguments: [&JsValue; 2]) -> Result<JsValue, JsValue> {
    get(object, name).dyn_into::<Function>()?.call2(object, arguments[0], arguments[1])
}

/// A global variable.
pub(super) fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}
