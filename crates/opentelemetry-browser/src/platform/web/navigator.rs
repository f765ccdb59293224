//! What `navigator` says about the browser, in windows and workers.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::super::Hints;
use super::value::{get, global, is_false, is_there, text};

fn navigator() -> JsValue {
    global("navigator")
}

/// The User-Agent header that the browser sends.
pub(crate) fn user_agent() -> Option<String> {
    text(&navigator(), "userAgent")
}

/// Whether it says that there is no network.
pub(super) fn is_offline() -> bool {
    is_false(&navigator(), "onLine")
}

/// What else it says: some of it by
/// [User-Agent Client Hints](https://wicg.github.io/ua-client-hints/#interface), in Chromium only, and in secure contexts only.
pub(crate) fn hints() -> Hints {
    let navigator = navigator();
    let hints = get(&navigator, "userAgentData");
    let brands = get(&hints, "brands");
    let brand = |brand: JsValue| Some(format!("{} {}", text(&brand, "brand")?, text(&brand, "version")?));
    Hints {
        language: text(&navigator, "language"),
        brands: if is_there(&brands) { Array::from(&brands).iter().filter_map(brand).collect() } else { Vec::new() },
        is_mobile: get(&hints, "mobile").as_bool(),
        platform: text(&hints, "platform"),
    }
}
