//! Chance.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Throws where there is no such thing: in Node.js before 20.
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

/// From 0 to 1, where it need not be secret.
pub(crate) fn random() -> f64 {
    js_sys::Math::random()
}

/// As hard to foretell as this runtime can.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    if get_random_values(bytes).is_err() {
        bytes.iter_mut().for_each(|byte| *byte = (random() * 256.0) as u8);
    }
}
