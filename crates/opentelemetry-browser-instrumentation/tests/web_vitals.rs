//! Web vitals of a real page. Their values are compared with those of Google's library in the end-to-end tests.

#![cfg(target_arch = "wasm32")]

use opentelemetry_browser_instrumentation::{Instrumentations, WebVitals};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, text};

wasm_bindgen_test_configure!(run_in_browser);

/// Performance entries of the test's choice, given to whoever observes their type, and a page that is hidden.
const SCRIPTED: &str = "globalThis.kept = PerformanceObserver; globalThis.observers = {};
    globalThis.PerformanceObserver = class {
        static supportedEntryTypes = ['paint', 'layout-shift', 'largest-contentful-paint', 'event', 'first-input'];
        constructor(take) { this.take = take }
        observe({ type }) { observers[type] = (...entries) => this.take({ getEntries: () => entries }) }
        takeRecords() { return [] }
        disconnect() { }
    };
    Object.defineProperty(performance, 'interactionCount', { value: 60, configurable: true });
    globalThis.hide = () => {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
        delete document.visibilityState;
    };";

#[test]
async fn the_vitals_are_those_of_their_definitions() {
    text(SCRIPTED).await;
    let page = Page::with(Instrumentations::new().with(WebVitals::new()));
    text("observers.paint({ name: 'first-paint', startTime: 5 }, { name: 'first-contentful-paint', startTime: 2000 });
        const shift = (startTime, value, hadRecentInput = false) => observers['layout-shift']({ startTime, value, hadRecentInput });
        shift(100, 0.125); shift(600, 0.125); shift(700, 9, true); shift(5000, 0.0625);
        const interact = (interactionId, duration) => observers.event({ interactionId, duration, startTime: duration });
        interact(0, 9000); interact(1, 100); interact(1, 600); interact(2, 300); interact(3, 48);
        await new Promise((resolve) => setTimeout(resolve, 20)); hide(); hide(); shift(5900, 0.5); hide();")
    .await;
    let records = page.end_with_records().await;
    text("globalThis.PerformanceObserver = kept; delete performance.interactionCount").await;
    let told: Vec<_> = records
        .iter()
        .map(|one| {
            let of = |key: &str| one.get(&format!("browser.web_vital.{key}")).unwrap();
            (of("name"), of("value"), of("delta"), of("rating"))
        })
        .filter(|(name, ..)| name != "ttfb")
        .collect();
    let of = |name: &str, value: &str, delta: &str, rating: &str| {
        (name.to_owned(), value.to_owned(), delta.to_owned(), rating.to_owned())
    };
    let expected = [
        of("fcp", "2000", "2000", "needs-improvement"),
        of("cls", "0.25", "0.25", "needs-improvement"),
        // Of sixty interactions the second longest.
        of("inp", "300", "300", "needs-improvement"),
        of("cls", "0.5625", "0.3125", "poor"),
    ];
    let as_numbers = |all: &[(String, String, String, String)]| -> Vec<_> {
        all.iter()
            .map(|(name, value, delta, rating)| {
                (name.clone(), value.parse::<f64>().unwrap(), delta.parse::<f64>().unwrap(), rating.clone())
            })
            .collect()
    };
    assert_eq!(as_numbers(&told), as_numbers(&expected));
    let ttfb = records.iter().filter(|one| one.get("browser.web_vital.name").as_deref() == Some("ttfb"));
    assert_eq!(ttfb.count(), 1);
    let keys =
        ["delta", "id", "name", "navigation_type", "rating", "value"].map(|key| format!("browser.web_vital.{key}"));
    assert!(records.iter().all(|one| one.keys() == keys && one.name() == "browser.web_vital"));
}
