//! What one tab of an origin tells the others of the visitor's consent: by a value in `localStorage` that is there for as long as it
//! takes to raise their [`storage`](https://html.spec.whatwg.org/#event-storage) events, and is gone then. Workers have none.

use std::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

use super::super::Area;
use super::key_value;

const KEY: &str = "opentelemetry.consent";
const GIVEN: &str = "given";
const WITHDRAWN: &str = "withdrawn";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<Target>;

    type Target;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add(this: &Target, kind: &str, listener: &JsValue) -> Result<(), JsValue>;

    type StorageEvent;
    #[wasm_bindgen(method, getter)]
    fn key(this: &StorageEvent) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = newValue)]
    fn new_value(this: &StorageEvent) -> Option<String>;
}

thread_local! {
    static IS_LISTENING: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn tell_others(is_given: bool) {
    key_value::set(Area::Origin, KEY, if is_given { GIVEN } else { WITHDRAWN });
    key_value::remove(Area::Origin, KEY);
}

/// Listens to other tabs, as long as the page lives; once, however often this is called.
pub(crate) fn listen(on_change: fn(bool)) {
    if IS_LISTENING.replace(true) {
        return;
    }
    WINDOW.with(|window| {
        let Some(window) = window else { return };
        let heard: Closure<dyn Fn(StorageEvent)> = Closure::new(move |event: StorageEvent| {
            match event.new_value().filter(|_| event.key().as_deref() == Some(KEY)).as_deref() {
                Some(GIVEN) => on_change(true),
                Some(WITHDRAWN) => on_change(false),
                _ => {}
            }
        });
        let _ = window.add("storage", &heard.into_js_value());
    });
}
