//! Web Storage: small values by their key. Reading `localStorage` itself throws where it is denied; workers have none.

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};

use super::super::Area;
use super::value::{NOTHING, call, global, is_there};

fn storage(area: Area) -> Option<JsValue> {
    let storage = global(match area {
        Area::Origin => "localStorage",
        Area::Tab => "sessionStorage",
    });
    is_there(&storage).then_some(storage)
}

/// The value of a key; `None` if there is none, or no access.
pub(crate) fn get(area: Area, key: &str) -> Option<String> {
    call(&storage(area)?, "getItem", [&key.into(), NOTHING]).ok()?.as_string()
}

/// Sets a value; false if it cannot be.
pub(crate) fn set(area: Area, key: &str, value: &str) -> bool {
    storage(area).is_some_and(|storage| call(&storage, "setItem", [&key.into(), &value.into()]).is_ok())
}

/// Removes a key, if it is there.
pub(crate) fn remove(area: Area, key: &str) {
    let _ = storage(area).map(|storage| call(&storage, "removeItem", [&key.into(), NOTHING]));
}

/// All keys.
pub(super) fn keys(area: Area) -> Vec<String> {
    let keys = storage(area).map(|storage| Object::keys(storage.unchecked_ref::<Object>()));
    keys.into_iter().flatten().filter_map(|key| key.as_string()).collect()
}
