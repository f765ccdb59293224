//! What is used of [IndexedDB](https://www.w3.org/TR/IndexedDB/).

use futures_channel::oneshot;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    pub(super) type Factory;
    #[wasm_bindgen(method, catch)]
    pub(super) fn open(this: &Factory, name: &str, version: u32) -> Result<Request, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteDatabase)]
    pub(super) fn delete_database(this: &Factory, name: &str) -> Result<Request, JsValue>;

    pub(super) type Request;
    #[wasm_bindgen(method, getter, catch)]
    pub(super) fn result(this: &Request) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    pub(super) fn error(this: &Request) -> Result<JsValue, JsValue>;

    #[derive(Clone)]
    pub(super) type Database;
    #[wasm_bindgen(method, catch)]
    pub(super) fn transaction(this: &Database, store: &str, mode: &str) -> Result<Transaction, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createObjectStore)]
    pub(super) fn create_object_store(this: &Database, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Database);

    pub(super) type Transaction;
    #[wasm_bindgen(method, catch, js_name = objectStore)]
    pub(super) fn object_store(this: &Transaction, name: &str) -> Result<ObjectStore, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn commit(this: &Transaction) -> Result<(), JsValue>;

    pub(super) type ObjectStore;
    #[wasm_bindgen(method, getter)]
    pub(super) fn transaction(this: &ObjectStore) -> Transaction;
    #[wasm_bindgen(method, catch)]
    pub(super) fn put(this: &ObjectStore, value: &JsValue, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn delete(this: &ObjectStore, key: &JsValue) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn clear(this: &ObjectStore) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn get(this: &ObjectStore, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getAllKeys)]
    pub(super) fn get_all_keys(this: &ObjectStore) -> Result<Request, JsValue>;
}

pub(super) fn text(thrown: &JsValue) -> String {
    let part = |name: &str| Reflect::get(thrown, &name.into()).ok().and_then(|value| value.as_string());
    match (part("name"), part("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => "unknown storage error".to_owned(),
    }
}

/// Calls `handler` at the first of these events of `target`, and then never again.
pub(super) fn once(target: &JsValue, events: &[&str], handler: impl FnOnce(JsValue) + 'static) {
    let handler = Closure::once_into_js(handler);
    for event in events {
        let _ = Reflect::set(target, &format!("on{event}").into(), &handler);
    }
}

pub(super) async fn finished(request: Request) -> Result<JsValue, String> {
    let (sender, receiver) = oneshot::channel();
    once(&request, &["success", "error"], move |_event| {
        let _ = sender.send(());
    });
    receiver.await.map_err(|_| "the storage request was dropped".to_owned())?;
    match request.error() {
        Ok(error) if !error.is_null() => Err(text(&error)),
        Err(thrown) => Err(text(&thrown)),
        Ok(_) => request.result().map_err(|thrown| text(&thrown)),
    }
}
