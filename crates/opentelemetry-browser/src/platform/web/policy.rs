//! What the page's own policies block: browsers tell by events and reports only, never by the failed request.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, JSON, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::platform::ParsedUrl;

/// [Content Security Policy's violation events](https://www.w3.org/TR/CSP3/#violation-events)
const EVENT: &str = "securitypolicyviolation";

/// [Reports](https://html.spec.whatwg.org/#coep) of answers that a Cross-Origin-Embedder-Policy keeps from the page.
const REPORT: &str = "coep";

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

    // Only Chromium has it.
    type ReportingObserver;
    #[wasm_bindgen(constructor, catch)]
    fn new(callback: &Function, options: &JsValue) -> Result<ReportingObserver, JsValue>;
    #[wasm_bindgen(method)]
    fn observe(this: &ReportingObserver);
    #[wasm_bindgen(method)]
    fn disconnect(this: &ReportingObserver);
}

type Notes = Rc<RefCell<Vec<String>>>;

/// Takes notes of what is blocked for as long as it lives.
pub(super) struct Blocked {
    by_content_policy: Notes,
    by_embedder_policy: Notes,
    on_event: Closure<dyn FnMut(JsValue)>,
    _on_reports: Closure<dyn FnMut(Array)>,
    observer: Option<ReportingObserver>,
}

fn text(object: &JsValue, key: &str) -> Option<String> {
    Reflect::get(object, &key.into()).ok()?.as_string()
}

/// The bodies of these reports show what they have to `toJSON` only.
fn plain(body: &JsValue) -> Option<JsValue> {
    JSON::parse(&String::from(JSON::stringify(body).ok()?)).ok()
}

/// A policy that only reports blocks nothing.
fn is_enforced(violation: &JsValue) -> bool {
    text(violation, "disposition").as_deref().is_none_or(|disposition| disposition == "enforce")
}

impl Blocked {
    pub(super) fn listen() -> Self {
        let (by_content_policy, by_embedder_policy) = (Notes::default(), Notes::default());
        let notes = by_content_policy.clone();
        let on_event = Closure::<dyn FnMut(JsValue)>::new(move |violation: JsValue| {
            if is_enforced(&violation) {
                notes.borrow_mut().extend(text(&violation, "blockedURI"));
            }
        });
        let _ = SCOPE.with(|scope| scope.add(EVENT, on_event.as_ref().unchecked_ref(), true));
        let notes = by_embedder_policy.clone();
        let on_reports = Closure::<dyn FnMut(Array)>::new(move |reports: Array| {
            let bodies = reports.iter().filter_map(|report| plain(&Reflect::get(&report, &"body".into()).ok()?));
            notes.borrow_mut().extend(bodies.filter(is_enforced).filter_map(|body| text(&body, "blockedURL")));
        });
        let observer = observe(on_reports.as_ref().unchecked_ref());
        Self { by_content_policy, by_embedder_policy, on_event, _on_reports: on_reports, observer }
    }

    /// Whether a Content Security Policy forbade a request to this URL. Some engines tell no more of it than its origin.
    pub(super) fn was_forbidden(&self, url: &ParsedUrl) -> bool {
        let of_url = |blocked: &String| *blocked == url.href || blocked.trim_end_matches('/') == url.origin;
        self.by_content_policy.borrow().iter().any(of_url)
    }

    /// Whether an answer from this URL came, and was kept from the page.
    pub(super) fn was_answered(&self, url: &ParsedUrl) -> bool {
        self.by_embedder_policy.borrow().contains(&url.href)
    }

    /// Whether [`was_answered`](Self::was_answered) would know.
    pub(super) fn sees_answers(&self) -> bool {
        self.observer.is_some()
    }
}

fn observe(callback: &Function) -> Option<ReportingObserver> {
    let options = Object::new();
    Reflect::set(&options, &"types".into(), &Array::of1(&REPORT.into())).ok()?;
    let observer = ReportingObserver::new(callback, &options).ok()?;
    observer.observe();
    Some(observer)
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let _ = SCOPE.with(|scope| scope.remove(EVENT, self.on_event.as_ref().unchecked_ref(), true));
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
