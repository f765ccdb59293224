//! Many pages of the viewer at once, in one browser.

use e2e::servers::Collector;
use e2e::trace_list::{span, trace_id};
use e2e::trace_page::TracePage;
use fantoccini::wd::WindowHandle;
use serde_json::json;

/// More than a browser has connections to a server.
const WINDOWS: usize = 8;

const READY: &str = "return document.documentElement.dataset.ready ?? null";
const GROWTH: &str = "return document.querySelector('.growth')?.textContent.split(' –')[0] ?? null";
const ROW: &str = "return document.querySelector('.row-spans')?.textContent ?? null";
const SEEN: &str = "return document.visibilityState";
/// How often the page has asked what is new.
const ASKED: &str =
    "return performance.getEntriesByType('resource').filter(({ name }) => /[?&](since|traceID)=/.test(name)).length";

/// Opens a page in a window of its own: a tab would be hidden, but for headless browsers.
async fn open(page: &TracePage, url: &str) -> WindowHandle {
    let client = &page.page.browser.client;
    let window = client.new_window(false).await.expect("there is room for a window").handle;
    client.switch_to_window(window.clone()).await.expect("it is there");
    page.page.browser.goto(url).await;
    page.wait_for(READY, &json!("true")).await;
    window
}

async fn switch(page: &TracePage, window: &WindowHandle) {
    page.page.browser.client.switch_to_window(window.clone()).await.expect("it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_windows_all_load_and_are_all_told_what_is_new() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 10])]).await;
    let path =
        |number: usize| if number.is_multiple_of(2) { format!("/trace/{}", trace_id(1)) } else { "/".to_owned() };
    let page = TracePage::open(&collector.viewer, &path(0)).await;
    let mut windows = vec![page.page.browser.client.window().await.expect("there is one")];
    for number in 1..WINDOWS {
        windows.push(open(&page, &format!("{}{}", collector.viewer, path(number))).await);
    }
    for window in &windows {
        switch(&page, window).await;
        page.wait_for(SEEN, &json!("visible")).await;
    }
    collector.take("web", &[span(1, [2, 1], "late", [2, 5])]).await;
    for (number, window) in windows.iter().enumerate() {
        switch(&page, window).await;
        let (script, told) = if number.is_multiple_of(2) { (GROWTH, "1 new span") } else { (ROW, "2 spans") };
        page.wait_for(script, &json!(told)).await;
    }
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_asks_nothing_and_is_up_to_date_when_it_is_shown() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 10])]).await;
    let trace = format!("/trace/{}", trace_id(1));
    for (path, script, told) in [(trace.as_str(), GROWTH, "1 new span"), ("/", ROW, "2 spans")] {
        let page = TracePage::open(&collector.viewer, path).await;
        let client = &page.page.browser.client;
        let hidden = client.window().await.expect("there is one");
        page.wait_for(&format!("{ASKED} > 0"), &json!(true)).await;
        let shown = open(&page, &collector.viewer).await;
        switch(&page, &hidden).await;
        client.minimize_window().await.expect("it can be hidden");
        page.wait_for(SEEN, &json!("hidden")).await;
        let before = page.page.script(ASKED).await;
        let said = page.page.script(script).await;

        collector.take("web", &[span(1, [2, 1], "late", [2, 5])]).await;
        // Whoever is shown learns of it meanwhile, more than once.
        switch(&page, &shown).await;
        page.wait_for(ROW, &json!("2 spans")).await;
        let asked = page.page.script(ASKED).await.as_u64().expect("a number");
        page.wait_for(&format!("{ASKED} > {}", asked + 2), &json!(true)).await;
        switch(&page, &hidden).await;
        assert_eq!(page.page.script(SEEN).await, "hidden");
        assert_eq!((page.page.script(ASKED).await, page.page.script(script).await), (before, said), "{path}");

        client.set_window_size(1280, 1000).await.expect("it can be shown");
        page.wait_for(script, &json!(told)).await;
        page.assert_no_console_errors().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_asks_for_itself_alone() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 10])]).await;
    let page = TracePage::open(&collector.viewer, &format!("/trace/{}", trace_id(1))).await;
    page.wait_for(&format!("{ASKED} > 1"), &json!(true)).await;
    let apis = "return [...new Set(performance.getEntriesByType('resource').map(({ name }) => new URL(name))
        .filter(({ pathname }) => pathname.startsWith('/api/')).map(({ pathname, search }) => pathname + search))].sort()";
    let id = trace_id(1);
    let asked = [
        format!("/api/list?traceID={id}"),
        format!("/api/logs?traceId={id}&limit=5000"),
        format!("/api/v3/traces/{id}"),
    ];
    page.wait_for(apis, &json!(asked)).await;
}
