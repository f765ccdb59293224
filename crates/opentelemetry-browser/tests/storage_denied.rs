//! A browser that denies its storage, or has what cannot be used: it is said, and tracing goes on.

#![cfg(target_arch = "wasm32")]

mod stored;

use stored::{Page, assert_nothing_was_thrown, evaluate, resolved, until, watch_for_exceptions};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Has the getter of `indexedDB` do something else.
fn instead(script: &str) {
    evaluate(&format!(
        "globalThis.original ??= indexedDB;
         Object.defineProperty(globalThis, 'indexedDB', {{ configurable: true, get() {{ {script} }} }})"
    ));
}

async fn is_said_and_not_in_the_way(word: &str) {
    let page = Page::open(false);
    until(|| page.complaint().is_some()).await;
    let complaint = page.complaint().unwrap_or_default();
    assert!(complaint.contains(word), "{complaint}");
    page.record();
    assert_eq!(page.processor.flush().await.expect("delivered").delivered, 1);
    page.processor.shutdown().await.expect("nothing is left");

    // What cannot be delivered either ends with the page.
    let page = Page::open(true);
    page.record();
    let report = page.processor.shutdown().await.expect_err("nobody takes it").report();
    assert_eq!((report.delivered, report.retrying), (0, 0), "{report:?}");
    assert_eq!(page.requests(), 1);
    assert_nothing_was_thrown();
}

#[test]
async fn storage_that_is_denied_missing_or_too_new_is_said() {
    watch_for_exceptions();
    instead("throw new DOMException('denied', 'SecurityError')");
    is_said_and_not_in_the_way("SecurityError: denied").await;
    instead("return undefined");
    is_said_and_not_in_the_way("no IndexedDB").await;
    instead("return { open() { throw new DOMException('private', 'InvalidStateError') } }");
    is_said_and_not_in_the_way("InvalidStateError: private").await;

    // A later version of the page's code, which has been rolled back since, has left a database of its own layout.
    instead("return original");
    resolved(
        "await new Promise((resolve, reject) => {
             const request = original.open('opentelemetry-browser', 1000);
             request.onsuccess = () => { request.result.close(); resolve() };
             request.onerror = () => reject(request.error);
         })",
    )
    .await;
    is_said_and_not_in_the_way("VersionError").await;
}
