//! What the page's own policy blocks: browsers tell by events only, never by the failed request.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::value::text;
use crate::platform::ParsedUrl;

/// [Content Security Policy's violation events](https://www.w3.org/TR/CSP3/#violation-events)
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
    fn add(this: &Scope, kind: &str, listener: &Function, capture: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove(this: &Scope, kind: &str, listener: &Function, capture: bool) -> Result<(), JsValue>;
}

type Notes = Rc<RefCell<Vec<String>>>;

/// Takes notes of what is blocked for as long as it lives.
pub(super) struct Blocked {
    notes: Notes,
    on_event: Closure<dyn FnMut(JsValue)>,
}

/// A policy that only reports blocks nothing.
fn is_enforced(violation: &JsValue) -> bool {
    text(violation, "disposition").as_deref().is_none_or(|disposition| disposition == "enforce")
}

impl Blocked {
    pub(super) fn listen() -> Self {
        let notes = Notes::default();
        let taken = notes.clone();
        let on_event = Closure::<dyn FnMut(JsValue)>::new(move |violation: JsValue| {
            if is_enforced(&violation) {
                taken.borrow_mut().extend(text(&violation, "blockedURI"));
            }
        });
        let _ = SCOPE.with(|scope| scope.add(EVENT, on_event.as_ref().unchecked_ref(), true));
        Self { notes, on_event }
    }

    /// Whether a Content Security Policy forbade a request to this URL. Some engines tell no more of it than its origin.
    pub(super) fn was_forbidden(&self, url: &ParsedUrl) -> bool {
        let of_url = |blocked: &String| *blocked == url.href || blocked.trim_end_matches('/') == url.origin;
        self.notes.borrow().iter().any(of_url)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let _ = SCOPE.with(|scope| scope.remove(EVENT, self.on_event.as_ref().unchecked_ref(), true));
    }
}
