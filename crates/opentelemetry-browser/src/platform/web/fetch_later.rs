//! [`fetchLater`](https://wicg.github.io/pending-beacon/): a request that the browser sends when the page is gone, however it went.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortController;

use super::fetch::init;
use super::value::{get, global, set};

thread_local! {
    // Only windows of some engines have it.
    static FETCH_LATER: Option<Function> = global("fetchLater").dyn_into().ok();
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
        let init = init("POST", headers, Some(&abort)).ok()?;
        set(&init, "body", &Uint8Array::from(body)).ok()?;
        let result = fetch_later.call2(&JsValue::UNDEFINED, &url.into(), &init).ok()?;
        Some(Self { result, abort })
    }

    /// Whether the browser has sent it.
    pub(crate) fn is_activated(&self) -> bool {
        get(&self.result, "activated").is_truthy()
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        self.abort.abort();
    }
}
