//! Web Storage: small values by their key. Reading `localStorage` itself throws where it is denied; workers have none.

use js_sys::Object;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::Area;

#[wasm_bindgen]
extern "C" {
    type Global;
    #[wasm_bindgen(method, getter, catch, js_name = localStorage)]
    fn local(this: &Global) -> Result<Option<Storage>, JsValue>;
    #[wasm_bindgen(method, getter, catch, js_name = sessionStorage)]
    fn session(this: &Global) -> Result<Option<Storage>, JsValue>;

    type Storage;
    #[wasm_bindgen(method, catch, js_name = getItem)]
    fn get_item(this: &Storage, key: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setItem)]
    fn set_item(this: &Storage, key: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeItem)]
    fn remove_item(this: &Storage, key: &str) -> Result<(), JsValue>;
}

fn storage(area: Area) -> Option<Storage> {
    let global: Global = JsValue::from(js_sys::global()).into();
    match area {
        Area::Origin => global.local(),
        Area::Tab => global.session(),
    }
    .ok()?
}

/// The value of a key; `None` if there is none, or no access.
pub(crate) fn get(area: Area, key: &str) -> Option<String> {
    storage(area)?.get_item(key).ok()?
}

/// Sets a value; false if it cannot be.
pub(crate) fn set(area: Area, key: &str, value: &str) -> bool {
    storage(area).is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Removes a key, if it is there.
pub(crate) fn remove(area: Area, key: &str) {
    let _ = storage(area).map(|storage| storage.remove_item(key));
}

/// All keys.
pub(super) fn keys(area: Area) -> Vec<String> {
    let keys = storage(area).map(|storage| Object::keys(storage.unchecked_ref::<Object>()));
    keys.into_iter().flatten().filter_map(|key| key.as_string()).collect()
}
