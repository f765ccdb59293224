//! The receiver is not there: the page says so, says what to do, and goes on when it is back.

use e2e::counted_page::CountedPage;
use e2e::page::Page;
use e2e::servers::Collector;
use e2e::traces::trace;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_that_sending_fails_and_what_to_do() {
    let mut collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    assert_eq!(page.problem().await, "");
    collector.kill().await;

    page.trace_by("lookup-100").await;
    page.click("flush").await;
    let problem = page.wait_for_text("problem", |text| !text.is_empty()).await;
    for word in [collector.otlp.as_str(), collector.page.as_str(), "cargo xtask run", "CORS"] {
        assert!(problem.contains(word), "the page names {word}: {problem}");
    }
    // The page itself still works.
    page.trace_by("lookup-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_back_ends_the_problem() {
    let mut ended = Collector::start().await;
    let page = Page::open(&ended.page).await;
    ended.kill().await;
    page.trace_by("lookup-100").await;
    page.click("flush").await;
    page.wait_for_text("problem", |text| text.contains("not delivered")).await;

    let collector = Collector::start_again(&ended).await;
    let id = page.trace_by("lookup-1").await;
    page.click("flush").await;
    trace(&collector.viewer, &id, 4).await.assert_lookup(1, false);
    page.wait_for_text("problem", str::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_hold_up_no_request_after_them() {
    const LOOKUPS: u32 = 200;
    let counted = CountedPage::open("").await;
    counted.recorder.set_silent();
    for round in 1..=3 {
        // A full batch, and a rest that is cut into requests that outlive their page: more than a browser takes of those at a time.
        counted.look_up(LOOKUPS, "").await;
        counted.page.click("flush").await;
        counted.recorder.assert_arrived_once(round * LOOKUPS as usize * 4).await;
    }
    let stats = counted.stats().await;
    assert_eq!((&stats["retried"], &stats["lastError"]), (&0.into(), &serde_json::Value::Null), "{stats}");
}
