//! What `navigator` says about the browser, in windows and workers.

use wasm_bindgen::prelude::wasm_bindgen;

use super::super::Navigator;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Option<JsNavigator>;

    type JsNavigator;
    #[wasm_bindgen(method, getter, js_name = userAgent)]
    fn user_agent(this: &JsNavigator) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn language(this: &JsNavigator) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = userAgentData)]
    fn user_agent_data(this: &JsNavigator) -> Option<UserAgentData>;

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

pub(crate) fn navigator() -> Navigator {
    NAVIGATOR.with(|navigator| navigator.as_ref().map(describe)).unwrap_or_default()
}

fn describe(navigator: &JsNavigator) -> Navigator {
    let hints = navigator.user_agent_data();
    let hints = hints.as_ref();
    let brand = |brand: wasm_bindgen::JsValue| {
        let brand: Brand = brand.into();
        Some(format!("{} {}", brand.brand()?, brand.version()?))
    };
    let brands = hints.and_then(UserAgentData::brands);
    Navigator {
        user_agent: navigator.user_agent(),
        language: navigator.language(),
        brands: brands.map(|brands| brands.iter().filter_map(brand).collect()).unwrap_or_default(),
        is_mobile: hints.and_then(UserAgentData::mobile),
        platform: hints.and_then(UserAgentData::platform),
    }
}
