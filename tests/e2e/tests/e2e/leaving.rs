//! Spans that are still queued when their page goes.

use e2e::browser::Browser;
use e2e::page::Page;
use e2e::page_files::PageFiles;
use e2e::servers::Collector;
use e2e::traces::trace;

/// Takes the page's timers away, so that only its going can send what is queued.
const NO_TIMERS: &str = "for (const timer of ['setTimeout', 'setInterval']) {
    const real = window[timer];
    window[timer] = (work, delay, ...rest) => delay >= 1000 ? 0 : real.call(window, work, delay, ...rest);
}";

async fn open_without_timers(files: &PageFiles) -> (Collector, Page) {
    let collector = Collector::serving(files.path()).await;
    let page = Page { browser: Browser::start().await };
    page.visit(&collector.page).await;
    (collector, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_page_navigates_away() {
    let files = PageFiles::with_script(NO_TIMERS);
    let (collector, page) = open_without_timers(&files).await;
    let id = page.trace_by("run-main").await;
    page.browser.goto("about:blank").await;
    trace(&collector.viewer, &id, 9).await.assert_main();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_page_is_reloaded() {
    let files = PageFiles::with_script(NO_TIMERS);
    let (collector, page) = open_without_timers(&files).await;
    let id = page.trace_by("run-main").await;
    page.reload().await;
    trace(&collector.viewer, &id, 9).await.assert_main();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_arrive_when_the_tab_is_closed() {
    let files = PageFiles::with_script(NO_TIMERS);
    let (collector, page) = open_without_timers(&files).await;
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
    let files = PageFiles::with_script(NO_TIMERS);
    let (collector, page) = open_without_timers(&files).await;
    let id = page.trace_by("run-main").await;
    page.browser.hide().await;
    trace(&collector.viewer, &id, 9).await.assert_main();
}
