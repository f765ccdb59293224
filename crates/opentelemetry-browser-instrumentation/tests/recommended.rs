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

/// What each of them records, and what a page does for it to do so.
const DEEDS: [(&str, &str, &str); 7] = [
    ("fetch", "GET", "await fetch('/?fetch')"),
    (
        "xhr",
        "GET",
        "await new Promise((resolve) => {
            const xhr = new XMLHttpRequest(); xhr.open('GET', '/?xhr'); xhr.onloadend = resolve; xhr.send() })",
    ),
    (
        "errors",
        "exception",
        "dispatchEvent(new ErrorEvent('error', { error: new Error(String(Math.random())), message: 'x', cancelable: true }))",
    ),
    ("user-action", "browser.user_action.click", "document.body.click()"),
    ("navigation", "browser.navigation", "history.pushState(null, '', `#${Math.random()}`)"),
    (
        "resource-timing",
        "browser.resource_timing",
        "await fetch(`/?${Math.random()}`); await new Promise((resolve) => setTimeout(() => requestIdleCallback(resolve, { timeout: 2000 }), 300))",
    ),
    (
        "long-frames",
        "browser.long_",
        "await new Promise(requestAnimationFrame); for (const end = performance.now() + 120; performance.now() < end;);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 300)))",
    ),
];

#[test]
async fn each_is_switched_off_and_on_while_it_runs() {
    loaded().await;
    for (name, record, deed) in DEEDS {
        wasm_bindgen_test::console_log!("{name}");
        let all = Instrumentations::recommended();
        let others: Vec<_> = all.names().filter(|other| *other != name).collect();
        let page = Page::with(others.into_iter().fold(all, Instrumentations::without));
        let count = || {
            let all = page.telemetry.diagnostics();
            all.recorded + all.logs.map_or(0, |logs| logs.recorded)
        };
        // What was there before it began.
        text("await new Promise((resolve) => setTimeout(() => requestIdleCallback(resolve, { timeout: 2000 }), 300))")
            .await;
        assert!(page.installed.set_enabled(name, false));
        let before = count();
        text(deed).await;
        assert_eq!(count(), before, "{name} is off");
        assert!(page.installed.set_enabled(name, true));
        text(deed).await;
        assert!(count() > before, "{name} is on again");
        assert!(page.installed.set_enabled(name, false));
        let before = count();
        text(deed).await;
        assert_eq!(count(), before, "{name} is off again");
        let (spans, records) = page.end_both().await;
        let mut names = spans.iter().chain(&records).map(|item| item.name());
        assert!(names.any(|found| found.starts_with(record)), "{name}");
    }
}
