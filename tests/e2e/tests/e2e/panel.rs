//! What the page shows of itself: a lookup's waterfall, what the page did, and both in two languages.

use e2e::page::Page;
use e2e::ports::free_port;
use e2e::servers::Collector;
use e2e::traces::trace;
use e2e::users_service::UsersService;
use e2e::wait;
use serde_json::{Value, json};

/// The rows of the latest lookup's waterfall: name and whether it failed, and the words about failures.
const WATERFALL: &str = "
    const rows = [...document.querySelectorAll('#waterfall tr')];
    return rows.map(row => row.className === 'words' ? row.innerText.trim()
        : [row.querySelector('th').textContent, row.className === 'failed', getComputedStyle(row.querySelector('.bar')).width !== '0px']);";

async fn seen(page: &Page, script: &str, wanted: Value) {
    wait::until("what the page draws", async || {
        let seen = page.script(script).await;
        if seen == wanted { Ok(()) } else { Err(seen) }
    })
    .await;
}

fn spans(names: &[&str]) -> Value {
    names.iter().map(|name| json!([name, false, true])).collect()
}

/// An error that nobody handles, as one of the page's own: of a script from elsewhere, such as a driver's, nothing is told.
async fn throw_error(page: &Page, kind: &str, message: &str) {
    page.script(&format!(
        "const error = new {kind}({message}); dispatchEvent(new ErrorEvent('error', {{ error, message: error.message }}))"
    ))
    .await;
}

const LOOKUP: [&str; 4] = ["GetUser", "GetInfo", "GetDetail", "GetScores"];

/// Nobody takes spans there: what is drawn comes from the page.
async fn without_a_receiver(page: &Page) {
    page.apply(&[("endpoint", &format!("http://127.0.0.1:{}", free_port()))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_is_drawn_from_its_own_spans() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let id = page.trace_by("lookup-100").await;
    seen(&page, WATERFALL, spans(&LOOKUP)).await;
    // What a screen reader has in place of the bars, and what is drawn, are those of the spans that arrive.
    let rows = "return [...document.querySelectorAll('#waterfall tr')].map(row => row.textContent)";
    let rows = page.script(rows).await;
    assert!(rows[1].as_str().is_some_and(|row| row.starts_with("GetInfostarts at ") && row.ends_with('s')), "{rows}");
    let caption = page.find("#waterfall caption").await.text().await.expect("text");
    assert!(caption.starts_with("4 spans in ") && caption.contains("before they are sent"), "{caption}");
    page.click("flush").await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);

    without_a_receiver(&page).await;
    page.trace_by("lookup-1").await;
    let mut failed = spans(&LOOKUP);
    failed[0] = json!(["GetUser", true, true]);
    failed.as_array_mut().expect("a list").insert(1, json!("error: user 1 not found"));
    seen(&page, WATERFALL, failed).await;
    page.trace_by("run-main").await;
    seen(&page, "return document.querySelectorAll('#waterfall tr:not(.words)').length", json!(9)).await;
    let earlier =
        "return [...document.querySelectorAll('#earlier summary code')].map(({ textContent }) => textContent)";
    seen(&page, earlier, json!(["GetUser(1)", "GetUser(100)"])).await;
    page.assert_no_console_errors_but("ERR_CONNECTION_REFUSED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_the_pages_own_spans_are_drawn() {
    let (collector, url) = UsersService::expected().await;
    let _service = UsersService::start(&url, &collector.otlp).await;
    let page = Page::open(&collector.page).await;
    page.find("label:has(#over-http)").await.click().await.expect("the switch can be clicked");
    page.trace_by("lookup-100").await;
    seen(&page, WATERFALL, spans(&["click", "GET /api/users/{id}"])).await;
    page.trace_by("run-main").await;
    seen(&page, "return document.querySelectorAll('#waterfall th').length", json!(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sampled_is_not_drawn() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    page.trace_by("lookup-100").await;
    seen(&page, WATERFALL, spans(&LOOKUP)).await;
    page.apply(&[("sample-ratio", "0")]).await;
    page.click("lookup-1").await;
    page.wait_for_text("trace", |text| text == "not sampled").await;
    seen(&page, WATERFALL, json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_did_is_shown_and_sent() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    page.wait_for_text("activity-load", |text| text.starts_with("in ")).await;
    page.wait_for_text("activity-vitals", |text| text.contains("TTFB")).await;
    page.click("lookup-100").await;
    page.wait_for_text("activity-clicks", |text| text == "1, the last on #lookup-100").await;
    // What an error says is text, and no more than a line of it.
    throw_error(
        &page,
        "RangeError",
        "'<img src=x onerror=document.title=1>' + '\\u202e'.repeat(9) + 'x'.repeat(100_000)",
    )
    .await;
    let errors = page.wait_for_text("activity-errors", |text| text.contains("<img src=x")).await;
    assert!(errors.starts_with("1") && errors.contains("RangeError") && errors.chars().count() < 200, "{errors}");
    assert_eq!(page.script("return document.querySelectorAll('img').length").await, 0);
    let note = page.text("activity-note").await;
    assert_eq!(note, format!("Each is a log record, sent to {}.", collector.otlp));
    page.click("flush").await;
    let url = format!("{}/api/logs?limit=100", collector.viewer);
    for name in
        ["browser.navigation_timing", "browser.web_vital", "browser.user_action.click", "exception", "user.lookup"]
    {
        wait::until(name, async || {
            let text = reqwest::get(&url).await.expect("an answer").text().await.expect("text");
            if text.contains(&format!("\"{name}\"")) { Ok(()) } else { Err(text.len()) }
        })
        .await;
    }

    // Elsewhere it stays in the page.
    without_a_receiver(&page).await;
    page.click("lookup-1").await;
    page.wait_for_text("activity-clicks", |text| text.ends_with("#lookup-1")).await;
    page.wait_for_text("activity-note", |text| text.contains("is not known to take log records")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_in_the_browsers_language_or_in_the_one_that_is_chosen() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    assert_eq!(page.script("return document.documentElement.lang").await, "en");
    let english = page
        .script("return [...document.querySelectorAll('[data-text]')].map(({ textContent }) => textContent).join()")
        .await;
    let agent = page.script("return navigator.userAgent").await;
    page.browser
        .devtools("Emulation.setUserAgentOverride", json!({ "userAgent": agent, "acceptLanguage": "zh-CN,en" }))
        .await;
    page.reload().await;
    assert_eq!(page.script("return document.documentElement.lang").await, "zh");
    assert_eq!(page.script("return document.title").await, "浏览器中的进程内追踪");
    assert_eq!(page.text("lookup-100").await, "查询 100");
    page.trace_by("lookup-1").await;
    page.wait_for_text("status", |text| text.contains("已记录 4 个 span")).await;
    page.wait_for_text("waterfall", |text| text.contains("错误：user 1 not found")).await;
    page.fill("id", "x").await;
    page.click("lookup").await;
    page.wait_for_text("problem", |text| text.contains("“x”不是用户 ID")).await;
    assert_eq!(page.script("return document.getElementById('language').lang").await, "en");

    // At once, and all of it, with what the scripts have said; and the next time, too.
    page.click("language").await;
    assert_eq!(page.text("lookup-100").await, "Look up 100");
    page.wait_for_text("waterfall", |text| text.contains("error: user 1 not found")).await;
    page.wait_for_text("status", |text| text.contains("4 spans recorded")).await;
    page.reload().await;
    assert_eq!(page.script("return document.documentElement.lang").await, "en");
    assert_eq!(
        page.script(
            "return [...document.querySelectorAll('[data-text]')].map(({ textContent }) => textContent).join()"
        )
        .await,
        english
    );
    page.assert_no_console_errors().await;
}

/// Nothing is wider than the page, in both languages and both directions, and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn it_fits_on_a_phone_and_from_right_to_left() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    page.trace_by("run-main").await;
    page.trace_by("lookup-1").await;
    page.wait_for_text("waterfall", |text| text.contains("GetScores")).await;
    page.script("document.querySelectorAll('details').forEach(details => { details.open = true })").await;
    for width in [320, 390, 1280] {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        page.browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
        for direction in ["ltr", "rtl"] {
            for _ in 0..2 {
                page.click("language").await;
                let overflow = page
                    .browser
                    .run(
                        "document.documentElement.dir = arguments[0];
                         await new Promise(requestAnimationFrame);
                         const width = document.documentElement.clientWidth;
                         const wide = [...document.querySelectorAll('body *')].filter(element => {
                             const { left, right, width: own } = element.getBoundingClientRect();
                             return own > 1 && (left < -1 || right > width + 1);
                         });
                         return [document.documentElement.scrollWidth > width, wide.map(({ outerHTML }) => outerHTML.slice(0, 80))];",
                        vec![json!(direction)],
                    )
                    .await;
                assert_eq!(overflow, json!([false, []]), "{width} px, {direction}");
            }
        }
    }
}

/// The page's functions are called by others, too, and often.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_lookups_do_not_fill_the_page() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let elements = "return document.querySelectorAll('*').length";
    let script = "
        const api = await import('/pkg/inprocess.js');
        for (let n = 0; n < 1000; n++) api.getUser(100);
        for (let n = 0; n < 1000; n++) document.getElementById(n % 2 ? 'lookup-1' : 'lookup-100').click();
        let refused;
        try { api.init() } catch (error) { refused = error.message }
        return refused;";
    let refused = page.browser.run(script, vec![]).await;
    assert!(refused.as_str().is_some_and(|message| message.contains("shutdown")), "{refused}");
    page.wait_for_text("activity-clicks", |text| text.ends_with("the last on #lookup-1")).await;
    let mut failed = spans(&LOOKUP);
    failed[0] = json!(["GetUser", true, true]);
    failed.as_array_mut().expect("a list").insert(1, json!("error: user 1 not found"));
    seen(&page, WATERFALL, failed).await;
    let (rows, all) = (page.script("return document.querySelectorAll('tr').length").await, page.script(elements).await);
    assert!(
        rows.as_u64().is_some_and(|rows| rows <= 6 * 5) && all.as_u64().is_some_and(|all| all < 500),
        "{rows} {all}"
    );
    page.click("flush").await;
    page.wait_for_text("status", |text| text.contains("8000 delivered") && text.contains("0 lost")).await;
}

/// Without storage, and offline, lookups are shown all the same.
#[tokio::test(flavor = "multi_thread")]
async fn without_storage_and_offline_the_page_goes_on() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let denied = "for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) Object.defineProperty(window, name, { get() {
        throw new DOMException('Access is denied for this document.', 'SecurityError') } });";
    page.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": denied })).await;
    page.reload().await;
    page.click("language").await;
    assert_eq!(page.text("lookup-100").await, "查询 100");
    let offline = json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
    page.browser.devtools("Network.enable", json!({})).await;
    page.browser.devtools("Network.emulateNetworkConditions", offline).await;
    page.trace_by("lookup-100").await;
    seen(&page, WATERFALL, spans(&LOOKUP)).await;
    page.click("flush").await;
    page.wait_for_text("problem", |text| text.contains("span 没有送达")).await;
}

/// Earlier lookups open by keyboard, and lead to their traces.
#[tokio::test(flavor = "multi_thread")]
async fn earlier_lookups_open_by_keyboard() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let first = page.trace_by("lookup-100").await;
    page.trace_by("lookup-1").await;
    wait::until("an earlier lookup", async || {
        let focused = "const summary = document.querySelector('#earlier summary'); summary?.focus(); return document.activeElement === summary";
        let focused = page.script(focused).await;
        if focused == true { Ok(()) } else { Err(focused) }
    })
    .await;
    page.browser.client.active_element().await.expect("the focus").send_keys("\u{e007}").await.expect("it takes keys");
    seen(&page, "return document.querySelector('#earlier details').open", json!(true)).await;
    // What else happens on the page takes the focus from nobody.
    throw_error(&page, "Error", "'later'").await;
    page.wait_for_text("activity-errors", |text| text.contains("later")).await;
    assert_eq!(page.script("return document.activeElement.localName").await, "summary");
    let link = page.script("return document.querySelector('#earlier details a').href").await;
    assert_eq!(link, format!("{}/trace/{first}", collector.viewer));
}
