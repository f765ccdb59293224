//! What the page's own Content Security Policy forbids: browsers tell by an event only, never by the failed request.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::platform::ParsedUrl;

/// [Security policy violation events](https://www.w3.org/TR/CSP3/#violation-events)
const EVENT: &str = "securitypolicyviolation";

#[wasm_bindgen]
extern "C" {
    // The event bubbles from the document to the window; in a worker it is raised at the global scope itself.
    #[wasm_bindgen(js_name = globalThis)]
    type Scope;
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static SCOPE: Scope;
    // Node's global scope is no EventTarget: calling throws then.
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add(this: &Scope, kind: &str, listener: &js_sys::Function, capture: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove(this: &Scope, kind: &str, listener: &js_sys::Function, capture: bool) -> Result<(), JsValue>;

    type Violation;
    #[wasm_bindgen(method, getter, js_name = blockedURI)]
    fn blocked_uri(this: &Violation) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn disposition(this: &Violation) -> Option<String>;
}

/// Takes notes of violations for as long as it lives.
pub(super) struct Violations {
    blocked: Rc<RefCell<Vec<String>>>,
    listener: Closure<dyn FnMut(Violation)>,
}

impl Violations {
    pub(super) fn listen() -> Self {
        let blocked = Rc::<RefCell<Vec<String>>>::default();
        let noted = blocked.clone();
        let listener = Closure::<dyn FnMut(Violation)>::new(move |violation: Violation| {
            // A policy that only reports blocks nothing.
            if violation.disposition().as_deref() != Some("report") {
                noted.borrow_mut().extend(violation.blocked_uri());
            }
        });
        let _ = SCOPE.with(|scope| scope.add(EVENT, listener.as_ref().unchecked_ref(), true));
        Self { blocked, listener }
    }

    /// Whether requests to this URL were blocked. Some engines tell no more of it than its origin.
    pub(super) fn forbid(&self, url: &ParsedUrl) -> bool {
        let of_url = |blocked: &String| *blocked == url.href || blocked.trim_end_matches('/') == url.origin;
        self.blocked.borrow().iter().any(of_url)
    }
}

impl Drop for Violations {
    fn drop(&mut self) {
        let _ = SCOPE.with(|scope| scope.remove(EVENT, self.listener.as_ref().unchecked_ref(), true));
    }
}
