//! A small store of records in IndexedDB, shared by all pages and workers of an origin.
//!
//! Writes are started when they are called, in the order of the calls, and nobody waits for them: that is what a page that is
//! being left can still do. IndexedDB runs the transactions of a store in the order of their creation, so a removal always
//! comes after the write it undoes.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::micros::Micros;

use super::super::StoredRecord;
use super::super::sleep::within;
use super::indexed_db::{finished, once, text};
use super::value::{NOTHING, call};
use super::{shelf, value};

const DATABASE: &str = "opentelemetry-browser";
const STORE: &str = "spool";
/// Of the database's layout: records of another layout cannot be in it.
const VERSION: u32 = 1;
/// How long opening may take: a connection that another page does not let go of can hold it up for ever.
const PATIENCE: Duration = Duration::from_secs(10);

fn factory() -> Result<JsValue, String> {
    // Absent where there is no storage; throws, when it is read, where storage is denied.
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(|thrown| text(&thrown))?;
    if factory.is_undefined() || factory.is_null() {
        return Err("this runtime has no IndexedDB".to_owned());
    }
    Ok(factory)
}

async fn open() -> Result<JsValue, String> {
    let request = call(&factory()?, "open", [&DATABASE.into(), &VERSION.into()]).map_err(|thrown| text(&thrown))?;
    let upgrading = request.clone();
    once(&request, &["upgradeneeded"], move |_event| {
        // If it fails, so does the request.
        if let Ok(store) = call(&value::get(&upgrading, "result"), "createObjectStore", [&STORE.into(), NOTHING]) {
            commit(&store);
        }
    });
    let database = finished(request).await?;
    let closing = database.clone();
    // A later version of this code, in another tab, must not have to wait for this one.
    once(&database, &["versionchange"], move |_event| drop(call(&closing, "close", [NOTHING; 2])));
    Ok(database)
}

enum Connection {
    Opening(Vec<Waiting>),
    /// The database.
    Open(JsValue),
    Failed(String),
}

/// What waits until the store is open, or known never to be.
enum Waiting {
    Write(Write),
    /// Its receiver hears of it when this is dropped.
    Look(#[expect(dead_code, reason = "it is only ever dropped")] oneshot::Sender<()>),
}

struct Write {
    what: What,
    on_end: Box<dyn FnOnce(Result<(), String>)>,
    /// Whether the connection was opened again for it.
    is_second: bool,
}

enum What {
    Put(String, StoredRecord),
    Remove(String),
    Clear,
}

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
    static LEAVING: Cell<bool> = const { Cell::new(false) };
}

/// Opens the store in the background. `on_error` hears why it cannot be.
fn connect(on_error: impl FnOnce(String) + 'static) {
    CONNECTION.set(Some(Connection::Opening(Vec::new())));
    super::task::spawn(async move {
        let opened = within(PATIENCE, open()).await;
        let next = match opened
            .unwrap_or_else(|| Err(format!("the database did not open within {}", Micros::from(PATIENCE))))
        {
            Ok(database) => Connection::Open(database),
            Err(error) => {
                on_error(error.clone());
                Connection::Failed(error)
            }
        };
        if let Some(Connection::Opening(waiting)) = CONNECTION.replace(Some(next)) {
            run_all(waiting);
        }
    });
}

fn run_all(waiting: Vec<Waiting>) {
    for waiting in waiting {
        if let Waiting::Write(write) = waiting {
            run(write);
        }
    }
}

/// Whether the connection was closed behind this code's back, by another version of it or because the site's data was cleared.
fn is_closed<T>(started: &Result<T, JsValue>) -> bool {
    started.as_ref().is_err_and(|thrown| value::text(thrown, "name").as_deref() == Some("InvalidStateError"))
}

/// The origin's store. All handles of a thread share one connection.
#[derive(Clone, Debug)]
pub(crate) struct Storage;

impl Storage {
    /// Opens the store in the background; writes may be called before it is open. `on_error` hears why it cannot be.
    pub(crate) fn open(on_error: impl Fn(String) + 'static) -> Self {
        if CONNECTION.with_borrow(|connection| matches!(connection, None | Some(Connection::Failed(_)))) {
            connect(on_error);
        }
        Self
    }

    /// Whether nothing can be written.
    pub(crate) fn has_failed(&self) -> bool {
        CONNECTION.with_borrow(|connection| matches!(connection, Some(Connection::Failed(_))))
    }

    /// Writes a record under a key, over what is there.
    pub(crate) fn put(&self, key: &str, record: StoredRecord, on_end: impl FnOnce(Result<(), String>) + 'static) {
        run(Write { what: What::Put(key.to_owned(), record), on_end: Box::new(on_end), is_second: false });
    }

    /// Removes a record.
    pub(crate) fn remove(&self, key: &str) {
        // What cannot be removed is found again by a later page, which says so.
        run(Write { what: What::Remove(key.to_owned()), on_end: Box::new(drop), is_second: false });
    }

    /// Says when all that was begun is done: a transaction comes after those before it, also one that changes nothing.
    pub(crate) fn settle(&self, on_end: impl FnOnce() + 'static) {
        run(Write { what: What::Remove(String::new()), on_end: Box::new(|_| on_end()), is_second: false });
    }

    /// Removes all records of all pages. Where the store is not open, and is not being opened, it is deleted as a whole.
    #[cfg(feature = "consent")]
    pub(crate) fn empty() {
        shelf::empty();
        if CONNECTION.with_borrow(|connection| matches!(connection, Some(Connection::Opening(_) | Connection::Open(_))))
        {
            run(Write { what: What::Clear, on_end: Box::new(drop), is_second: false });
        } else if let Ok(factory) = factory() {
            let _ = call(&factory, "deleteDatabase", [&DATABASE.into(), NOTHING]);
        }
    }

    /// The keys of all records.
    pub(crate) fn keys(&self) -> Reading<Vec<String>> {
        Box::pin(async {
            let mut all: Vec<String> = shelf::keys().collect();
            // Why it has failed has been said, and what is elsewhere does not depend on it.
            if !Storage.has_failed() {
                let keys = read("getAllKeys", JsValue::UNDEFINED).await?;
                all.extend(Array::from(&keys).into_iter().filter_map(|key| key.as_string()));
            }
            Ok(all)
        })
    }

    /// A record; `None` if there is none, or none that this code understands.
    pub(crate) fn get(&self, key: &str) -> Reading<Option<StoredRecord>> {
        let key = key.to_owned();
        Box::pin(async move {
            match shelf::get(&key) {
                Some(record) => Ok(Some(record)),
                None => Ok(from_js(&read("get", key.into()).await?)),
            }
        })
    }

    /// The page is being left: `puts`, and what waits for the store to be open, are written where that is done at once. What is
    /// begun in IndexedDB is lost now and then, also if it is open, when the machine is busy.
    pub(crate) fn leave<T>(&self, puts: impl FnOnce() -> T) -> T {
        shelf::measure();
        LEAVING.set(true);
        let waiting = CONNECTION.with_borrow_mut(|connection| match connection {
            Some(Connection::Opening(waiting)) => std::mem::take(waiting),
            _ => Vec::new(),
        });
        run_all(waiting);
        let result = puts();
        LEAVING.set(false);
        result
    }

    /// Resolves when the store is open, or known never to be.
    pub(crate) async fn opened(&self) {
        let (sender, settled) = oneshot::channel();
        CONNECTION.with_borrow_mut(|connection| {
            if let Some(Connection::Opening(waiting)) = connection {
                waiting.push(Waiting::Look(sender));
            }
        });
        let _ = settled.await;
    }
}

/// What is read, behind a pointer: who awaits it in many places has its code once.
type Reading<T> = Pin<Box<dyn Future<Output = Result<T, String>>>>;

/// What a method of the store gives that reads.
fn read(method: &'static str, argument: JsValue) -> Reading<JsValue> {
    Box::pin(async move {
        let start = || {
            let store = store("readonly")?;
            let request = call(&store, method, [&argument, NOTHING]);
            commit(&store);
            request
        };
        let mut started = start();
        if is_closed(&started) {
            connect(drop);
            Storage.opened().await;
            started = start();
        }
        finished(started.map_err(|thrown| text(&thrown))?).await
    })
}

fn store(mode: &str) -> Result<JsValue, JsValue> {
    let database = CONNECTION.with_borrow(|connection| match connection {
        Some(Connection::Open(database)) => Ok(database.clone()),
        Some(Connection::Failed(error)) => Err(error.clone()),
        _ => Err("the store is not open".to_owned()),
    });
    let database = database.map_err(|error| js_sys::Error::new(&error))?;
    let transaction = call(&database, "transaction", [&STORE.into(), &mode.into()])?;
    call(&transaction, "objectStore", [&STORE.into(), NOTHING])
}

/// Commits the transaction of a store. Without this it is committed when the event of its request has been handled, which a page that is
/// being left does not live to see; and one that WebKit keeps in its back/forward cache then holds up all others, a transaction that only
/// reads among them. Where an engine does not have it, so it is.
fn commit(store: &JsValue) {
    let _ = call(&value::get(store, "transaction"), "commit", [NOTHING; 2]);
}

fn run(write: Write) {
    match &write.what {
        What::Put(key, record) if LEAVING.get() && shelf::put(key, record) => return (write.on_end)(Ok(())),
        What::Put(..) | What::Clear => {}
        What::Remove(key) => shelf::remove(key),
    }
    let write = CONNECTION.with_borrow_mut(|connection| match connection {
        Some(Connection::Opening(waiting)) => {
            waiting.push(Waiting::Write(write));
            None
        }
        _ => Some(write),
    });
    let Some(write) = write else { return };
    let started = store("readwrite").and_then(|store| {
        match &write.what {
            What::Put(key, record) => call(&store, "put", [&to_js(record)?, &key.into()]),
            What::Remove(key) => call(&store, "delete", [&key.into(), NOTHING]),
            What::Clear => call(&store, "clear", [NOTHING; 2]),
        }?;
        commit(&store);
        Ok(value::get(&store, "transaction"))
    });
    match started {
        Ok(ended) => {
            // Not the request's success: a full disk shows when the transaction is committed.
            once(&ended.clone(), &["complete", "abort"], move |event| {
                let is_complete = value::text(&event, "type").as_deref() == Some("complete");
                let error = value::get(&ended, "error");
                (write.on_end)(match error {
                    _ if is_complete => Ok(()),
                    // Nothing went wrong: somebody aborted it (Indexed Database API, "abort a transaction").
                    error if error.is_null() => Err("AbortError: the transaction was aborted".to_owned()),
                    error => Err(text(&error)),
                });
            });
        }
        started if is_closed(&started) && !write.is_second => {
            connect(drop);
            run(Write { is_second: true, ..write });
        }
        Err(thrown) => {
            let is_kept = matches!(&write.what, What::Put(key, record) if shelf::put(key, record));
            (write.on_end)(if is_kept { Ok(()) } else { Err(text(&thrown)) });
        }
    }
}

fn to_js(record: &StoredRecord) -> Result<JsValue, JsValue> {
    let object = Object::new();
    let set = |name: &str, value: JsValue| value::set(&object, name, &value);
    set("format", record.format.into())?;
    set("url", record.url.as_str().into())?;
    set("created", record.created.into())?;
    set("spans", record.spans.into())?;
    set("attempts", record.attempts.into())?;
    set("body", Uint8Array::from(record.body.as_slice()).into())?;
    Ok(object.into())
}

fn from_js(record: &JsValue) -> Option<StoredRecord> {
    let number = |name: &str| value::get(record, name).as_f64();
    Some(StoredRecord {
        format: number("format")? as u32,
        url: value::text(record, "url")?,
        created: number("created")?,
        spans: number("spans")? as u32,
        attempts: number("attempts").unwrap_or_default() as u32,
        body: value::get(record, "body").dyn_into::<Uint8Array>().ok()?.to_vec(),
    })
}

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
