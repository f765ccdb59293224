//! Pages that are left by going elsewhere, by closing the tab and by a reload, with a receiver that is there, one that is not, and one that is far
//! away: once the page has been opened again, each span has arrived just once, or is counted as being in doubt.
//! Chromium alone sends full batches that are too long to outlive the page: one that is cut off is sent again.
//!
//! `UNLOAD=whole cargo xtask test engines unload` asks it with the receiver far away, and with more spans than a browser carries on, as well.

use e2e::counted_page::CountedPage;
use e2e::engine::Engine;
use e2e::recorder::Recorder;
use e2e::wait;
use serde_json::Value;
use std::time::Duration;

/// A full batch is too long to outlive its page. Where the next page may send it again, since it was cut off, it may have arrived.
const FULL_BATCH: usize = 512;

/// Where spans are sent to when the page is left.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Otlp {
    Near,
    /// With a round trip of 300 ms.
    Far,
    /// It refuses connections until the page has gone.
    Absent,
}

fn is_whole() -> bool {
    std::env::var("UNLOAD").is_ok_and(|value| value == "whole")
}

/// The receivers, and how many lookups of four spans each are made.
fn cells() -> Vec<(Otlp, u32)> {
    if is_whole() {
        [20, 400]
            .into_iter()
            .flat_map(|lookups| [Otlp::Near, Otlp::Far, Otlp::Absent].map(|it| (it, lookups)))
            .collect()
    } else {
        vec![(Otlp::Near, 20), (Otlp::Absent, 20), (Otlp::Absent, 400)]
    }
}

async fn go_elsewhere(counted: &CountedPage) {
    counted.page.browser.goto("about:blank").await;
}

async fn close_the_tab(counted: &CountedPage) {
    let client = &counted.page.browser.client;
    let this = client.window().await.expect("the tab has a handle");
    // The browser ends with its last tab.
    let other = client.new_window(true).await.expect("another tab opens").handle;
    client.switch_to_window(this).await.expect("the tab is still there");
    client.close_window().await.expect("the tab closes");
    client.switch_to_window(other).await.expect("the other tab is still there");
}

async fn record(counted: &CountedPage, lookups: u32) {
    counted.look_up(lookups, "").await;
    wait::until("the spans to be recorded", async || {
        let stats = counted.stats().await;
        if stats["recorded"].as_u64() >= Some(u64::from(lookups) * 4) { Ok(()) } else { Err(stats) }
    })
    .await;
}

/// What pages that were left have written, and the one that is there has not looked after.
async fn left_over(counted: &CountedPage) -> Value {
    const LIST: &str =
        "return Object.keys(localStorage).filter((key) => key.startsWith('opentelemetry-browser:spool:'))";
    counted.page.script(LIST).await
}

/// Waits until nothing is left of the page before this one, and no span is unaccounted for.
async fn assert_accounted_for(counted: &CountedPage, spans: usize, what: &str) {
    wait::until(&format!("{spans} spans that have arrived, or are in doubt, {what}"), async || {
        let (arrived, stats, left) = (counted.recorder.spans(), counted.stats().await, left_over(counted).await);
        let in_doubt = stats["spoolInDoubt"].as_u64().unwrap_or_default() as usize;
        let is_done = arrived + in_doubt >= spans && left.as_array().is_some_and(Vec::is_empty);
        if is_done { Ok(()) } else { Err((arrived, stats, left)) }
    })
    .await;
    let most = if counted.page.browser.engine == Engine::Chromium && spans > FULL_BATCH { FULL_BATCH } else { 0 };
    let twice = counted.recorder.twice();
    assert!(twice <= most, "{twice} of {spans} spans arrived twice, {what}");
}

async fn assert_nothing_is_lost(
    cells: Vec<(Otlp, u32)>,
    leave: impl AsyncFn(&CountedPage),
    come_back: impl AsyncFn(&CountedPage),
) {
    for (otlp, lookups) in cells {
        let recorder = if otlp == Otlp::Absent { Recorder::absent() } else { Recorder::start().await };
        let mut counted = CountedPage::sending_to(recorder, "").await;
        if otlp == Otlp::Far {
            counted.recorder.set_latency(Duration::from_millis(150));
        }
        record(&counted, lookups).await;
        leave(&counted).await;
        if otlp == Otlp::Absent {
            counted.recorder.listen().await;
        }
        come_back(&counted).await;
        let spans = lookups as usize * 4;
        assert_accounted_for(&counted, spans, &format!("of {spans}, to a receiver that is {otlp:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_elsewhere_loses_no_span() {
    assert_nothing_is_lost(cells(), go_elsewhere, CountedPage::visit).await;
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
    assert_nothing_is_lost(cells, async |counted| counted.page.reload().await, async |_| {}).await;
}
