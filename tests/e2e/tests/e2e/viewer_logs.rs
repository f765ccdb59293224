//! The logs and the metrics as their reader has them: what is there, what is searched, what comes in, and the way to a trace and back.

use e2e::servers::Collector;
use e2e::trace_list::{BASE, TraceList, span, trace_id};
use serde_json::{Value, json};

fn service(name: &str) -> Value {
    json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": name } }] })
}

async fn post(collector: &Collector, signal: &str, body: &Value) {
    let request = reqwest::Client::new().post(format!("{}/v1/{signal}", collector.otlp)).json(body);
    let answer = request.send().await.expect("the collector answers").text().await.expect("to the end");
    assert_eq!(answer, r#"{"partialSuccess":{}}"#);
}

async fn take_logs(collector: &Collector, name: &str, records: &[Value]) {
    let logs = json!([{ "resource": service(name), "scopeLogs": [{ "logRecords": records }] }]);
    post(collector, "logs", &json!({ "resourceLogs": logs })).await;
}

/// So many microseconds after a fixed time.
fn record(at: u64, severity: u64, body: &str) -> Value {
    json!({ "timeUnixNano": format!("{}000", BASE + at), "severityNumber": severity, "body": { "stringValue": body } })
}

fn of_span(mut record: Value, trace: u64, span: u64) -> Value {
    record["traceId"] = trace_id(trace).into();
    record["spanId"] = format!("{span:016x}").into();
    record
}

/// Until these are the words of the records.
async fn wait_for_records(list: &TraceList, words: &[&str]) {
    let shown = "[...document.querySelectorAll('.log-words')].map((words) => words.textContent.trim())";
    list.wait_for("the records", shown, &json!(words)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_listed_searched_and_followed() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    list.click("nav a[href$='/logs']").await;
    list.wait_until_ready().await;
    list.wait_for_text("#empty h1", "No logs yet").await;
    let mut exception = record(2, 17, "no such user");
    exception["eventName"] = "exception".into();
    exception["attributes"] = json!([{ "key": "user", "value": { "intValue": "7" } }]);
    take_logs(&collector, "shop", &[record(1, 9, "begins"), exception]).await;
    take_logs(&collector, "web", &[record(3, 13, "slow")]).await;
    wait_for_records(&list, &["slow", "exception no such user", "begins"]).await;
    list.wait_for_text("#counts", "3 records").await;

    // What is open stays open when more comes.
    list.click(".log.error summary").await;
    list.wait_for_text(".log.error .log-detail .attributes tbody th", "user").await;
    take_logs(&collector, "shop", &[record(4, 9, "ends")]).await;
    wait_for_records(&list, &["ends", "slow", "exception no such user", "begins"]).await;
    list.wait_for("an open record", "document.querySelector('.log.error').open", &json!(true)).await;

    for (query, found) in [
        ("?severity=13", &["slow", "exception no such user"][..]),
        ("?service=shop&text=BEGINS", &["begins"]),
        ("?event=exception", &["exception no such user"]),
        ("?tags=%7B%22user%22%3A%227%22%7D", &["exception no such user"]),
    ] {
        list.visit(&format!("/logs{query}")).await;
        wait_for_records(&list, found).await;
    }
    list.visit("/logs").await;
    list.page.fill("filter-text", "slow").await;
    list.click("#search").await;
    wait_for_records(&list, &["slow"]).await;
    list.wait_for_url("/logs?text=slow").await;
    list.page.fill("filter-tags", "user").await;
    list.click("#search").await;
    list.wait_for(
        "what is wrong",
        "document.querySelector('#error-tags').innerText.includes('key=value')",
        &json!(true),
    )
    .await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traces_records_are_at_their_spans() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 100]), span(1, [2, 1], "query", [10, 50])]).await;
    let records = [
        of_span(record(20, 9, "first of the query"), 1, 2),
        of_span(record(30, 17, "second of the query"), 1, 2),
        of_span(record(5, 9, "of the root"), 1, 1),
        of_span(record(6, 9, "of no span"), 1, 9),
        of_span(record(6, 9, "of another trace"), 2, 2),
    ];
    take_logs(&collector, "web", &records).await;
    let list = TraceList::open(&collector, "").await;
    list.visit(&format!("/trace/{}#span=0000000000000002", trace_id(1))).await;
    wait_for_records(&list, &["first of the query", "second of the query"]).await;
    list.wait_for_text(".span-logs h3", "Logs (2)").await;
    list.wait_for_text(".span-logs .log-time", "+10.0 µs").await;
    list.wait_for_text("#trace-logs", "4 log records\n1 at no span").await;
    list.click("#trace-logs").await;
    list.wait_until_ready().await;
    wait_for_records(&list, &["second of the query", "first of the query", "of no span", "of the root"]).await;
    list.click(".log-trace").await;
    list.wait_for(
        "the trace's page",
        "location.pathname + location.hash",
        &json!(format!("/trace/{}#span=0000000000000002", trace_id(1))),
    )
    .await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_spans_of_one_id_are_both_there_with_a_warning() {
    let collector = Collector::start().await;
    let call = span(1, [2, 1], "call", [10, 50]);
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 100]), call.clone()]).await;
    collector.take("api", &[span(1, [2, 1], "serve", [20, 30])]).await;
    // The same once more says nothing new.
    collector.take("web", &[call]).await;
    let list = TraceList::open(&collector, "").await;
    list.visit(&format!("/trace/{}#span=0000000000000002", trace_id(1))).await;
    let names = "[...document.querySelectorAll('.row .name')].map((name) => name.textContent)";
    list.wait_for("the spans", names, &json!(["GET /", "call", "serve"])).await;
    let warned = "document.querySelector('.warnings')?.innerText.includes('has the same id')";
    list.wait_for("a warning", warned, &json!(true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_listed_with_their_newest_values() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    list.click("nav a[href$='/series']").await;
    list.wait_until_ready().await;
    list.wait_for_text("#empty h1", "No metrics yet").await;
    let gauge = |value: u64, time: u64| {
        let point = json!({ "timeUnixNano": time.to_string(), "asInt": value.to_string() });
        let metrics = json!([{ "name": "heap", "unit": "By", "gauge": { "dataPoints": [point] } }]);
        json!({ "resourceMetrics": [{ "resource": service("web"), "scopeMetrics": [{ "metrics": metrics }] }] })
    };
    let cells = "[...document.querySelectorAll('#series-table tbody tr')].map((row) => [...row.children].slice(0, 5).map((cell) => cell.innerText))";
    post(&collector, "metrics", &gauge(5, 1)).await;
    list.wait_for("the series", cells, &json!([["web", "heap", "", "5", "By"]])).await;
    post(&collector, "metrics", &gauge(7, 2)).await;
    list.wait_for("its newest value", cells, &json!([["web", "heap", "", "7", "By"]])).await;
    list.page.fill("series-search", "nothing").await;
    list.wait_for_text("#empty h1", "No series fits").await;
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stands_beside_a_narrow_page() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 100])]).await;
    let long = "a word and ".repeat(40) + &"x".repeat(300);
    take_logs(&collector, "a service with a long name", &[of_span(record(1, 17, &long), 1, 1)]).await;
    let point = json!({ "asInt": "1", "attributes": [{ "key": "k", "value": { "stringValue": long } }] });
    let metrics = json!([{ "name": "m".repeat(200), "gauge": { "dataPoints": [point] } }]);
    let metrics = json!([{ "resource": service(&"s".repeat(200)), "scopeMetrics": [{ "metrics": metrics }] }]);
    post(&collector, "metrics", &json!({ "resourceMetrics": metrics })).await;
    let list = TraceList::open(&collector, "").await;
    let narrow = json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    list.page.browser.devtools("Emulation.setDeviceMetricsOverride", narrow).await;
    for path in ["/logs".to_owned(), "/series".to_owned(), format!("/trace/{}#span=0000000000000001", trace_id(1))] {
        list.visit(&path).await;
        list.wait_for("nothing beside the page", "document.documentElement.scrollWidth", &json!(360)).await;
    }
    // A table that is wider than the page could be moved, and who looks would not find the values.
    list.visit("/series").await;
    let fits = "document.getElementById('series-table')?.clientWidth <= 360";
    list.wait_for("all columns", fits, &json!(true)).await;
}
