//! Pages that are left by going elsewhere, by a link, by closing the tab, by a reload and by killing the browser, with a receiver that
//! is there, one that is far away and one that is not there until the page has gone: once the page has been opened again, each span has
//! arrived just once, or is counted as being in doubt.
//! Chromium alone sends full batches that are too long to outlive the page: one that is cut off is sent again.
//!
//! `UNLOAD=whole cargo xtask test engines unload` asks it with all receivers, and with more spans than a browser carries on, as well.

use e2e::browser::Browser;
use e2e::counted_page::CountedPage;
use e2e::engine::Engine;
use e2e::recorder::Recorder;
use e2e::wait;
use serde_json::json;
use std::time::Duration;

/// A full batch is too long to outlive its page. Where the next page may send it again, since it was cut off, it may have arrived.
const FULL_BATCH: usize = 512;

/// Where spans are sent to when the page is left.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Otlp {
    /// With a round trip of so many milliseconds.
    There(u64),
    /// It refuses connections until the page has gone.
    Absent,
}

/// A receiver, and how many lookups of four spans each are made.
type Cell = (Otlp, u32);

fn is_whole() -> bool {
    std::env::var("UNLOAD").is_ok_and(|value| value == "whole")
}

fn cells() -> Vec<Cell> {
    if !is_whole() {
        return vec![(Otlp::There(0), 20), (Otlp::Absent, 20), (Otlp::Absent, 400)];
    }
    let receivers = [Otlp::There(0), Otlp::There(50), Otlp::There(300), Otlp::Absent];
    [20, 40, 400, 1000].into_iter().flat_map(|lookups| receivers.map(|it| (it, lookups))).collect()
}

async fn close_the_tab(counted: &mut CountedPage, lookups: u32) {
    record(counted, lookups).await;
    if counted.page.browser.engine == Engine::WebKit {
        // A tab that has not ended its scripts of `beforeunload` after 50 ms is closed all the same.
        protect(counted, lookups).await;
    }
    let client = &counted.page.browser.client;
    let this = client.window().await.expect("the tab has a handle");
    // The browser ends with its last tab.
    let other = client.new_window(true).await.expect("another tab opens").handle;
    client.switch_to_window(this).await.expect("the tab is still there");
    client.close_window().await.expect("the tab closes");
    client.switch_to_window(other).await.expect("the other tab is still there");
}

/// Waits until each span has arrived, or has a copy in the storage: so far a page can be ended without a word.
async fn protect(counted: &CountedPage, lookups: u32) {
    wait::until("each span to have arrived, or to have a copy", async || {
        let (stored, arrived) = (stored(counted).await, counted.recorder.spans() as u64);
        if stored.unwrap_or_default() + arrived >= u64::from(lookups) * 4 { Ok(()) } else { Err((stored, arrived)) }
    })
    .await;
}

async fn record(counted: &CountedPage, lookups: u32) {
    counted.look_up(lookups, "").await;
    wait::until("the spans to be recorded", async || {
        let stats = counted.stats().await;
        if stats["recorded"].as_u64() >= Some(u64::from(lookups) * 4) { Ok(()) } else { Err(stats) }
    })
    .await;
}

/// How many spans are in the origin's storage; none if it does not answer now. On a busy machine WebKit's has left a question without an
/// answer for two minutes: another one is asked then.
async fn stored(counted: &CountedPage) -> Option<u64> {
    const READ: &str = "
        const late = new Promise((resolve) => setTimeout(resolve, 5000, null));
        const prefix = 'opentelemetry-browser:spool:';
        const items = Object.keys(localStorage).filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes(':'));
        let spans = items.reduce((sum, key) => sum + Number(localStorage.getItem(key).split(' ')[2]), 0);
        for (const { result, signal, spans: count } of globalThis.deferred ?? []) {
            if (!result.activated && !signal?.aborted) spans += count;
        }
        // Opened before the page does, it would have no store.
        const read = async () => {
            if (!(await indexedDB.databases()).some(({ name }) => name === 'opentelemetry-browser')) return spans;
            const done = (request) => new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const database = await done(indexedDB.open('opentelemetry-browser'));
            const store = database.transaction('spool').objectStore('spool');
            const [keys, records] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
            database.close();
            records.forEach((record, index) => { if (!keys[index].includes(':')) spans += record.spans; });
            return spans;
        };
        return Promise.race([read(), late]);";
    counted.page.browser.run(READ, vec![]).await.as_u64()
}

/// Waits until nothing is left of the page before this one, and no span is unaccounted for.
async fn assert_accounted_for(counted: &CountedPage, spans: usize, what: &str) {
    wait::until(&format!("{spans} spans that have arrived, or are in doubt, {what}"), async || {
        let (stored, stats, arrived) = (stored(counted).await, counted.stats().await, counted.recorder.spans());
        let in_doubt = stats["spoolInDoubt"].as_u64().unwrap_or_default() as usize;
        let is_done = arrived + in_doubt >= spans && stored == Some(0);
        if is_done { Ok(()) } else { Err((arrived, stored, stats)) }
    })
    .await;
    let most = if counted.page.browser.engine == Engine::Chromium && spans > FULL_BATCH { FULL_BATCH } else { 0 };
    let twice = counted.recorder.twice();
    assert!(twice <= most, "{twice} of {spans} spans arrived twice, {what}");
}

async fn assert_nothing_is_lost_in(
    mut counted: CountedPage,
    (otlp, lookups): Cell,
    leave: impl AsyncFn(&mut CountedPage, u32),
    come_back: impl AsyncFn(&CountedPage),
) {
    println!("{lookups} lookups, to a receiver that is {otlp:?}");
    if let Otlp::There(round_trip) = otlp {
        counted.recorder.set_latency(Duration::from_millis(round_trip / 2));
    }
    leave(&mut counted, lookups).await;
    if otlp == Otlp::Absent {
        counted.recorder.listen().await;
    }
    come_back(&counted).await;
    let spans = lookups as usize * 4;
    assert_accounted_for(&counted, spans, &format!("of {spans}, to a receiver that is {otlp:?}")).await;
}

async fn receiver(otlp: Otlp) -> Recorder {
    if otlp == Otlp::Absent { Recorder::absent() } else { Recorder::start().await }
}

async fn assert_nothing_is_lost(
    cells: Vec<Cell>,
    leave: impl AsyncFn(&mut CountedPage, u32),
    come_back: impl AsyncFn(&CountedPage),
) {
    for cell in cells {
        let counted = CountedPage::sending_to(receiver(cell.0).await, "").await;
        assert_nothing_is_lost_in(counted, cell, &leave, &come_back).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_elsewhere_loses_no_span() {
    // With all of the CPU, and with a sixth of it, as a telephone has it: only Chromium can be slowed down.
    let rates = if Engine::chosen() == Engine::Chromium { vec![1, 6] } else { vec![1] };
    for rate in rates {
        let leave = async |counted: &mut CountedPage, lookups| {
            record(counted, lookups).await;
            let browser = &counted.page.browser;
            let slow_down =
                async |rate: u32| browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
            if rate > 1 {
                slow_down(rate).await;
            }
            browser.goto("about:blank").await;
            if rate > 1 {
                slow_down(1).await;
            }
        };
        assert_nothing_is_lost(cells(), leave, CountedPage::visit).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_followed_at_once_loses_no_span() {
    let mut cells = cells();
    if !is_whole() {
        cells.retain(|(otlp, _)| *otlp != Otlp::Absent);
    }
    let leave = async |counted: &mut CountedPage, lookups| {
        let script = format!(
            "const {{ getUser }} = await window.inprocess();
             const link = Object.assign(document.createElement('a'), {{ id: 'away', href: '/www/icon.svg', textContent: 'away' }});
             link.addEventListener('click', () => {{ for (let n = 0; n < {lookups}; n++) getUser(100); }});
             document.body.prepend(link);"
        );
        counted.page.browser.run(&script, vec![]).await;
        counted.page.click("away").await;
        let there = format!("{}/www/icon.svg", counted.collector.page);
        wait::until("the page to be left", async || {
            let url = counted.page.browser.client.current_url().await;
            if url.as_ref().is_ok_and(|url| url.as_str() == there) { Ok(()) } else { Err(url) }
        })
        .await;
    };
    assert_nothing_is_lost(cells, leave, CountedPage::visit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_tab_loses_no_span() {
    assert_nothing_is_lost(cells(), close_the_tab, CountedPage::visit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_loses_no_span() {
    let mut cells = cells();
    if !is_whole() {
        // The page that is there at once looks again after half a minute.
        cells.retain(|(otlp, _)| *otlp != Otlp::Absent);
    }
    let leave = async |counted: &mut CountedPage, lookups| {
        record(counted, lookups).await;
        counted.page.reload().await;
    };
    assert_nothing_is_lost(cells, leave, async |_| {}).await;
}

/// What is asked of pages whose spans have a copy: one cell with a receiver that is not there will do, unless the whole is asked for.
fn cells_of_copies() -> Vec<Cell> {
    let mut cells = cells();
    if !is_whole() {
        cells.retain(|cell| *cell != (Otlp::Absent, 20));
    }
    cells
}

/// Asked of engines whose drivers keep a profile. `fetchLater` ends with its browser: where it is, this is asked without.
#[tokio::test(flavor = "multi_thread")]
async fn killing_the_browser_loses_no_span_that_has_a_copy() {
    let leave = async |counted: &mut CountedPage, lookups| {
        record(counted, lookups).await;
        protect(counted, lookups).await;
        counted.page.browser.kill().await;
    };
    let cells = cells_of_copies();
    for cell in cells {
        let browser = Browser::start_with_kept_profile().await;
        let counted = CountedPage::in_browser(browser, receiver(cell.0).await, "delete window.fetchLater").await;
        assert_nothing_is_lost_in(counted, cell, &leave, CountedPage::visit).await;
    }
}

/// Counts the spans that are left to the browser, for when the page has gone.
const COUNT_DEFERRED: &str = "
    window.deferred = [];
    if (window.fetchLater) {
        const { fetchLater } = window;
        window.fetchLater = (url, init) => {
            const result = fetchLater.call(window, url, init);
            const body = typeof init.body == 'string' ? init.body : new TextDecoder().decode(init.body);
            deferred.push({ result, signal: init.signal, spans: body.split('\"spanId\"').length - 1 });
            return result;
        };
    }";

/// A browser whose page has crashed goes on: what is left to it by `fetchLater` it sends, once, and nobody else has that. So this is asked of a
/// receiver that is there, and without `fetchLater` of all.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_no_span_that_has_a_copy() {
    let leave = async |counted: &mut CountedPage, lookups| {
        record(counted, lookups).await;
        protect(counted, lookups).await;
        counted.page.browser.crash().await;
    };
    let cells = cells_of_copies();
    if Engine::chosen() == Engine::Chromium {
        for cell in cells.iter().copied().filter(|(otlp, _)| *otlp != Otlp::Absent) {
            let counted = CountedPage::sending_to(receiver(cell.0).await, COUNT_DEFERRED).await;
            assert_nothing_is_lost_in(counted, cell, &leave, CountedPage::visit).await;
        }
    }
    for cell in cells {
        let counted = CountedPage::sending_to(receiver(cell.0).await, "delete window.fetchLater").await;
        assert_nothing_is_lost_in(counted, cell, &leave, CountedPage::visit).await;
    }
}
