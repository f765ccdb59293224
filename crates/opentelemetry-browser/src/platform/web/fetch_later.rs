//! [`fetchLater`](https://wicg.github.io/pending-beacon/): a request that the browser sends when the page is gone, however it went.

use js_sys::{Function, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, RequestInit};

#[wasm_bindgen]
extern "C" {
    // Only windows of some engines have it.
    #[wasm_bindgen(thread_local_v2, js_name = fetchLater)]
    static FETCH_LATER: Option<Function>;
}

/// Whether this page can leave requests to the browser.
pub(crate) fn is_supported() -> bool {
    FETCH_LATER.with(Option::is_some)
}

/// A request that waits for the page's end. Dropping this takes it back, if it is not too late.
#[derive(Debug)]
pub(crate) struct Deferred {
    result: JsValue,
    abort: AbortController,
}

impl Deferred {
    /// Leaves a POST to the browser; `None` if it does not take it, for want of support or of room.
    pub(crate) fn new(url: &str, headers: &[(String, String)], body: &[u8]) -> Option<Self> {
        let fetch_later = FETCH_LATER.with(Clone::clone)?;
        let abort = AbortController::new().ok()?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&Uint8Array::from(body).into());
        init.set_signal(Some(&abort.signal()));
        let fields = Object::new();
        for (name, value) in headers {
            Reflect::set(&fields, &name.as_str().into(), &value.as_str().into()).ok()?;
        }
        init.set_headers(&fields);
        Reflect::set(&init, &"credentials".into(), &"omit".into()).ok()?;
        let result = fetch_later.call2(&JsValue::UNDEFINED, &url.into(), init.unchecked_ref()).ok()?;
        Some(Self { result, abort })
    }

    /// Whether the browser has sent it.
    pub(crate) fn is_activated(&self) -> bool {
        Reflect::get(&self.result, &"activated".into()).is_ok_and(|activated| activated.is_truthy())
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        self.abort.abort();
    }
}
