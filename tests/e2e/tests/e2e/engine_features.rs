//! What each engine has of that which the page and the library use where it is there. What one lacks is a fact of this test, as what it has
//! is: an engine that learns it makes the test fail, and the table of docs/browsers.md is to be made anew.

use e2e::browser::Browser;
use e2e::engine::Engine;
use e2e::servers::Collector;
use serde_json::{Value, json};

/// A feature as the table has it, what it is used for, an expression that is true where it is there, and the engines that have it.
type Feature = (&'static str, &'static str, &'static str, &'static [Engine]);

const ALL: &[Engine] = &[Engine::Chromium, Engine::Firefox, Engine::WebKit];
const CHROMIUM: &[Engine] = &[Engine::Chromium];

const FEATURES: &[Feature] = &[
    ("`fetch` with `keepalive`", "requests of a page that is left", "'keepalive' in Request.prototype", ALL),
    (
        "`fetchLater`",
        "what a page leaves, a crash included; elsewhere the spool has it for the next page",
        "'fetchLater' in window",
        CHROMIUM,
    ),
    (
        "IndexedDB",
        "the spool, copies against crashes",
        "'indexedDB' in window && 'commit' in IDBTransaction.prototype",
        ALL,
    ),
    ("Web Locks", "one tab at a time sends what earlier pages left", "'locks' in navigator", ALL),
    ("`CompressionStream`", "compressed requests", "'CompressionStream' in window", ALL),
    (
        "module workers",
        "`WorkerTransport`",
        "(() => { let asked = false; try { new Worker('blob:', { get type() { asked = true; return 'module'; } }).terminate(); } catch {} return asked; })()",
        ALL,
    ),
    (
        "`modulepreload`",
        "the page's first span, a round trip sooner",
        "document.createElement('link').relList.supports('modulepreload')",
        ALL,
    ),
    ("Trusted Types", "the viewer's policy", "'trustedTypes' in window", ALL),
    (
        "entries of resources and navigations",
        "timing events",
        "['resource', 'navigation'].every((type) => PerformanceObserver.supportedEntryTypes.includes(type))",
        ALL,
    ),
    (
        "`largest-contentful-paint`, `event`",
        "web vitals LCP and INP",
        "['largest-contentful-paint', 'event'].every((type) => PerformanceObserver.supportedEntryTypes.includes(type))",
        &[Engine::Chromium, Engine::Firefox],
    ),
    ("`layout-shift`", "web vital CLS", "PerformanceObserver.supportedEntryTypes.includes('layout-shift')", CHROMIUM),
    (
        "`long-animation-frame`",
        "long frames",
        "PerformanceObserver.supportedEntryTypes.includes('long-animation-frame')",
        CHROMIUM,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_engine_has_what_the_table_says() {
    let collector = Collector::start().await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/", collector.page)).await;
    let engine = browser.engine;
    let mut found = vec![];
    for (_, _, expression, _) in FEATURES {
        found.push(browser.run(&format!("return Boolean({expression})"), vec![]).await == json!(true));
    }
    write_table_column(engine, &found);
    let expected: Vec<_> = FEATURES.iter().map(|(name, _, _, engines)| (*name, engines.contains(&engine))).collect();
    let found: Vec<_> = FEATURES.iter().zip(found).map(|((name, ..), found)| (*name, found)).collect();
    assert_eq!(found, expected, "{}", engine.name());
}

/// For `cargo xtask browsers`, which makes the table of them.
fn write_table_column(engine: Engine, found: &[bool]) {
    let Some(folder) = std::env::var_os("ENGINE_FEATURES_DIR") else { return };
    let rows = FEATURES.iter().zip(found);
    let rows: Vec<Value> =
        rows.map(|((name, used, ..), found)| json!({ "feature": name, "for": used, "found": found })).collect();
    let path = std::path::Path::new(&folder).join(format!("{}.json", engine.name()));
    std::fs::write(path, json!(rows).to_string()).expect("the column can be written");
}
