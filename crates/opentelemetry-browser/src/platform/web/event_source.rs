//! The [EventSource](https://html.spec.whatwg.org/#server-sent-events) of the page as a probe: it tells no answer from one that
//! the page may not read, which `fetch` does not.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

use super::super::Reached;
use super::navigator;
use super::value::{NOTHING, call, get, set};

/// The `readyState` of one that goes on trying.
const CONNECTING: f64 = 0.0;

/// The `readyState` of one that has given up.
const CLOSED: f64 = 2.0;

#[wasm_bindgen]
extern "C" {
    // Service workers of some engines have none, nor have most runtimes that are no browser.
    type EventSource;
    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str) -> Result<EventSource, JsValue>;
}

/// Closes it, also where nobody waits for its answer any longer.
struct Open(EventSource);

impl Drop for Open {
    fn drop(&mut self) {
        let _ = call(&self.0, "close", [NOTHING; 2]);
    }
}

/// Whether anything answers at `url`, be it of another origin.
///
/// An engine gives one up whose answer is no stream of events, or is kept from the page by CORS. Where there was no answer it goes
/// on trying, [unless it knows that to be futile](https://html.spec.whatwg.org/#sse-processing-model): Gecko gives up then, too.
pub(super) async fn answers(url: &str) -> Reached {
    let Ok(source) = EventSource::new(url) else { return Reached::Unclear };
    let (sender, told) = oneshot::channel::<()>();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let listener = Closure::<dyn FnMut()>::new(move || drop(sender.borrow_mut().take()));
    for event in ["onopen", "onerror"] {
        let _ = set(&source, event, listener.as_ref());
    }
    let source = Open(source);
    // Err means that a listener was called, which drops its end.
    let _ = told.await;
    match get(&source.0, "readyState").as_f64() {
        Some(CONNECTING) => Reached::No,
        Some(CLOSED) if navigator::user_agent().is_none_or(|agent| is_gecko(&agent)) => Reached::Unclear,
        _ => Reached::Yes,
    }
}

/// Others are only "like Gecko". By bytes: a search for text weighs more.
fn is_gecko(user_agent: &str) -> bool {
    user_agent.as_bytes().windows(6).any(|window| window == b"Gecko/")
}
