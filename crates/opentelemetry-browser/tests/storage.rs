//! Records in a real IndexedDB that cannot be written, read or understood: it is said, nothing is thrown, and the others are sent.
//!
//! The tests change copies of a record that the spool wrote itself, so that they know of its form only what they change.

#![cfg(target_arch = "wasm32")]

mod stored;

use stored::{Page, assert_nothing_was_thrown, evaluate, resolved, until, watch_for_exceptions};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Defines `access(act)`, which runs an operation on the spool's store and gives its result.
async fn define_access() {
    resolved(
        "let name;
         while (!name) [{ name } = {}] = await indexedDB.databases();
         const opening = indexedDB.open(name);
         const database = await new Promise((resolve, reject) => {
             opening.onsuccess = () => resolve(opening.result);
             opening.onerror = () => reject(opening.error);
         });
         globalThis.access = act => new Promise((resolve, reject) => {
             const [store] = database.objectStoreNames;
             const request = act(database.transaction(store, 'readwrite').objectStore(store));
             request.onsuccess = () => resolve(request.result);
             request.onerror = () => reject(request.error);
         });",
    )
    .await;
}

/// Has the spool write a record, if there is none to make copies of yet.
async fn take_sample() {
    if evaluate("return 'sample' in globalThis").is_truthy() {
        return;
    }
    let page = Page::open(true);
    page.record();
    let report = page.processor.shutdown().await.expect_err("nobody takes it").report();
    assert_eq!(report.spooled, 1);
    define_access().await;
    // The page looks itself for what is left behind, and may have begun with what it has just left.
    resolved(
        "const records = () => access(store => store.getAll());
         const isBusy = async () => (await navigator.locks.query()).held.length > 0;
         do await new Promise(resolve => setTimeout(resolve, 50));
         while (await isBusy() || !(await records()).length);
         [globalThis.sample] = await records();",
    )
    .await;
}

/// Fills the store with copies of a record of one span, each changed by a script, from pages that are gone.
async fn plant(changes: &[&str]) {
    take_sample().await;
    resolved("await access(store => store.clear())").await;
    for (number, change) in changes.iter().enumerate() {
        resolved(&format!(
            "let record = structuredClone(sample); {change};
             await access(store => store.put(record, `${{String(Date.now()).padStart(14, '0')}}-gone{number}-0`));"
        ))
        .await;
    }
}

async fn keys() -> String {
    resolved("return (await access(store => store.getAllKeys())).map(key => key.split('-')[1]).join()")
        .await
        .as_string()
        .expect("keys")
}

#[test]
async fn records_that_cannot_be_read_are_removed_and_the_others_sent() {
    watch_for_exceptions();
    plant(&[
        "record = 'garbage'",
        "record = null",
        "record = {}",
        "delete record.body",
        "record.body = 'text'",
        "record.url = 7",
        "record.created = 'yesterday'",
        "record.spans = undefined",
        "",
    ])
    .await;
    let page = Page::open(false);
    until(|| page.processor.diagnostics().resent == 1).await;
    let complaint = page.complaint().expect("it is said");
    assert!(complaint.contains("cannot be read"), "{complaint}");
    page.processor.shutdown().await.expect("nothing is left");
    assert_eq!((page.requests(), keys().await.as_str()), (1, ""));
    assert_nothing_was_thrown();
}

#[test]
async fn records_of_another_version_go_or_wait_for_it() {
    watch_for_exceptions();
    plant(&["record.format = 0", "record.format += 1", ""]).await;
    let page = Page::open(false);
    until(|| page.processor.diagnostics().resent == 1).await;
    page.processor.shutdown().await.expect("nothing is left");
    assert!(page.complaint().is_some(), "the older one is removed with a word");
    assert_eq!((page.requests(), keys().await.as_str()), (1, "gone1"), "the newer one is for those who understand it");
    assert_nothing_was_thrown();
}

#[test]
async fn a_disk_that_is_full_is_said() {
    watch_for_exceptions();
    // That the receiver is down is the error that diagnostics have: this one is said besides, on the console.
    evaluate(
        "globalThis.put ??= IDBObjectStore.prototype.put;
         globalThis.setItem ??= Storage.prototype.setItem;
         console.warn = text => warnings.push(text);",
    );
    let is_said = |word: &str| evaluate(&format!("return warnings.some(text => text.includes('{word}'))")).is_truthy();
    // It is known at once, or when the browser tries to write.
    for (script, word) in [
        ("throw new DOMException('no room', 'QuotaExceededError')", "QuotaExceededError: no room"),
        ("const request = put.apply(this, args); this.transaction.abort(); return request", "AbortError"),
    ] {
        // What IndexedDB refuses is kept in `localStorage`, which has no room either.
        evaluate(&format!(
            "globalThis.warnings = [];
             IDBObjectStore.prototype.put = function (...args) {{ {script} }};
             Storage.prototype.setItem = () => {{ throw new DOMException('no room', 'QuotaExceededError') }}"
        ));
        let page = Page::open(true);
        page.record();
        page.processor.shutdown().await.expect_err("nobody takes it");
        until(|| is_said(word)).await;
        evaluate("IDBObjectStore.prototype.put = put; Storage.prototype.setItem = setItem");
        let page = Page::open(false);
        page.record();
        assert_eq!(page.processor.flush().await.expect("delivered").delivered, 1);
        page.processor.shutdown().await.expect("nothing is left");
    }
    assert_nothing_was_thrown();
}
