//! Endpoint, service name and sampling ratio: in use at once, and remembered.

use e2e::page::Page;
use e2e::servers::Collector;
use e2e::traces::{services, trace};

#[tokio::test(flavor = "multi_thread")]
async fn settings_outlive_a_reload() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    assert_eq!(page.value("endpoint").await, collector.otlp, "the collector names its own endpoint");
    page.apply(&[("service-name", "shop"), ("sample-ratio", "1.0")]).await;
    page.reload().await;
    assert_eq!(page.value("service-name").await, "shop");
    assert_eq!(page.value("sample-ratio").await, "1");

    let id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    let stored = trace(&collector.viewer, &id, 4).await;
    stored.assert_lookup(100, true);
    assert!(stored.spans.iter().all(|span| span.service == "shop"), "{stored:#?}");
    assert_eq!(services(&collector.viewer).await, ["shop"]);
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_is_sent_before_settings_change() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let id = page.trace_by("lookup-100").await;
    page.apply(&[("service-name", "shop")]).await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
    assert_eq!(services(&collector.viewer).await, ["inprocess"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ratio_of_zero_sends_nothing() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    page.apply(&[("sample-ratio", "0")]).await;
    for button in ["lookup-100", "lookup-1", "run-main"] {
        page.click(button).await;
        page.wait_for_text("trace", |text| text == "not sampled").await;
    }
    assert_eq!(page.trace_link().await, None);

    // Requests come in order: when the spans of later traces are there, earlier ones would be as well.
    page.apply(&[("sample-ratio", "1")]).await;
    let id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
    page.wait_for_text("status", |text| text.contains("4 spans recorded") && text.contains("4 delivered")).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_refused_and_the_old_ones_stay_in_use() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    for (field, wrong) in
        [("endpoint", "localhost:4318"), ("sample-ratio", "2"), ("sample-ratio", "a half"), ("service-name", " ")]
    {
        let right = page.value(field).await;
        page.apply(&[(field, wrong)]).await;
        let problem = page.wait_for_text("settings-problem", |text| !text.is_empty()).await;
        assert!(problem.contains(wrong.trim()), "{field} {wrong:?}: {problem}");
        page.fill(field, &right).await;
    }
    let id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
}
