//! The page's meta tags.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Workers have none: an absent global reads as undefined.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;

    type Document;
    #[wasm_bindgen(method, catch, js_name = querySelector)]
    fn query_selector(this: &Document, selectors: &str) -> Result<Option<Meta>, JsValue>;

    type Meta;
    #[wasm_bindgen(method, getter)]
    fn content(this: &Meta) -> Option<String>;
}

/// The content of the first tag of this name.
pub(crate) fn content(name: &str) -> Option<String> {
    DOCUMENT.with(|document| document.as_ref()?.query_selector(&format!("meta[name=\"{name}\"]")).ok()??.content())
}
