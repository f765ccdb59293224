//! Pages that are left by going elsewhere and by closing the tab, with a receiver that is there and one that is not: once the page has been
//! opened again, each span has arrived just once, or is counted as being in doubt.
//!
//! `UNLOAD_LOOKUPS=400 cargo xtask test engines unload` asks it of 1,600 spans, more than a browser carries on. WebKit loses some of them
//! when the tab is closed while the machine is busy: its storage does not finish what a dying page has begun.

use e2e::counted_page::CountedPage;
use e2e::recorder::Recorder;
use e2e::wait;

/// Lookups of four spans each.
fn lookups() -> u32 {
    std::env::var("UNLOAD_LOOKUPS").ok().map_or(25, |number| number.parse().expect("UNLOAD_LOOKUPS is a number"))
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

/// Opens the page again, and waits until no span is unaccounted for.
async fn assert_accounted_for(counted: &CountedPage, lookups: u32) {
    counted.visit().await;
    let spans = lookups as usize * 4;
    wait::until(&format!("{spans} spans that have arrived, or are in doubt"), async || {
        let (arrived, stats) = (counted.recorder.spans(), counted.stats().await);
        let in_doubt = stats["spoolInDoubt"].as_u64().unwrap_or_default() as usize;
        if arrived + in_doubt >= spans { Ok(()) } else { Err((arrived, stats)) }
    })
    .await;
    counted.recorder.assert_no_duplicates();
}

async fn leave_a_receiver(leave: impl AsyncFn(&CountedPage)) {
    let counted = CountedPage::open("").await;
    record(&counted, lookups()).await;
    leave(&counted).await;
    assert_accounted_for(&counted, lookups()).await;
}

/// It refuses connections until the page has gone.
async fn leave_no_receiver(leave: impl AsyncFn(&CountedPage)) {
    let mut counted = CountedPage::sending_to(Recorder::absent(), "").await;
    record(&counted, lookups()).await;
    leave(&counted).await;
    counted.recorder.listen().await;
    assert_accounted_for(&counted, lookups()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_elsewhere_loses_no_span() {
    leave_a_receiver(go_elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_tab_loses_no_span() {
    leave_a_receiver(close_the_tab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_elsewhere_without_a_receiver_loses_no_span() {
    leave_no_receiver(go_elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_tab_without_a_receiver_loses_no_span() {
    leave_no_receiver(close_the_tab).await;
}
