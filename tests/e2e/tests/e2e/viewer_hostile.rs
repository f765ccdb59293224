//! What spans hold is shown as text and never run, whatever it is and however much.

use e2e::servers::Collector;
use e2e::trace_page::{TracePage, send, span};
use fantoccini::key::Key;
use serde_json::{Value, json};

const MARKUP: &str = "<img src=x onerror=\"window.__hacked=1\"><script>window.__hacked=1</script>";
const CONTROL: &str = "\u{202e}gnp.exe\u{0}\u{1b}[0m";

fn hostile_members() -> Value {
    let text = |text: &str| json!({ "stringValue": text });
    json!({
        "status": { "code": 2, "message": MARKUP },
        "traceState": MARKUP,
        "attributes": [
            { "key": MARKUP, "value": text(MARKUP) },
            { "key": CONTROL, "value": text("שלום <b>x</b>") },
            { "key": "url", "value": text("javascript:window.__hacked=1") },
            { "key": "big", "value": text(&"x".repeat(1_000_000)) },
            { "key": "map", "value": { "kvlistValue": { "values": [{ "key": MARKUP, "value": text(MARKUP) }] } } },
        ],
        "events": [{ "name": MARKUP, "timeUnixNano": "1", "attributes": [{ "key": MARKUP, "value": text(CONTROL) }] }],
        "links": [{ "traceId": format!("{:032x}", 1), "spanId": format!("{:016x}", 1), "traceState": MARKUP }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_and_control_characters_are_text() {
    let collector = Collector::start().await;
    let spans = [
        span(1, 1, 0, MARKUP, [0, 10], hostile_members()),
        span(1, 2, 1, CONTROL, [1, 2], json!({})),
        span(1, 3, 99, "orphan", [2, 3], json!({})),
        span(1, 4, 5, "circle", [3, 4], json!({})),
        span(1, 5, 4, "circle too", [4, 5], json!({})),
        span(1, 6, 1, &"y".repeat(300_000), [9, 5], json!({})),
    ];
    send(&collector.otlp, MARKUP, &spans).await;
    let page = TracePage::open(&collector.viewer, "/trace/1#span=0000000000000001").await;
    page.wait_for_selected(MARKUP).await;
    for words in
        [MARKUP, "\\u{202e}gnp.exe␀␛[0m", "שלום <b>x</b>", "javascript:window", "Show all 1,000,000 characters"]
    {
        page.wait_for_words(".detail", words).await;
    }
    for words in ["\\u{202e}gnp.exe␀␛[0m", "parent missing", "is its own ancestor"] {
        page.wait_for_words(".sizer", words).await;
    }
    page.click(".detail tr .link").await;
    page.wait_for(
        "return [...document.querySelectorAll('.detail .value')].some((cell) => cell.textContent.length === 1000000)",
        &json!(true),
    )
    .await;
    page.keys(&Key::End.to_string()).await;
    page.keys("/").await;
    page.keys("<script>").await;
    page.wait_for_words(".find-status", "of").await;
    page.visit(&collector.viewer, "/compare?a=1&b=1").await;
    page.wait_for_words(".lines", MARKUP).await;
    let foreign = "return [window.__hacked ?? null, document.querySelectorAll('main img, main script, main [onerror], a[href^=\"javascript:\"]').length]";
    page.wait_for(foreign, &json!([null, 0])).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_levels_are_walked_to_the_end() {
    let collector = Collector::start().await;
    let spans: Vec<Value> =
        (1..=500).map(|id| span(1, id, id - 1, &format!("level {id}"), [id, 2_000 - id], json!({}))).collect();
    send(&collector.otlp, "deep", &spans).await;
    let page = TracePage::open(&collector.viewer, "/trace/1").await;
    page.wait_for_words(".trace-header", "500 levels").await;
    page.keys(&Key::End.to_string()).await;
    page.wait_for_selected("level 500").await;
    page.keys(&Key::Left.to_string()).await;
    page.wait_for_selected("level 499").await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_spans_only_those_in_sight_are_elements() {
    let collector = Collector::start().await;
    // One after the other, so that the root is waited for between any two.
    let times = |id: u64| if id == 1 { [0, 100_100] } else { [id * 10, id * 10 + 5] };
    let spans: Vec<Value> =
        (1..=10_000).map(|id| span(1, id, u64::from(id > 1), &format!("s{id}"), times(id), json!({}))).collect();
    for piece in spans.chunks(2_500) {
        send(&collector.otlp, "wide", piece).await;
    }
    let page = TracePage::open(&collector.viewer, "/trace/1").await;
    let script = "const grid = document.querySelector('.waterfall');
        let most = [0, 0];
        const count = () => {
            const seen = ['.sizer .row', '.sizer *'].map((selector) => document.querySelectorAll(selector).length);
            most = most.map((number, at) => Math.max(number, seen[at]));
        };
        count();
        while (grid.scrollTop + grid.clientHeight < grid.scrollHeight - 1) {
            grid.scrollTop += 3000;
            await new Promise(requestAnimationFrame);
            count();
        }
        return most;";
    let most = page.page.browser.run(script, vec![]).await;
    let [rows, elements] = [0, 1].map(|at| most[at].as_u64().expect("a number"));
    assert!((1..200).contains(&rows) && elements < 5_000, "{rows} rows of {elements} elements");
    page.wait_for(
        "return [...document.querySelectorAll('.name')].some((name) => name.textContent === 's10000')",
        &json!(true),
    )
    .await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_explained() {
    let collector = Collector::start().await;
    let page = TracePage::open(&collector.viewer, "/trace/77").await;
    page.wait_for_words("main", "They went elsewhere").await;
    page.visit(&collector.viewer, "/trace/xyz").await;
    page.wait_for_words("main", "32 hex digits").await;
    page.visit(&collector.viewer, "/compare?a=77&b=<b>").await;
    page.wait_for_words("main", "Give the ids of two traces").await;
    page.visit(&collector.viewer, "/compare?a=77&b=78").await;
    page.wait_for_words(".problem", "trace not found").await;
}
