//! What `navigator` says about the browser, in windows and workers.

use wasm_bindgen::prelude::wasm_bindgen;

use super::super::Hints;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Option<Navigator>;

    type Navigator;
    #[wasm_bindgen(method, getter, js_name = userAgent)]
    fn user_agent(this: &Navigator) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = onLine)]
    fn on_line(this: &Navigator) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    fn language(this: &Navigator) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = userAgentData)]
    fn user_agent_data(this: &Navigator) -> Option<UserAgentData>;

    /// [User-Agent Client Hints](https://wicg.github.io/ua-client-hints/#interface): Chromium only, and in secure contexts only.
    type UserAgentData;
    #[wasm_bindgen(method, getter)]
    fn brands(this: &UserAgentData) -> Option<js_sys::Array>;
    #[wasm_bindgen(method, getter)]
    fn mobile(this: &UserAgentData) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    fn platform(this: &UserAgentData) -> Option<String>;

    type Brand;
    #[wasm_bindgen(method, getter)]
    fn brand(this: &Brand) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn version(this: &Brand) -> Option<String>;
}

/// The User-Agent header that the browser sends.
pub(crate) fn user_agent() -> Option<String> {
    NAVIGATOR.with(|navigator| navigator.as_ref().and_then(Navigator::user_agent))
}

/// Whether it says that there is no network.
pub(super) fn is_offline() -> bool {
    NAVIGATOR.with(|navigator| navigator.as_ref().and_then(Navigator::on_line)) == Some(false)
}

/// What else it says.
pub(crate) fn hints() -> Hints {
    NAVIGATOR.with(|navigator| navigator.as_ref().map(describe)).unwrap_or_default()
}

fn describe(navigator: &Navigator) -> Hints {
    let hints = navigator.user_agent_data();
    let hints = hints.as_ref();
    let brand = |brand: wasm_bindgen::JsValue| {
        let brand: Brand = brand.into();
        Some(format!("{} {}", brand.brand()?, brand.version()?))
    };
    let brands = hints.and_then(UserAgentData::brands);
    Hints {
        language: navigator.language(),
        brands: brands.map(|brands| brands.iter().filter_map(brand).collect()).unwrap_or_default(),
        is_mobile: hints.and_then(UserAgentData::mobile),
        platform: hints.and_then(UserAgentData::platform),
    }
}
