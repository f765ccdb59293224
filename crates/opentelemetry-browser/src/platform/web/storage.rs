//! A small store of records in IndexedDB, shared by all pages and workers of an origin.
//!
//! Writes are started when they are called, in the order of the calls, and nobody waits for them: that is what a page that is
//! being left can still do. IndexedDB runs the transactions of a store in the order of their creation, so a removal always
//! comes after the write it undoes.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::StoredRecord;

const DATABASE: &str = "opentelemetry-browser";
const STORE: &str = "spool";
/// Of the database's layout: records of another layout cannot be in it.
const VERSION: u32 = 1;

#[wasm_bindgen]
extern "C" {
    type Factory;
    #[wasm_bindgen(method, catch)]
    fn open(this: &Factory, name: &str, version: u32) -> Result<Request, JsValue>;

    type Request;
    #[wasm_bindgen(method, getter, catch)]
    fn result(this: &Request) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    fn error(this: &Request) -> Result<JsValue, JsValue>;

    #[derive(Clone)]
    type Database;
    #[wasm_bindgen(method, catch)]
    fn transaction(this: &Database, store: &str, mode: &str) -> Result<Transaction, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createObjectStore)]
    fn create_object_store(this: &Database, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &Database);

    type Transaction;
    #[wasm_bindgen(method, catch, js_name = objectStore)]
    fn object_store(this: &Transaction, name: &str) -> Result<ObjectStore, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &Transaction) -> Result<(), JsValue>;

    type ObjectStore;
    #[wasm_bindgen(method, getter)]
    fn transaction(this: &ObjectStore) -> Transaction;
    #[wasm_bindgen(method, catch)]
    fn put(this: &ObjectStore, value: &JsValue, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &ObjectStore, key: &JsValue) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn get(this: &ObjectStore, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getAllKeys)]
    fn get_all_keys(this: &ObjectStore) -> Result<Request, JsValue>;
}

fn text(thrown: &JsValue) -> String {
    let part = |name: &str| Reflect::get(thrown, &name.into()).ok().and_then(|value| value.as_string());
    match (part("name"), part("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => "unknown storage error".to_owned(),
    }
}

/// Calls `handler` at the first of these events of `target`, and then never again.
fn once(target: &JsValue, events: &[&str], handler: impl FnOnce(JsValue) + 'static) {
    let handler = Closure::once_into_js(handler);
    for event in events {
        let _ = Reflect::set(target, &format!("on{event}").into(), &handler);
    }
}

async fn finished(request: Request) -> Result<JsValue, String> {
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

async fn connect() -> Result<Database, String> {
    // Absent where there is no storage; throws, when it is read, where storage is denied.
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(|thrown| text(&thrown))?;
    if factory.is_undefined() || factory.is_null() {
        return Err("this runtime has no IndexedDB".to_owned());
    }
    let request = factory.unchecked_into::<Factory>().open(DATABASE, VERSION).map_err(|thrown| text(&thrown))?;
    let upgrading = JsValue::from(&request);
    once(&request, &["upgradeneeded"], move |_event| {
        let request: Request = upgrading.unchecked_into();
        if let Ok(database) = request.result() {
            // If it fails, so does the request.
            let _ = database.unchecked_into::<Database>().create_object_store(STORE);
        }
    });
    let database: Database = finished(request).await?.unchecked_into();
    let closing = database.clone();
    // A later version of this code, in another tab, must not have to wait for this one.
    once(&database, &["versionchange"], move |_event| closing.close());
    Ok(database)
}

enum Connection {
    Opening(Vec<Write>),
    Open(Database),
    Failed,
}

enum Write {
    Put(String, StoredRecord),
    Remove(String),
}

type OnError = Rc<dyn Fn(String)>;

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// The origin's store. All handles of a thread share one connection.
#[derive(Clone, Debug)]
pub(crate) struct Storage;

impl Storage {
    /// Opens the store in the background; writes may be called before it is open. `on_error` hears why it cannot be.
    pub(crate) fn open(on_error: impl Fn(String) + 'static) -> Self {
        let is_new = CONNECTION.with_borrow_mut(|connection| match connection {
            None | Some(Connection::Failed) => {
                *connection = Some(Connection::Opening(Vec::new()));
                true
            }
            Some(_) => false,
        });
        if is_new {
            wasm_bindgen_futures::spawn_local(async move {
                let on_error: OnError = Rc::new(on_error);
                let (next, failure) = match connect().await {
                    Ok(database) => (Connection::Open(database), None),
                    Err(error) => (Connection::Failed, Some(error)),
                };
                let before = CONNECTION.replace(Some(next));
                if let Some(error) = failure {
                    on_error(error);
                } else if let Some(Connection::Opening(writes)) = before {
                    for write in writes {
                        run(write, on_error.clone());
                    }
                }
            });
        }
        Self
    }

    /// Writes a record under a key, over what is there.
    pub(crate) fn put(&self, key: &str, record: StoredRecord, on_error: impl Fn(String) + 'static) {
        run(Write::Put(key.to_owned(), record), Rc::new(on_error));
    }

    /// Removes a record.
    pub(crate) fn remove(&self, key: &str) {
        // What cannot be removed is found again by a later page, which says so.
        run(Write::Remove(key.to_owned()), Rc::new(|_| ()));
    }

    /// The keys of all records.
    pub(crate) async fn keys(&self) -> Result<Vec<String>, String> {
        let request = self.store("readonly").and_then(|store| store.get_all_keys());
        let keys = finished(request.map_err(|thrown| text(&thrown))?).await?;
        Ok(Array::from(&keys).into_iter().filter_map(|key| key.as_string()).collect())
    }

    /// A record; `None` if there is none, or none that this code understands.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<StoredRecord>, String> {
        let request = self.store("readonly").and_then(|store| store.get(key));
        let value = finished(request.map_err(|thrown| text(&thrown))?).await?;
        Ok(from_js(&value))
    }

    /// Resolves when the store is open, or known never to be.
    pub(crate) async fn opened(&self) -> bool {
        loop {
            match CONNECTION.with_borrow(|connection| match connection {
                Some(Connection::Open(_)) => Some(true),
                Some(Connection::Opening(_)) => None,
                _ => Some(false),
            }) {
                Some(is_open) => return is_open,
                None => super::super::sleep::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    }

    fn store(&self, mode: &str) -> Result<ObjectStore, JsValue> {
        let database = CONNECTION.with_borrow(|connection| match connection {
            Some(Connection::Open(database)) => Some(database.clone()),
            _ => None,
        });
        let Some(database) = database else {
            return Err(js_sys::Error::new("the store is not open").into());
        };
        database.transaction(STORE, mode)?.object_store(STORE)
    }
}

fn run(write: Write, on_error: OnError) {
    let write = CONNECTION.with_borrow_mut(|connection| match connection {
        Some(Connection::Opening(waiting)) => {
            waiting.push(write);
            None
        }
        _ => Some(write),
    });
    let Some(write) = write else { return };
    let started = Storage.store("readwrite").and_then(|store| {
        let request = match &write {
            Write::Put(key, record) => store.put(&to_js(record)?, key),
            Write::Remove(key) => store.delete(&key.into()),
        }?;
        Ok((store, request))
    });
    match started {
        Ok((store, request)) => {
            // Without this the transaction is committed when the event of its request has been handled, which a page that is
            // being left does not live to see. Where an engine does not have it, so it is.
            let _ = store.transaction().commit();
            wasm_bindgen_futures::spawn_local(async move {
                if let Err(error) = finished(request).await {
                    on_error(error);
                }
            })
        }
        Err(thrown) => on_error(text(&thrown)),
    }
}

fn to_js(record: &StoredRecord) -> Result<JsValue, JsValue> {
    let object = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&object, &name.into(), &value);
    set("format", record.format.into())?;
    set("url", record.url.as_str().into())?;
    set("created", record.created.into())?;
    set("spans", record.spans.into())?;
    set("body", Uint8Array::from(record.body.as_slice()).into())?;
    Ok(object.into())
}

fn from_js(value: &JsValue) -> Option<StoredRecord> {
    let get = |name: &str| Reflect::get(value, &name.into()).ok();
    Some(StoredRecord {
        format: get("format")?.as_f64()? as u32,
        url: get("url")?.as_string()?,
        created: get("created")?.as_f64()?,
        spans: get("spans")?.as_f64()? as u32,
        body: get("body")?.dyn_into::<Uint8Array>().ok()?.to_vec(),
    })
}
