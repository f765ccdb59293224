//! The viewer's page of a trace, and the comparison of two.

use e2e::servers::Collector;
use e2e::trace_page::{TracePage, send, span};
use fantoccini::key::Key;
use serde_json::{Value, json};

const TRACE: &str = "/trace/00000000000000000000000000000001";

fn failed() -> Value {
    json!({ "status": { "code": 2, "message": "card declined" },
        "events": [{ "name": "exception", "timeUnixNano": "1700000000250000000",
            "attributes": [{ "key": "exception.message", "value": { "stringValue": "no funds" } }] }] })
}

/// checkout > (order > (reserve, insert)), (charge, which failed).
async fn shop(collector: &Collector, trace: u64, factor: u64) {
    let attributes = json!({ "attributes": [
        { "key": "http.route", "value": { "stringValue": "/checkout" } },
        { "key": "cart.items", "value": { "intValue": "3" } },
        { "key": "cart.total", "value": { "doubleValue": 12.5 } },
        { "key": "beta", "value": { "boolValue": true } },
        { "key": "tags", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, { "intValue": "1" }] } } },
    ], "links": [{ "traceId": format!("{:032x}", 77), "spanId": format!("{:016x}", 1) }] });
    send(&collector.otlp, "web", &[span(trace, 1, 0, "checkout", [0, 300 * factor], attributes)]).await;
    let order = [
        span(trace, 2, 1, "order", [10, 200], json!({})),
        span(trace, 3, 2, "reserve", [20, 80], json!({})),
        span(trace, 4, 2, "insert", [90, 190], json!({})),
    ];
    send(&collector.otlp, "orders", &order).await;
    send(&collector.otlp, "payments", &[span(trace, 5, 1, "charge", [210, 290], failed())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_walked_by_keyboard() {
    let collector = Collector::start().await;
    shop(&collector, 1, 1).await;
    let page = TracePage::open(&collector.viewer, TRACE).await;
    page.wait_for_rows(&["checkout", "order", "reserve", "insert", "charge"]).await;
    for words in ["300 ms", "5 spans", "3 services", "3 levels", "1 error"] {
        page.wait_for_words(".trace-header", words).await;
    }
    page.keys("jj").await;
    page.wait_for_selected("order").await;
    page.keys(&Key::Left.to_string()).await;
    page.wait_for_rows(&["checkout", "order", "charge"]).await;
    page.keys(&Key::Left.to_string()).await;
    page.wait_for_selected("checkout").await;
    // A failed span below what is collapsed is seen there, and the jump to it opens that.
    page.keys("C").await;
    page.wait_for_rows(&["checkout"]).await;
    page.wait_for_words(".row .error-below", "1").await;
    page.keys("e").await;
    page.wait_for_selected("charge").await;
    page.wait_for_rows(&["checkout", "order", "charge"]).await;
    page.keys("X").await;
    page.wait_for_rows(&["checkout", "order", "reserve", "insert", "charge"]).await;

    page.keys("/").await;
    page.keys("insert").await;
    page.wait_for_selected("insert").await;
    page.wait_for_words(".find-status", "1 of 1").await;
    page.keys(&Key::Escape.to_string()).await;
    page.wait_for("return document.querySelectorAll('.row.found').length", &json!(0)).await;
    page.keys("++").await;
    page.wait_for(
        "return document.querySelector('.edge.from').getAttribute('aria-valuetext') !== '0 ns'",
        &json!(true),
    )
    .await;
    page.keys("z").await;
    page.wait_for("return document.querySelector('.edge.from').getAttribute('aria-valuetext')", &json!("0 ns")).await;
    page.wait_for("return document.querySelectorAll('.critical').length > 0", &json!(true)).await;
    page.keys("c").await;
    page.wait_for("return document.querySelectorAll('.critical').length", &json!(0)).await;
    // With Caps Lock a key is what it is without.
    let press = "const press = (key, shiftKey) => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key, shiftKey, modifierCapsLock: true, bubbles: true, cancelable: true }));";
    page.page.script(&format!("{press} press('c', true); press('C', false);")).await;
    page.wait_for_rows(&["checkout"]).await;
    page.wait_for("return document.querySelectorAll('.critical').length > 0", &json!(true)).await;
    page.keys("?").await;
    page.wait_for_words("dialog", "Next error").await;
    page.keys(&Key::Escape.to_string()).await;
    page.wait_for("return document.querySelector('dialog')", &Value::Null).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_detail_has_all_there_is_to_know() {
    let collector = Collector::start().await;
    shop(&collector, 1, 1).await;
    send(&collector.otlp, "web", &[span(77, 1, 0, "linked", [0, 1], json!({}))]).await;
    let page = TracePage::open(&collector.viewer, &format!("{TRACE}#span=0000000000000005")).await;
    page.wait_for_selected("charge").await;
    for words in ["80.0 ms", "card declined", "exception", "no funds", "+40.0 ms", "payments", "e2e"] {
        page.wait_for_words(".detail", words).await;
    }
    page.keys("k").await;
    page.wait_for_words(".detail h2", "insert").await;
    page.keys(&Key::Home.to_string()).await;
    page.wait_for_words(".detail h2", "checkout").await;
    let types = "return [...document.querySelectorAll('.detail section:first-of-type tr')].map((row) =>
        [...row.children].slice(0, 3).map((cell) => cell.textContent).join(' '))";
    let expected = [
        "http.route /checkout string",
        "cart.items 3 int",
        "cart.total 12.5 double",
        "beta true bool",
        "tags [\"a\",1] array",
    ];
    page.wait_for(types, &json!(expected)).await;

    // What is copied is seen without the clipboard's permission.
    page.page.script("navigator.clipboard.writeText = async (text) => { window.copied = text }").await;
    page.click(".detail button[title='Copy span id']").await;
    page.wait_for("return window.copied ?? null", &json!("0000000000000001")).await;
    page.click(".trace-header button[title='Copy trace id']").await;
    page.wait_for("return window.copied", &json!("00000000000000000000000000000001")).await;
    page.click(".detail button[title='Copy span as OTLP JSON']").await;
    page.wait_for("return JSON.parse(window.copied).resourceSpans[0].scopeSpans[0].spans[0].name", &json!("checkout"))
        .await;

    page.click(".detail .entries a").await;
    page.wait_for(
        "return location.pathname + location.hash",
        &json!("/trace/0000000000000000000000000000004d#span=0000000000000001"),
    )
    .await;
    page.wait_for_selected("linked").await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_is_chosen_and_remembered() {
    let collector = Collector::start().await;
    shop(&collector, 1, 1).await;
    let page = TracePage::open(&collector.viewer, TRACE).await;
    let back = "return getComputedStyle(document.body).backgroundColor";
    page.keys("t").await;
    page.wait_for(back, &json!("rgb(22, 25, 29)")).await;
    page.visit(&collector.viewer, "/compare").await;
    page.wait_for(back, &json!("rgb(22, 25, 29)")).await;
    page.click("#theme").await;
    page.wait_for(back, &json!("rgb(255, 255, 255)")).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_traces_are_compared() {
    let collector = Collector::start().await;
    shop(&collector, 1, 1).await;
    shop(&collector, 2, 2).await;
    send(&collector.otlp, "mail", &[span(2, 6, 1, "receipt", [220, 230], json!({}))]).await;
    let page = TracePage::open(&collector.viewer, TRACE).await;
    page.click(".actions a").await;
    page.wait_for("return document.querySelector('#id-a')?.value ?? null", &json!(format!("{:032x}", 1))).await;
    page.page.fill("id-b", "nonsense").await;
    page.keys(&Key::Enter.to_string()).await;
    page.wait_for_words("#picker-problem", "32 hex digits").await;
    page.page.fill("id-b", "2").await;
    page.keys(&Key::Enter.to_string()).await;
    page.wait_for_words(".totals", "+300 ms").await;
    let changed = "return [...document.querySelectorAll('.line-row:not(.same):not(.head)')].map((row) =>
        [row.querySelector('bdi').textContent, row.querySelector('.verdict').textContent].join(' '))";
    page.wait_for(changed, &json!(["checkout slower", "receipt only in B"])).await;
    page.click("#swap").await;
    page.wait_for(changed, &json!(["checkout faster", "receipt only in A"])).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drag_on_the_small_picture_shows_that_part_of_time() {
    let collector = Collector::start().await;
    shop(&collector, 1, 1).await;
    let page = TracePage::open(&collector.viewer, TRACE).await;
    let shown = "return [...document.querySelectorAll('.minimap .edge')].map((edge) => Math.round(parseFloat(edge.ariaValueText)))";
    page.wait_for(shown, &json!([0, 300])).await;
    // From a quarter to three quarters of it.
    let width = page.page.script("return document.querySelector('.minimap').clientWidth").await.as_f64();
    let width = width.expect("a width");
    page.page.drag(".minimap", [-width / 4.0, 0.0], [width / 2.0, 0.0]).await;
    page.wait_for(shown, &json!([75, 225])).await;
    page.keys("z").await;
    page.wait_for(shown, &json!([0, 300])).await;
}
