//! Every button's spans, as the collector and as a real Jaeger have them.

use e2e::jaeger::Jaeger;
use e2e::page::Page;
use e2e::servers::Collector;
use e2e::trace_page::TracePage;
use e2e::traces::{services, trace};
use fantoccini::key::Key;
use serde_json::json;

/// Both lookups, the id field and Run main: 4 + 4 + 4 + 9 spans, with the answers that belong to them.
pub async fn click_through(page: &Page, viewer: &str) {
    let user = json!({ "id": 100, "name": "john", "gender": 1, "site": "https://goframe.org",
        "email": "john@goframe.org", "math": 100, "english": 60, "chinese": 50 });

    let found = page.trace_by("lookup-100").await;
    // As text: the order of the keys is part of the answer.
    assert_eq!(page.answer().await.to_string(), user.to_string());

    let missing = page.trace_by("lookup-1").await;
    assert_eq!(page.answer().await, json!({}));

    page.fill("id", "7").await;
    let typed = page.trace_by("lookup").await;
    assert_eq!(page.answer().await, json!({}));

    let main = page.trace_by("run-main").await;
    assert_eq!(page.answer().await, json!([{}, user]));

    page.click("flush").await;
    trace(viewer, &found, 4).await.assert_lookup(100, true);
    trace(viewer, &missing, 4).await.assert_lookup(1, false);
    trace(viewer, &typed, 4).await.assert_lookup(7, false);
    trace(viewer, &main, 9).await.assert_main();
    assert_eq!(services(viewer).await, ["inprocess"]);
    page.wait_for_text("status", |text| text.contains("21 delivered") && text.contains("0 lost")).await;
    assert_eq!(page.problem().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_collector_has_the_spans_of_every_button() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    click_through(&page, &collector.viewer).await;

    let link = page.trace_link().await.expect("there is a link to the trace");
    assert!(link.starts_with(&collector.viewer), "{link} leads to the viewer on {}", collector.viewer);
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_be_opened_by_either_name_of_loopback() {
    let collector = Collector::start().await;
    let other_name = collector.page.replace("localhost", "127.0.0.1");
    assert_ne!(other_name, collector.page);
    let page = Page::open(&other_name).await;
    let id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_opens_the_trace_in_our_viewer() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let id = page.trace_by("run-main").await;
    page.click("flush").await;
    trace(&collector.viewer, &id, 9).await.assert_main();

    let link = page.trace_link().await.expect("there is a link to the trace");
    let viewer = TracePage { page };
    viewer.visit(&link, "").await;
    // In which order the three below a lookup are shown is not asked: in a clock of whole milliseconds all start at one time.
    let lookup = ["GetDetail", "GetInfo", "GetScores", "GetUser"];
    let names = "return [...document.querySelectorAll('.sizer .row .name')].map((name) => name.textContent).sort()";
    let mut expected = [&["main"][..], &lookup, &lookup].concat();
    expected.sort_unstable();
    viewer.wait_for(names, &json!(expected)).await;
    viewer.keys("e").await;
    viewer.wait_for_selected("GetUser").await;
    viewer.keys(&Key::Enter.to_string()).await;
    viewer.wait_for_words("#detail", "user 1 not found").await;
    viewer.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lookup_logs_its_trace_id() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let id = page.trace_by("lookup-100").await;
    let console = page.browser.console().await;
    assert!(console.iter().any(|line| line.contains(&id)), "{id} stands in the console: {console:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_real_jaeger_has_the_spans_of_every_button() {
    let collector = Collector::start().await;
    let jaeger = Jaeger::start(&collector.page).await;
    let page = Page::open(&collector.page).await;
    page.apply(&[("endpoint", &jaeger.otlp)]).await;
    click_through(&page, &jaeger.viewer).await;
    assert!(services(&collector.viewer).await.is_empty(), "nothing went elsewhere");
    page.assert_no_console_errors().await;
}
