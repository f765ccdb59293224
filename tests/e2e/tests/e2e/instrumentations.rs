//! The instrumentations' scripts in pages: web vitals beside Google's library, for a visitor who uses a page, leaves it and comes back;
//! the trace that its server tells of; and pages that have spoiled what a browser has.

use e2e::browser::Browser;
use e2e::programs;
use e2e::servers::StaticServer;
use e2e::wait;
use fantoccini::Locator;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const HEADERS: &[(&str, &str)] =
    &[("server-timing", "db;dur=5, traceparent;desc=\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"")];

/// A browser with one of the pages, or of their files; and what serves it, for as long as it is there.
async fn open(file: &str) -> (Browser, StaticServer) {
    let server = StaticServer::with_headers(&programs::oracle_pages(), HEADERS).await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/{file}", server.url)).await;
    (browser, server)
}

/// What was told of each metric, by whom.
async fn told(browser: &Browser) -> [BTreeMap<String, Vec<Value>>; 2] {
    let told = browser.run("return told", vec![]).await;
    ["ours", "theirs"].map(|by| {
        let mut found = BTreeMap::<String, Vec<Value>>::new();
        for one in told[by].as_array().expect("a list") {
            let (mut one, name) = (one.clone(), one["name"].as_str().expect("a name").to_owned());
            if one["type"] == "back-forward-cache" && ["fcp", "lcp"].contains(&name.as_str()) {
                // Each takes the time itself, in the same frame, one after the other.
                assert!(one["value"].as_f64().is_some_and(|value| value > 0.0), "{one}");
                (one["value"], one["delta"]) = (Value::Null, Value::Null);
            }
            found.entry(name).or_default().push(one);
        }
        found
    })
}

async fn until_told(browser: &Browser, names: &[&str], kind: &str) -> BTreeMap<String, Vec<Value>> {
    wait::until("both to tell the same", async || {
        let [ours, theirs] = told(browser).await;
        let has = |name: &&str| theirs.get(*name).is_some_and(|all| all.iter().any(|one| one["type"] == kind));
        if ours == theirs && names.iter().all(has) {
            Ok(ours)
        } else {
            Err(format!("{ours:#?}\nand theirs\n{theirs:#?}"))
        }
    })
    .await
}

async fn use_page(browser: &Browser) {
    let client = &browser.client;
    let find = async |id: &'static str| client.find(Locator::Id(id)).await.expect("it is there");
    for _ in 0..2 {
        find("slow").await.click().await.expect("clicked");
    }
    find("text").await.send_keys("ab").await.expect("typed");
    find("shift").await.click().await.expect("clicked");
    wait::until("the shift", async || match browser.run("return globalThis.isShifted", vec![]).await {
        Value::Bool(true) => Ok(()),
        other => Err(other),
    })
    .await;
}

/// Hides the page's tab, and comes back to it.
async fn hide(browser: &Browser) {
    let client = &browser.client;
    let this = client.window().await.expect("the tab has a handle");
    let other = client.new_window(true).await.expect("another tab opens").handle;
    client.switch_to_window(other).await.expect("the other tab can be chosen");
    client.close_window().await.expect("it closes");
    client.switch_to_window(this).await.expect("the tab is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_those_of_googles_library() {
    let (browser, _server) = open("vitals.html").await;
    until_told(&browser, &["fcp", "ttfb"], "navigate").await;
    use_page(&browser).await;
    until_told(&browser, &["fcp", "lcp", "ttfb"], "navigate").await;
    hide(&browser).await;
    let all = until_told(&browser, &["cls", "fcp", "inp", "lcp", "ttfb"], "navigate").await;
    let value = |name: &str| all[name][0]["value"].as_f64().expect("a number");
    assert!(value("cls") > 0.0 && value("inp") >= 100.0 && value("lcp") > 0.0, "{all:#?}");
    // What is hidden again says nothing that it has said.
    browser.run("isShifted = false", vec![]).await;
    use_page(&browser).await;
    hide(&browser).await;
    until_told(&browser, &["cls", "fcp", "inp", "lcp", "ttfb"], "navigate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn back_from_the_back_forward_cache_they_begin_anew() {
    let (browser, server) = open("vitals.html").await;
    until_told(&browser, &["fcp", "ttfb"], "navigate").await;
    browser.run("addEventListener('pageshow', ({ persisted }) => (globalThis.isPersisted = persisted))", vec![]).await;
    browser.goto(&format!("{}/vitals.js", server.url)).await;
    browser.client.back().await.expect("there is a page before");
    let persisted = browser.run("return globalThis.isPersisted ?? null", vec![]).await;
    assert_eq!(persisted, json!(true), "the page was kept");
    until_told(&browser, &["fcp", "lcp", "ttfb"], "back-forward-cache").await;
    use_page(&browser).await;
    hide(&browser).await;
    until_told(&browser, &["cls", "fcp", "inp", "lcp", "ttfb"], "back-forward-cache").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_loaded_hidden_was_not_painted_in_time() {
    let (browser, server) = open("vitals.js").await;
    let url = format!("{}/vitals.html", server.url);
    browser.devtools("Target.createTarget", json!({ "url": url, "background": true })).await;
    let client = &browser.client;
    let this = client.window().await.expect("the tab has a handle");
    let other = wait::until("the tab in the background", async || {
        let all = client.windows().await.expect("tabs have handles");
        all.into_iter().find(|one| *one != this).ok_or("none yet")
    })
    .await;
    client.switch_to_window(other).await.expect("the other tab can be chosen");
    wait::until("the page", async || match browser.run("return document.readyState", vec![]).await {
        state if state == "complete" => Ok(()),
        state => Err(state),
    })
    .await;
    let hidden = "return performance.getEntriesByType('visibility-state')[0]?.name ?? null";
    assert_eq!(browser.run(hidden, vec![]).await, "hidden", "it was loaded in the background");
    until_told(&browser, &["ttfb"], "navigate").await;
    use_page(&browser).await;
    hide(&browser).await;
    let all = until_told(&browser, &["inp", "ttfb"], "navigate").await;
    assert!(!all.contains_key("fcp") && !all.contains_key("lcp"), "{all:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_page_has_spoiled_nothing_is_thrown_and_nothing_stays() {
    let (browser, _server) = open("hostile.html").await;
    let seen = wait::until("the page to have tried all", async || {
        let seen = browser.run("return globalThis.seen ?? null", vec![]).await;
        if seen.is_null() { Err(browser.console().await) } else { Ok(seen) }
    })
    .await;
    assert_eq!(seen["wrong"], json!([]));
    let count = |what: &str| seen[what].as_u64().expect("a number");
    assert!(count("spoiled") > 20 && count("acts") > 300, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_tells_of_its_servers_trace() {
    let (browser, _server) = open("vitals.html").await;
    let timed = wait::until("the document to be timed", async || {
        let timed = browser.run("return told.navigation", vec![]).await;
        timed.get(0).cloned().ok_or(timed)
    })
    .await;
    // No meta tag has one, the header has.
    assert_eq!(timed["traceparent"], json!([null, TRACEPARENT]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_the_engine_takes_for_a_navigation_has_vitals_of_its_own() {
    let (browser, _server) = open("routes.html").await;
    until_told(&browser, &["fcp", "ttfb"], "navigate").await;
    let is_told = "return PerformanceObserver.supportedEntryTypes.includes('soft-navigation')";
    assert_eq!(browser.run(is_told, vec![]).await, true, "Chromium tells of soft navigations");
    let click = async |what: &'static str| {
        let found = browser.client.find(Locator::Css(what)).await.expect("it is there");
        found.click().await.expect("clicked");
    };
    for route in 1..=2 {
        click("#route").await;
        let vitals = async |name: &'static str, count: usize| {
            wait::until(name, async || {
                let [ours, _] = told(&browser).await;
                let is_of_route = |one: &&Value| one["type"] == "soft-navigation";
                let found: Vec<_> = ours.get(name).into_iter().flatten().filter(is_of_route).cloned().collect();
                if found.len() == count { Ok(found) } else { Err(ours) }
            })
            .await
        };
        let last = |all: Vec<Value>| all.last().and_then(|one| one["value"].as_f64()).expect("a value");
        assert_eq!(last(vitals("ttfb", route).await), 0.0);
        let fcp = last(vitals("fcp", route).await);
        // The visitor acts, so that the largest paint is known.
        click("h1").await;
        let lcp = last(vitals("lcp", route).await);
        assert!(fcp > 0.0 && lcp >= fcp, "{fcp} {lcp}");
    }
    hide(&browser).await;
    let [ours, _] = wait::until("the last ones", async || {
        let both = told(&browser).await;
        let count = both[0].get("cls").map_or(0, Vec::len);
        if count == 3 { Ok(both) } else { Err(both) }
    })
    .await;
    // Those of the document were told when its first route began, and once.
    for name in ["cls", "fcp", "lcp", "ttfb"] {
        let kinds: Vec<_> = ours[name].iter().map(|one| one["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds, ["navigate", "soft-navigation", "soft-navigation"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_rendered_before_is_told_of_when_it_is_seen() {
    let (browser, _server) = open("routes.html").await;
    wait::until("the page to be rendered", async || {
        match browser.run("return localStorage.isPrerendered ?? null", vec![]).await {
            Value::String(url) if url.ends_with("vitals.html?rendered") => Ok(()),
            other => Err(other),
        }
    })
    .await;
    browser.client.find(Locator::Id("page")).await.expect("a link").click().await.expect("clicked");
    let activated = "return globalThis.told ? performance.getEntriesByType('navigation')[0].activationStart : null";
    let start = wait::until("the page", async || match browser.run(activated, vec![]).await.as_f64() {
        Some(start) if start > 0.0 => Ok(start),
        other => Err(other),
    })
    .await;
    until_told(&browser, &["fcp", "ttfb"], "prerender").await;
    use_page(&browser).await;
    hide(&browser).await;
    until_told(&browser, &["cls", "fcp", "inp", "lcp", "ttfb"], "prerender").await;
    let told = browser.run("return told", vec![]).await;
    assert_eq!(told["early"], 0, "nothing is told of a page that nobody may ever see");
    let timed = told["navigation"].as_array().expect("a list");
    assert_eq!(timed.len(), 1);
    assert_eq!(timed[0]["browser.navigation_timing.activation_start"], start);
}
