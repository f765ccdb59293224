//! Consent in a real browser: the origin's storage, and what other documents of the origin tell.

#![cfg(target_arch = "wasm32")]

mod stored;

use opentelemetry::Context;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_browser::{
    BoxFuture, Request, Response, RetryPolicy, SessionConfig, SpoolConfig, Telemetry, Transport, TransportError,
};
use stored::{assert_nothing_was_thrown, evaluate, resolved, until, watch_for_exceptions};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[derive(Clone, Debug)]
struct Down;

impl Transport for Down {
    fn send(&self, _request: Request) -> BoxFuture<Result<Response, TransportError>> {
        Box::pin(std::future::ready(Err(TransportError::network("down"))))
    }
}

fn open() -> Telemetry {
    let builder = Telemetry::builder().with_transport(Down).with_retry(RetryPolicy::none());
    let builder = builder.with_spool(SpoolConfig::default()).with_session(SessionConfig::default());
    builder.with_console_warnings(false).build().expect("a pipeline")
}

fn record(telemetry: &Telemetry) {
    telemetry.provider().tracer("test").start_with_context("span", &Context::new());
}

/// The items of the origin's storage, and the records of its database.
const STORED: &str = "
    const items = [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith('opentelemetry'));
    const counts = (await indexedDB.databases()).map(({ name }) => new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = reject;
        opening.onsuccess = () => {
            const database = opening.result;
            const [store] = database.objectStoreNames;
            if (!store) return resolve(0);
            const counting = database.transaction(store).objectStore(store).count();
            counting.onsuccess = () => (database.close(), resolve(counting.result));
        };
    }));
    return items.length + (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);";

async fn stored() -> u32 {
    resolved(STORED).await.as_f64().expect("a number") as u32
}

#[test]
async fn the_origins_storage_is_emptied_and_begun_again() {
    watch_for_exceptions();
    let page = open();
    record(&page);
    let id = page.session_id().expect("a session");
    // A copy against crashes, and the session.
    while stored().await < 2 {}
    // What a page left, and what is of somebody else.
    evaluate(
        "localStorage.setItem('opentelemetry-browser:spool:1-x-1', '2 1 1 0 http://localhost/\\n{}'); localStorage.mine = 1",
    );
    page.consent(false);
    while stored().await > 0 {}
    record(&page);
    assert_eq!((page.session_id(), page.has_consent()), (None, false));
    resolved("await new Promise((resolve) => setTimeout(resolve, 1500))").await;
    assert_eq!(stored().await, 0, "nothing comes after it");
    assert_eq!(evaluate("return localStorage.mine").as_string().as_deref(), Some("1"));

    page.consent(true);
    record(&page);
    assert_ne!(page.session_id().expect("a session"), id);
    while stored().await < 2 {}
    page.consent(false);
    while stored().await > 0 {}
    assert_nothing_was_thrown();
}

#[test]
async fn another_tab_stops_this_one_and_lets_it_begin_again() {
    let page = open();
    page.consent(true);
    record(&page);
    // A document of the same origin is another tab as far as `storage` events are concerned.
    let tell = |what: &str| {
        evaluate(&format!(
            "const frame = document.body.appendChild(document.createElement('iframe'));
             const {{ localStorage: storage }} = frame.contentWindow;
             storage.setItem('opentelemetry.consent', '{what}');
             storage.removeItem('opentelemetry.consent');
             setTimeout(() => frame.remove(), 1000);"
        ));
    };
    tell("withdrawn");
    until(|| !page.has_consent()).await;
    assert_eq!(page.session_id(), None);
    while stored().await > 0 {}
    tell("given");
    until(|| page.has_consent()).await;
    assert!(page.session_id().is_some());

    // And this one tells others, and leaves nothing behind by that.
    evaluate(
        "const frame = document.body.appendChild(document.createElement('iframe'));
         globalThis.heard = [];
         frame.contentWindow.addEventListener('storage', ({ key, newValue }) => {
             if (key === 'opentelemetry.consent' && newValue) heard.push(newValue);
         });",
    );
    page.consent(false);
    until(|| evaluate("return heard.join()").as_string().as_deref() == Some("withdrawn")).await;
    while stored().await > 0 {}
}

#[test]
async fn without_storage_it_stops_all_the_same() {
    watch_for_exceptions();
    evaluate(
        "globalThis.own = ['localStorage', 'indexedDB'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
         for (const [name] of own) Object.defineProperty(globalThis, name, {
             configurable: true, get() { throw new DOMException('denied', 'SecurityError') } });",
    );
    let page = open();
    page.consent(true);
    record(&page);
    assert!(page.session_id().is_some());
    page.consent(false);
    record(&page);
    assert_eq!(page.session_id(), None);
    let counts = page.diagnostics();
    assert_eq!((counts.recorded, counts.dropped.withdrawn), (1, 1));
    page.consent(true);
    evaluate("for (const [name, property] of own) Object.defineProperty(globalThis, name, property)");
    assert_nothing_was_thrown();
}
