//! Spans that are still queued when their page goes.

use e2e::browser::Browser;
use e2e::page::Page;
use e2e::servers::Collector;
use e2e::traces::trace;
use serde_json::json;

/// Takes the page's timers away, so that only its going can send what is queued.
async fn without_timers(browser: &Browser) {
    let source = "for (const timer of ['setTimeout', 'setInterval']) {
        const real = window[timer];
        window[timer] = (work, delay, ...rest) => delay >= 1000 ? 0 : real.call(window, work, delay, ...rest);
    }";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
}

async fn open_without_timers(collector: &Collector) -> Page {
    let page = Page { browser: Browser::start().await };
    without_timers(&page.browser).await;
    page.visit(&collector.page).await;
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_page_navigates_away() {
    let collector = Collector::start().await;
    let page = open_without_timers(&collector).await;
    let id = page.trace_by("run-main").await;
    page.browser.goto("about:blank").await;
    trace(&collector.viewer, &id, 9).await.assert_main();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_page_is_reloaded() {
    let collector = Collector::start().await;
    let page = open_without_timers(&collector).await;
    let id = page.trace_by("run-main").await;
    page.reload().await;
    trace(&collector.viewer, &id, 9).await.assert_main();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_tab_is_closed() {
    let collector = Collector::start().await;
    let page = open_without_timers(&collector).await;
    let client = &page.browser.client;
    // The browser ends with its last tab.
    let this = client.window().await.expect("the tab has a handle");
    client.new_window(true).await.expect("another tab opens");
    client.switch_to_window(this).await.expect("the tab is still there");
    let id = page.trace_by("run-main").await;
    client.close_window().await.expect("the tab closes");
    trace(&collector.viewer, &id, 9).await.assert_main();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_page_is_hidden() {
    let collector = Collector::start().await;
    let page = open_without_timers(&collector).await;
    let id = page.trace_by("run-main").await;
    let client = &page.browser.client;
    let tab = client.new_window(true).await.expect("another tab opens").handle;
    client.switch_to_window(tab).await.expect("the other tab can be chosen");
    trace(&collector.viewer, &id, 9).await.assert_main();
}
