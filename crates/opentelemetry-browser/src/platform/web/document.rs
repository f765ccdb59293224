//! The page's document.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Workers have none: an absent global reads as undefined.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;

    type Document;
    #[wasm_bindgen(method, getter, js_name = URL)]
    fn url(this: &Document) -> Option<String>;
}

/// Its address, as it is now.
pub(crate) fn url() -> Option<String> {
    DOCUMENT.with(|document| document.as_ref()?.url())
}
