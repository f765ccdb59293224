//! What one tab of an origin tells the others of the visitor's consent: by a value in `localStorage` that is there for as long as it
//! takes to raise their [`storage`](https://html.spec.whatwg.org/#event-storage) events, and is gone then. Workers have none.

use std::cell::Cell;
use std::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::super::Area;
use super::key_value;
use super::timer::Timer;
use super::value::{call, global, text};

const KEY: &str = "opentelemetry.consent";
const GIVEN: &str = "given";
const WITHDRAWN: &str = "withdrawn";

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
    // In a task of its own: for these events an engine may have to open the storage, which takes longer than all else at the start.
    std::mem::forget(Timer::after(Duration::ZERO, move || hear(on_change)));
}

fn hear(on_change: fn(bool)) {
    let heard: Closure<dyn Fn(JsValue)> = Closure::new(move |event: JsValue| {
        if text(&event, "key").as_deref() == Some(KEY) {
            match text(&event, "newValue").as_deref() {
                Some(GIVEN) => on_change(true),
                Some(WITHDRAWN) => on_change(false),
                _ => {}
            }
        }
    });
    let _ = call(&global("window"), "addEventListener", [&"storage".into(), &heard.into_js_value()]);
}
