//! What is used of [IndexedDB](https://www.w3.org/TR/IndexedDB/).

use futures_channel::oneshot;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::value::{self, get, is_there};

pub(super) fn text(thrown: &JsValue) -> String {
    match (value::text(thrown, "name"), value::text(thrown, "message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => "unknown storage error".to_owned(),
    }
}

/// Calls `handler` at the first of these events of `target`, and then never again.
pub(super) fn once(target: &JsValue, events: &[&str], handler: impl FnOnce(JsValue) + 'static) {
    // Of one type, so that it is the same code for all.
    let handler: Box<dyn FnOnce(JsValue)> = Box::new(handler);
    let handler = Closure::once_into_js(handler);
    for event in events {
        let _ = value::set(target, &format!("on{event}"), &handler);
    }
}

/// The result of a request.
pub(super) async fn finished(request: JsValue) -> Result<JsValue, String> {
    let (sender, result) = oneshot::channel();
    let ended = request.clone();
    once(&request, &["success", "error"], move |_event| {
        let error = get(&ended, "error");
        let _ = sender.send(if is_there(&error) { Err(text(&error)) } else { Ok(get(&ended, "result")) });
    });
    result.await.unwrap_or_else(|_| Err("the storage request was dropped".to_owned()))
}
