//! All at once, as an app installs them.

#![cfg(target_arch = "wasm32")]

use opentelemetry_browser_instrumentation::Instrumentations;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, loaded, text};

wasm_bindgen_test_configure!(run_in_browser);

#[test]
async fn all_are_installed_in_one_line_and_uninstalled_without_a_trace() {
    loaded().await;
    let state =
        "return [fetch, console.error, history.pushState, XMLHttpRequest.prototype.open, XMLHttpRequest.prototype.send]
        .map((one) => `${one}`).join()";
    let before = text(state).await;
    let page = Page::with(Instrumentations::recommended());
    assert_eq!(page.installed.unavailable(), []);
    assert_ne!(text(state).await, before);
    text("await fetch('/'); document.body.click(); history.pushState(null, '', '#on')").await;
    let (spans, records) = page.end_both().await;
    assert_eq!(spans.len(), 1);
    let names: Vec<_> = records.iter().map(|one| one.name()).collect();
    for name in ["browser.navigation", "browser.user_action.click"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(text(state).await, before);
}

#[test]
async fn a_frozen_realm_is_left_as_it_is() {
    text("globalThis.kept = fetch; Object.defineProperty(globalThis, 'fetch', { value: fetch, writable: false, configurable: true });
        globalThis.events = [];")
    .await;
    let page = Page::with(Instrumentations::recommended());
    let names: Vec<_> = page.installed.unavailable().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["fetch"], "the others run");
    assert_eq!(text("return (await fetch('/')).status").await, "200");
    page.end().await;
    text("Object.defineProperty(globalThis, 'fetch', { value: kept, writable: true, configurable: true })").await;
}
