//! Page Lifecycle: when a page is hidden, left, kept in the back/forward cache and shown again.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::PageEvent;
use super::registry::Registry;
use super::timer::Timer;
use super::value::{get, global, is_false, is_there, text};
use super::{fetch_later, shelf};

#[wasm_bindgen]
extern "C" {
    type Target;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add(this: &Target, kind: &str, listener: &js_sys::Function, capture: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove(this: &Target, kind: &str, listener: &js_sys::Function, capture: bool) -> Result<(), JsValue>;
}

type Callback = Closure<dyn FnMut(JsValue)>;

struct Listening {
    target: Target,
    kind: &'static str,
    callback: Callback,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.target.remove(self.kind, self.callback.as_ref().unchecked_ref(), true);
    }
}

thread_local! {
    static LISTENERS: RefCell<Registry<Vec<Listening>>> = const { RefCell::new(Registry::new()) };
    // Newer than this crate's oldest browsers. It is asked for all the time: it is read once.
    static HAS_NAVIGATION: bool = is_there(&global("navigation"));
}

/// Listens for as long as it lives.
#[derive(Debug)]
pub(crate) struct Listener(u32);

impl Listener {
    /// Calls `on_event` for each [`PageEvent`]; never, where there is no page.
    pub(crate) fn new(on_event: impl Fn(PageEvent) + 'static) -> Self {
        let key = LISTENERS.with_borrow_mut(Registry::number);
        let on_event: Rc<dyn Fn(PageEvent)> = Rc::new(on_event);
        LISTENERS.with_borrow_mut(|listeners| listeners.insert(key, Vec::new()));
        let listen = move |target: JsValue, kind: &'static str, event: fn(&JsValue) -> Option<PageEvent>| {
            // Workers have none of these.
            if !is_there(&target) {
                return;
            }
            let target: Target = target.unchecked_into();
            let on_event = on_event.clone();
            let callback = Callback::new(move |raised| {
                if let Some(event) = event(&raised) {
                    on_event(event);
                }
            });
            LISTENERS.with_borrow_mut(|listeners| {
                // Capturing, so that a page that stops the event's propagation does not stop this.
                if let Some(listening) = listeners.get_mut(key)
                    && target.add(kind, callback.as_ref().unchecked_ref(), true).is_ok()
                {
                    listening.push(Listening { target, kind, callback });
                }
            });
        };
        listen(global("document"), "visibilitychange", |_| {
            Some(if is_hidden() { PageEvent::Hidden } else { PageEvent::Visible })
        });
        listen(global("window"), "pagehide", |event| {
            Some(PageEvent::PageHide { persisted: get(event, "persisted").is_truthy() })
        });
        listen(global("window"), "pageshow", |_| Some(PageEvent::PageShow));
        listen(global("navigation"), "navigate", |event| {
            let is_other = is_false(&get(event, "destination"), "sameDocument");
            (is_other && text(event, "downloadRequest").is_none()).then_some(PageEvent::Leaving)
        });
        if cfg!(feature = "spool") {
            if !fetch_later::is_supported() {
                // No page is kept out of the back/forward cache by that.
                listen(global("window"), "beforeunload", |_| Some(PageEvent::Unloading));
            }
            Timer::in_a_task(move || {
                listen(global("window"), "storage", |event| {
                    text(event, "key").is_some_and(|item| shelf::is_record(&item)).then_some(PageEvent::Stored)
                });
            });
        }
        Self(key)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let listening = LISTENERS.try_with(|listeners| listeners.borrow_mut().remove(self.0));
        drop(listening);
    }
}

/// Whether a page is told that it will be left, before it is.
pub(crate) fn tells_of_leaving() -> bool {
    HAS_NAVIGATION.with(|has| *has)
}

/// Whether there is a document and it is hidden.
pub(crate) fn is_hidden() -> bool {
    text(&global("document"), "visibilityState").as_deref() == Some("hidden")
}
