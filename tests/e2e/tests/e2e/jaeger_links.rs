//! Links of Jaeger's UI, opened here; and what stands in the place of the viewer where scripts do not run.

use e2e::servers::Collector;
use e2e::trace_list::{BASE, TraceList, span, trace_id};
use e2e::trace_page::{TracePage, send, span as span_of};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_search_shows_the_list_with_its_filters() {
    let collector = Collector::start().await;
    let mut failed = span(1, [1, 0], "GET /", [0, 20_000]);
    failed["status"] = json!({ "code": 2 });
    collector.take("web", &[failed]).await;
    collector.take("web", &[span(2, [1, 0], "GET /", [1_000_000, 20_000])]).await;
    collector.take("db", &[span(3, [1, 0], "select", [2_000_000, 20_000])]).await;

    let list = TraceList::open(&collector, "").await;
    list.visit(&format!(
        "/search?end={}&limit=20&lookback=1h&maxDuration&minDuration=10ms&operation=GET%20%2F&service=web&start={BASE}\
         &tags=%7B%22error%22%3A%22true%22%7D",
        BASE + 3_600_000_000
    ))
    .await;
    list.wait_for_traces(&[1]).await;
    for (field, value) in [
        ("service", "web"),
        ("operation", "GET /"),
        ("tags", "error=true"),
        ("minDuration", "10ms"),
        ("maxDuration", ""),
        ("lookback", "custom"),
        ("limit", "20"),
    ] {
        assert_eq!(list.page.value(&format!("filter-{field}")).await, value, "{field}");
    }
    list.visit("/search?service=web&operation=all").await;
    list.wait_for_url("/?service=web").await;
    list.wait_for_traces(&[2, 1]).await;
    list.visit(&format!("/trace/{}...{}", trace_id(1), trace_id(2))).await;
    list.wait_for_url(&format!("/compare?a={}&b={}", trace_id(1), trace_id(2))).await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_opens_with_what_its_link_looks_for() {
    let collector = Collector::start().await;
    let spans = [
        span_of(0xab, 1, 0, "checkout", [0, 300], json!({})),
        span_of(0xab, 2, 1, "order", [10, 200], json!({})),
        span_of(0xab, 3, 1, "charge", [210, 290], json!({})),
    ];
    send(&collector.otlp, "web", &spans).await;
    let page = TracePage::open(&collector.viewer, "/trace/AB/?uiFind=charge%20order").await;
    page.wait_for_words(".find-status", "1 of 2").await;
    page.wait_for_selected("order").await;
    page.wait_for("return document.querySelector('#find').value", &json!("charge order")).await;
    page.keys("n").await;
    page.wait_for_selected("charge").await;
    // What is typed is looked for as it is.
    page.keys("/charge").await;
    page.wait_for_words(".find-status", "1 of 1").await;
    page.visit(&collector.viewer, "/trace/00AB?uiFind=0000000000000003").await;
    page.wait_for_selected("charge").await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_viewer_says_so() {
    let collector = Collector::start().await;
    send(&collector.otlp, "web", &[span_of(1, 1, 0, "checkout", [0, 300], json!({}))]).await;
    let page = TracePage::open(&collector.viewer, "/trace/1").await;
    page.wait_for_words(".trace-header", "checkout").await;
    page.page.browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    for path in ["/", "/trace/1", "/map"] {
        page.page.browser.goto(&format!("{}{path}", collector.viewer)).await;
        page.wait_for_words("main", "The viewer needs JavaScript").await;
        page.wait_for_words("main a[href='/api/list']", "the newest traces").await;
    }
    page.assert_no_console_errors().await;
}
