//! What one page or worker of an origin tells the others of the visitor's consent.
//!
//! Those that run hear of it by a [`BroadcastChannel`](https://html.spec.whatwg.org/#broadcastchannel), where there is none by a value in
//! `localStorage` that is there for as long as it takes to raise their `storage` events. A page in the back/forward cache hears nothing, and
//! would not be kept there if it listened: before it goes there it leaves a value in `localStorage`, which is gone, or another one, when it
//! comes back, if the consent was withdrawn meanwhile. So nothing is left of a consent that was withdrawn.

use std::cell::{OnceCell, RefCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

use super::super::Area;
use super::timer::Timer;
use super::value::{NOTHING, call, get, global, is_there, set, text};
use super::{clock, key_value};
use crate::consent;

#[wasm_bindgen]
extern "C" {
    type BroadcastChannel;
    // Throws where there is none.
    #[wasm_bindgen(constructor, catch)]
    fn new(name: &str) -> Result<BroadcastChannel, JsValue>;
}

/// Of the channel, and of the value that tells other tabs.
const KEY: &str = "opentelemetry.consent";
const GIVEN: &str = "given";
const WITHDRAWN: &str = "withdrawn";

/// Of the value that a page leaves which goes into the back/forward cache.
const KEPT: &str = "opentelemetry.consent.kept";

thread_local! {
    /// Takes the channel's messages; there is one once this listens.
    static ON_MESSAGE: OnceCell<JsValue> = const { OnceCell::new() };
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
    /// What this page has left when it went into the back/forward cache.
    static LEFT: RefCell<Option<String>> = const { RefCell::new(None) };
}

pub(crate) fn tell_others(is_given: bool) {
    let word = if is_given { GIVEN } else { WITHDRAWN };
    let post = |channel: &BroadcastChannel| drop(call(channel, "postMessage", [&word.into(), NOTHING]));
    // By the channel that listens, which does not hear itself.
    CHANNEL.with_borrow(|channel| channel.as_ref().map(post)).or_else(|| {
        let channel = BroadcastChannel::new(KEY).ok()?;
        post(&channel);
        close(&channel);
        Some(())
    });
    key_value::set(Area::Origin, KEY, word);
    key_value::remove(Area::Origin, KEY);
}

/// Nothing is left of what pages of this origin have left here.
pub(crate) fn forget() {
    key_value::remove(Area::Origin, KEPT);
}

/// Listens to others, as long as the page or worker lives; once, however often this is called.
pub(crate) fn listen(on_change: fn(bool)) {
    if ON_MESSAGE.with(|function| function.get().is_some()) {
        return;
    }
    let window = global("window");
    // A listener would keep other runtimes from ending.
    let is_of_browser = is_there(&window) || is_there(&global("WorkerGlobalScope"));
    if !is_of_browser {
        return;
    }
    let told = move |word: Option<String>| match word.as_deref() {
        Some(GIVEN) => on_change(true),
        Some(WITHDRAWN) => on_change(false),
        _ => {}
    };
    let on_message = listener(move |message| told(get(&message, "data").as_string()));
    let _ = ON_MESSAGE.with(|function| function.set(on_message));
    // At once: a page that comes back hears of it before whoever sends.
    add(&window, "pagehide", listener(|event| leave(get(&event, "persisted").is_truthy())));
    add(&window, "pageshow", listener(move |event| come_back(get(&event, "persisted").is_truthy(), on_change)));
    Timer::in_a_task(move || hear(&window, told));
}

/// Workers have no window, and nothing is called.
fn add(window: &JsValue, kind: &str, listener: JsValue) {
    let _ = call(window, "addEventListener", [&kind.into(), &listener]);
}

fn hear(window: &JsValue, told: impl Fn(Option<String>) + 'static) {
    open();
    add(
        window,
        "storage",
        listener(move |event| {
            if text(&event, "key").as_deref() == Some(KEY) {
                told(text(&event, "newValue"));
            }
        }),
    );
}

fn listener(work: impl Fn(JsValue) + 'static) -> JsValue {
    Closure::<dyn Fn(JsValue)>::new(work).into_js_value()
}

fn open() {
    if CHANNEL.with_borrow(Option::is_some) {
        return;
    }
    let Ok(channel) = BroadcastChannel::new(KEY) else { return };
    let _ = ON_MESSAGE.with(|function| set(&channel, "onmessage", function.get()?).ok());
    CHANNEL.set(Some(channel));
}

fn close(channel: &BroadcastChannel) {
    let _ = call(channel, "close", [NOTHING; 2]);
}

/// The page is left, and may go into the back/forward cache.
fn leave(is_kept: bool) {
    CHANNEL.take().iter().for_each(close);
    let left = (is_kept && consent::is_given()).then(|| {
        let left = key_value::get(Area::Origin, KEPT);
        left.or_else(|| {
            // Whole milliseconds, as it gives them: to write any double takes 10 KB of WebAssembly.
            let now = (clock::date_now() as u64).to_string();
            key_value::set(Area::Origin, KEPT, &now).then_some(now)
        })
    });
    LEFT.set(left.flatten());
}

/// The page is seen; it may have been in the back/forward cache.
fn come_back(was_kept: bool, on_change: fn(bool)) {
    if !was_kept {
        return;
    }
    open();
    let Some(left) = LEFT.take() else { return };
    let found = key_value::get(Area::Origin, KEPT);
    if found.as_ref() != Some(&left) {
        on_change(false);
        // Given again since.
        found.iter().for_each(|_| on_change(true));
    }
}
