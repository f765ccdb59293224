//! Records in a real browser's storage.

use futures_channel::oneshot;
use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

fn storage() -> Storage {
    Storage::open(|error| panic!("the store cannot be opened: {error}"))
}

fn record(body: &[u8]) -> StoredRecord {
    StoredRecord {
        format: 2,
        url: "http://localhost:4318/".into(),
        created: 1e12,
        spans: 3,
        attempts: 2,
        body: body.to_vec(),
    }
}

async fn put(key: &str, record: StoredRecord) -> Result<(), String> {
    let (done, ended) = oneshot::channel();
    storage().put(key, record, move |result| drop(done.send(result)));
    ended.await.expect("a write ends")
}

/// Resolves when the promise of a JavaScript expression does.
async fn js(expression: &str) -> JsValue {
    let value = js_sys::Function::new_no_args(&format!("return ({expression});")).call0(&JsValue::UNDEFINED);
    JsFuture::from(Promise::resolve(&value.expect("it is JavaScript"))).await.expect("it works")
}

#[wasm_bindgen_test]
async fn what_is_written_can_be_read_and_removed() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(put("written", record(&bytes)).await, Ok(()));
    assert_eq!(storage().get("written").await, Ok(Some(record(&bytes))));
    assert!(storage().keys().await.expect("keys").contains(&"written".to_owned()));
    storage().remove("written");
    assert_eq!(storage().get("written").await, Ok(None));
}

#[wasm_bindgen_test]
async fn a_connection_that_was_closed_by_others_is_opened_again() {
    const CLEAR: &str = "new Promise((done, failed) => {
        const request = indexedDB.deleteDatabase('opentelemetry-browser');
        request.onsuccess = done; request.onerror = failed; })";
    assert_eq!(put("before", record(b"a")).await, Ok(()));
    js(CLEAR).await;
    assert_eq!(put("after", record(b"b")).await, Ok(()));
    assert_eq!(storage().get("after").await, Ok(Some(record(b"b"))));
    js(CLEAR).await;
    assert_eq!(storage().get("after").await, Ok(None), "a read finds the new store, and nothing in it");
    assert_eq!(put("again", record(b"c")).await, Ok(()));
    storage().remove("again");
}

#[wasm_bindgen_test]
async fn what_waits_when_the_page_is_left_is_written_at_once() {
    storage().opened().await;
    let (opened, bytes) = (CONNECTION.replace(Some(Connection::Opening(Vec::new()))), (0..=255).collect::<Vec<u8>>());
    let (done, mut ended) = oneshot::channel();
    storage().put("left", record(&bytes), move |result| drop(done.send(result)));
    storage().put("removed", record(&bytes), drop);
    storage().remove("removed");
    assert_eq!(ended.try_recv(), Ok(None));
    storage().leave(|| storage().put("as well", record(&bytes), drop));
    assert_eq!(shelf::keys().count(), 2);
    storage().remove("as well");
    assert_eq!(ended.try_recv(), Ok(Some(Ok(()))), "before the event is over");

    // The next page.
    CONNECTION.set(opened);
    let keys = storage().keys().await.expect("keys");
    assert!(keys.contains(&"left".to_owned()) && !keys.contains(&"removed".to_owned()), "{keys:?}");
    assert_eq!(storage().get("left").await, Ok(Some(record(&bytes))));
    storage().remove("left");
    assert_eq!(storage().get("left").await, Ok(None));
    assert!(!storage().keys().await.expect("keys").contains(&"left".to_owned()));
}

#[wasm_bindgen_test]
async fn what_was_written_when_a_page_was_left_does_not_depend_on_the_database() {
    storage().opened().await;
    let opened = CONNECTION.replace(Some(Connection::Failed("the database did not open".to_owned())));
    assert!(shelf::put("kept", &record(b"a")));
    assert_eq!(Storage.keys().await, Ok(vec!["kept".to_owned()]));
    assert_eq!(Storage.get("kept").await, Ok(Some(record(b"a"))));
    Storage.remove("kept");
    // It could not be sent, and is to be kept again.
    let (done, mut ended) = oneshot::channel();
    Storage.put("kept", record(b"a"), move |result| drop(done.send(result)));
    assert_eq!(ended.try_recv(), Ok(Some(Ok(()))));
    Storage.remove("kept");
    assert_eq!(Storage.keys().await, Ok(vec![]));
    CONNECTION.set(opened);
}

#[wasm_bindgen_test]
fn the_pages_own_use_of_its_storage_has_room_left() {
    shelf::measure();
    let large = record(&vec![b'x'; 1024 * 1024]);
    assert!(shelf::put("first", &large));
    assert!(!shelf::put("second", &record(&vec![b'x'; 1024 * 1024 + 1])));
    // Another page sees what this one has left there.
    shelf::measure();
    assert!(!shelf::put("second", &record(&vec![b'x'; 1024 * 1024 + 1])));
    shelf::remove("first");
    shelf::measure();
    assert_eq!((shelf::get("first"), shelf::keys().count()), (None, 0));
}

#[wasm_bindgen_test]
async fn what_the_storage_refuses_is_told() {
    // A transaction that is aborted, as by a full disk, after its request has succeeded.
    js("(() => { const real = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...words) {
            IDBObjectStore.prototype.put = real;
            const request = real.apply(this, words);
            this.transaction.commit = () => {};
            request.onsuccess = () => this.transaction.abort();
            return request; }; })()")
    .await;
    assert!(put("refused", record(b"a")).await.is_err());
    assert_eq!(storage().get("refused").await, Ok(None));
    let is_real = Reflect::get(&js("IDBObjectStore.prototype.put").await, &"name".into()).expect("a function");
    assert_eq!(is_real, "put");
}
