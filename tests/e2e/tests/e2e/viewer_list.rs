//! The viewer's list: searched, followed, brushed, and walked through by keyboard.

use e2e::servers::Collector;
use e2e::trace_list::{BASE, TraceList, span, trace_id};
use fantoccini::key::Key;
use serde_json::json;

/// Traces 1 to 4 of `web`, each a second after the one before and ten times as long, from 1 ms on; the last of them failed, and
/// also has a span of `db`.
async fn four_traces(collector: &Collector) {
    for trace in 1..=4_u32 {
        let number = u64::from(trace);
        let mut root = span(number, [1, 0], &format!("GET /{trace}"), [number * 1_000_000, 10_u64.pow(trace + 2)]);
        if trace == 4 {
            root["status"] = json!({ "code": 2 });
        }
        collector.take("web", &[root]).await;
    }
    collector.take("db", &[span(4, [2, 1], "select", [4_000_100, 50])]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_live_in_the_url() {
    let collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    for (selector, text) in [(".row-spans", "2 spans"), (".row-errors", "1 error"), (".row-duration-text", "1.00 s")] {
        list.wait_for_text(selector, text).await;
    }

    list.find("#filter-service").await.select_by_value("db").await.expect("db is a choice");
    list.wait_for_url("/?service=db").await;
    list.wait_for_traces(&[4]).await;
    list.find("#filter-service").await.select_by_value("").await.expect("all are a choice");
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.page.fill("filter-minDuration", "10ms").await;
    list.type_keys(&Key::Enter.to_string()).await;
    list.wait_for_url("/?minDuration=10ms").await;
    list.wait_for_traces(&[4, 3, 2]).await;
    list.page.fill("filter-tags", "error=true").await;
    list.type_keys(&Key::Enter.to_string()).await;
    let both = "/?tags=%7B%22error%22%3A%22true%22%7D&minDuration=10ms";
    list.wait_for_url(both).await;
    list.wait_for_traces(&[4]).await;

    let client = &list.page.browser.client;
    client.back().await.expect("there is a page before");
    list.wait_for_traces(&[4, 3, 2]).await;
    assert_eq!(list.page.value("filter-tags").await, "");
    client.forward().await.expect("there is a page after");
    list.wait_for_traces(&[4]).await;
    client.refresh().await.expect("the page reloads");
    list.wait_until_ready().await;
    list.wait_for_traces(&[4]).await;
    assert_eq!(list.page.value("filter-tags").await, "error=true");
    assert_eq!(list.page.value("filter-minDuration").await, "10ms");
    list.visit("/?sort=longest&unheard=of").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.visit("/?operation=nothing").await;
    list.click("#clear-filters").await;
    list.wait_for_url("/").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_at_its_field() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "?minDuration=5").await;
    let said = "return document.querySelector('#error-minDuration').textContent";
    assert!(list.page.script(said).await.as_str().unwrap().contains("such as 100ms"), "as the collector says it");
    assert_eq!(list.page.script("return document.activeElement.id").await, "filter-minDuration");
    list.page.fill("filter-minDuration", "5ms").await;
    list.type_keys(&Key::Enter.to_string()).await;
    list.wait_for_url("/?minDuration=5ms").await;
    list.wait_for_text("#error-minDuration", "").await;
    list.page.fill("filter-tags", "error").await;
    list.type_keys(&Key::Enter.to_string()).await;
    list.wait_for("an error", "document.querySelector('#error-tags').textContent.includes('key=value')", &json!(true))
        .await;
    list.wait_for_url("/?minDuration=5ms").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_traces_come_by_themselves_and_wait_while_paused() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    assert!(list.page.text("empty").await.contains(&collector.otlp), "where spans go");
    list.wait_for_text("#live-state", "live").await;
    collector.take("web", &[span(1, [1, 9], "late", [10, 10])]).await;
    list.wait_for_traces(&[1]).await;
    list.wait_for_text(".row-note", "root span missing").await;

    // It grows in its place, and what has the focus keeps it while another comes above.
    list.type_keys("j").await;
    list.page.script("document.querySelector('.row').marked = true").await;
    collector.take("web", &[span(1, [9, 0], "root", [0, 1_000])]).await;
    list.wait_for_text(".row-spans", "2 spans").await;
    list.wait_for_text(".row-duration-text", "1.00 ms").await;
    list.wait_for_text(".row-note", "").await;
    collector.take("web", &[span(2, [1, 0], "newer", [50, 10])]).await;
    list.wait_for_traces(&[2, 1]).await;
    let kept = "const row = document.activeElement.closest('.row'); return [row.marked, row.matches(':last-child')]";
    assert_eq!(list.page.script(kept).await, json!([true, true]));

    list.type_keys("p").await;
    collector.take("web", &[span(3, [1, 0], "third", [60, 10]), span(4, [1, 0], "fourth", [70, 10])]).await;
    list.wait_for_text("#live-state", "paused, 2 new").await;
    list.wait_for_traces(&[2, 1]).await;
    list.click("#pause").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.wait_for_text("#live-state", "live").await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_started_anew_is_found_again() {
    let mut collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "").await;
    list.wait_for_text("#live-state", "live").await;
    collector.kill().await;
    list.wait_for_text("#live-state", "connection lost, trying again").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    let again = Collector::start_again(&collector).await;
    again.take("web", &[span(7, [1, 0], "after", [0, 10])]).await;
    list.wait_for_traces(&[7]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_is_brushed_and_undone_and_a_point_opens_its_trace() {
    let collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "?sort=longest").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.wait_for("the failed one's shape", "document.querySelectorAll('.scatter-point.failed').length", &json!(1))
        .await;

    // From below the second to above the third, which are the two in the middle.
    list.page.drag(".scatter-drawing", [-300.0, 60.0], [600.0, -110.0]).await;
    list.wait_for_traces(&[3, 2]).await;
    let query = list.page.script("return [...new URLSearchParams(location.search).keys()].sort().join()").await;
    assert!(query.as_str().unwrap().contains("end,") && query.as_str().unwrap().contains("start"), "{query}");
    let start = list.page.script("return Number(new URLSearchParams(location.search).get('start'))").await;
    assert!((BASE + 1_000_000..=BASE + 2_000_000).contains(&start.as_u64().unwrap()), "{start}");
    list.click("#undo-region").await;
    list.wait_for_url("/?sort=longest").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;

    let failed = list.find(".scatter-point.failed").await.rectangle().await.expect("it has a place");
    let plot = list.find(".scatter-drawing").await.rectangle().await.expect("it has a place");
    let centre = |(x, y, width, height): (f64, f64, f64, f64)| (x + width / 2.0, y + height / 2.0);
    let ((x, y), (left, top)) = (centre(failed), centre(plot));
    list.page.drag(".scatter-drawing", [(x - left).round() + 2.0, (y - top).round()], [0.0, 0.0]).await;
    list.wait_for("the trace's page", "location.pathname", &json!(format!("/trace/{}", trace_id(4)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_needs_no_mouse() {
    let collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    let focused = "document.activeElement.closest('.row')?.querySelector('.row-name bdi:last-child').textContent";
    for (keys, name) in [("j", "GET /4"), ("j", "GET /3"), (&Key::Down.to_string(), "GET /2"), ("k", "GET /3")] {
        list.type_keys(keys).await;
        list.wait_for("the focus", focused, &json!(name)).await;
    }
    list.type_keys("xjx").await;
    list.wait_for_text("#selected-count", "2 selected").await;
    list.type_keys("c").await;
    list.wait_for_url(&format!("/compare?a={}&b={}", trace_id(3), trace_id(2))).await;

    list.visit("/").await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    list.type_keys("?").await;
    let help = list.find("dialog[open]").await.text().await.expect("the help has text");
    for words in ["Next trace", "Pause", "Upload", "Map of services"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    list.type_keys(&Key::Escape.to_string()).await;
    list.type_keys("/").await;
    list.wait_for("the search", "document.activeElement.id", &json!("filter-tags")).await;
    // In a field, letters are letters.
    list.type_keys("xj").await;
    assert_eq!(list.page.value("filter-tags").await, "xj");
    list.page.fill("filter-tags", "").await;
    list.type_keys(&Key::Escape.to_string()).await;
    list.type_keys(&Key::Enter.to_string()).await;
    list.wait_for("the trace's page", "location.pathname", &json!(format!("/trace/{}", trace_id(4)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_narrow_page_the_search_is_behind_a_button() {
    let collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "").await;
    let narrow = json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    list.page.browser.devtools("Emulation.setDeviceMetricsOverride", narrow).await;
    list.wait_for("a narrow page", "innerWidth", &json!(360)).await;
    assert!(!list.find("#filters").await.is_displayed().await.expect("it is there"));
    for path in ["/", "/map"] {
        list.visit(path).await;
        list.wait_for("nothing beside the page", "document.documentElement.scrollWidth", &json!(360)).await;
    }
    list.visit("/").await;
    list.click("#show-filters").await;
    list.page.fill("filter-minDuration", "100ms").await;
    list.click("#search").await;
    list.wait_for_traces(&[4, 3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_has_gone_is_said_and_one_that_is_back_is_followed() {
    let mut collector = Collector::start().await;
    four_traces(&collector).await;
    let list = TraceList::open(&collector, "").await;
    let state = "document.querySelector('#live-state')?.innerText";
    list.wait_for("what follows", state, &json!("live")).await;
    collector.kill().await;
    list.wait_for("the loss", state, &json!("connection lost, trying again")).await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;
    // It kept its traces in memory.
    let again = Collector::start_again(&collector).await;
    list.wait_for("what follows", state, &json!("live")).await;
    list.wait_for_traces(&[]).await;
    again.take("web", &[span(5, [1, 0], "GET /5", [0, 1_000])]).await;
    list.wait_for_traces(&[5]).await;
}
