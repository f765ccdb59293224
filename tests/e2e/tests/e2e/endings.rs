//! Pages that end in every way: no span is lost, and none arrives twice.

use e2e::browser::Browser;
use e2e::page::Page;
use e2e::recorder::Recorder;
use e2e::servers::Collector;
use e2e::wait;
use serde_json::json;
use std::time::Duration;

/// The page, sending to a receiver that counts.
struct Setting {
    collector: Collector,
    recorder: Recorder,
    page: Page,
}

impl Setting {
    async fn new(before_scripts: &str) -> Self {
        let (collector, recorder) = (Collector::start().await, Recorder::start().await);
        let page = Page { browser: Browser::start().await };
        // Every page of the tab, also after a crash, sends to the recorder.
        let source = format!(
            "{before_scripts};
             document.addEventListener('readystatechange', () => {{
                 const meta = document.querySelector('meta[name=otlp-endpoint]');
                 if (meta) meta.content = '{}';
             }});",
            recorder.url
        );
        page.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        page.visit(&collector.page).await;
        Self { collector, recorder, page }
    }

    /// Makes this many lookups of four spans each in one task of the page, and then does something in the same task.
    async fn look_up(&self, lookups: u32, then: &str) {
        let script = format!(
            "const {{ getUser }} = await import('/pkg/inprocess.js');
             setTimeout(() => {{ for (let n = 0; n < {lookups}; n++) getUser(100); {then} }});"
        );
        self.page.browser.run(&script, vec![]).await;
    }
}

const NO_FETCH_LATER: &str = "delete window.fetchLater";

/// Makes the page's database open two seconds late, as on a machine that has much else to do.
const LATE_DATABASE: &str = "
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...words) {
        const late = {};
        setTimeout(() => {
            const request = open.apply(this, words);
            for (const kind of ['upgradeneeded', 'success', 'error']) {
                request.addEventListener(kind, event => {
                    Object.assign(late, { result: request.result, error: request.error });
                    late[`on${kind}`]?.(event);
                });
            }
        }, 2000);
        return late;
    };";

#[tokio::test(flavor = "multi_thread")]
async fn a_large_queue_fills_the_browsers_budgets_and_the_next_page_sends_the_rest() {
    for before_scripts in ["", LATE_DATABASE] {
        let setting = Setting::new(before_scripts).await;
        setting.look_up(500, "location.href = 'about:blank'").await;
        wait::until("the page to be left", async || {
            let url = setting.page.browser.client.current_url().await;
            if url.as_ref().is_ok_and(|url| url.as_str() == "about:blank") { Ok(()) } else { Err(url) }
        })
        .await;
        // 60 KiB by keepalive and 60 KiB by fetchLater.
        wait::until("what the budgets carry", async || {
            let arrived = setting.recorder.spans();
            if arrived >= 340 { Ok(()) } else { Err(arrived) }
        })
        .await;
        setting.page.visit(&setting.collector.page).await;
        setting.recorder.assert_arrived_once(2000).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_queue_survives_a_tab_switch_and_back() {
    let setting = Setting::new("").await;
    setting.recorder.set_delay(Duration::from_millis(100));
    let client = &setting.page.browser.client;
    let page = client.window().await.expect("the tab has a handle");
    let other = client.new_window(true).await.expect("another tab opens").handle;
    client.switch_to_window(page.clone()).await.expect("the tab is still there");
    setting.look_up(500, "").await;
    client.switch_to_window(other).await.expect("the other tab is still there");
    client.switch_to_window(page).await.expect("the tab is still there");
    setting.recorder.assert_arrived_once(2000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_nothing_that_is_older_than_a_second() {
    let setting = Setting::new("").await;
    setting.look_up(10, "").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(setting.recorder.spans(), 0, "the batch is not due yet");
    setting.page.browser.crash().await;
    setting.recorder.assert_arrived_once(40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_without_fetch_later_leaves_the_spans_to_the_next_page() {
    let setting = Setting::new(NO_FETCH_LATER).await;
    setting.look_up(10, "").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(setting.recorder.spans(), 0, "the batch is not due yet");
    setting.page.browser.crash().await;
    assert_eq!(setting.recorder.spans(), 0, "the page is gone");
    // The script that names the receiver belongs to the tab that is gone.
    setting.page.visit(&setting.collector.page).await;
    setting.page.apply(&[("endpoint", &setting.recorder.url)]).await;
    setting.recorder.assert_arrived_once(40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_outage_leaves_is_sent_by_the_next_page() {
    let setting = Setting::new("").await;
    setting.recorder.set_down(true);
    setting.look_up(300, "").await;
    setting.page.click("flush").await;
    setting.page.wait_for_text("problem", |text| !text.is_empty()).await;
    setting.page.browser.goto("about:blank").await;
    setting.recorder.set_down(false);
    setting.page.visit(&setting.collector.page).await;
    setting.recorder.assert_arrived_once(1200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_back_from_the_cache_goes_on() {
    let setting = Setting::new("").await;
    setting.look_up(60, "location.href = '/www/icon.svg'").await;
    setting
        .page
        .browser
        .client
        .wait()
        .for_url(&format!("{}/www/icon.svg", setting.collector.page).parse().expect("a URL"))
        .await
        .expect("the page is left");
    setting.recorder.assert_arrived_once(240).await;
    setting.page.browser.client.back().await.expect("the browser goes back");
    setting.page.wait_until_ready().await;
    setting.look_up(60, "").await;
    setting.page.click("flush").await;
    setting.recorder.assert_arrived_once(480).await;
}
