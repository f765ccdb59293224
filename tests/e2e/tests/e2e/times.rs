//! Start and end times are as fine as the browser's clock, and true.

use e2e::jaeger::Jaeger;
use e2e::page::Page;
use e2e::servers::Collector;
use e2e::spans::Span;
use e2e::traces::{lifetimes, trace};
use std::collections::BTreeSet;

const LOOKUPS: u64 = 100;

/// Makes lookups, with readings of the page's clock (microseconds since the epoch) taken around each.
const LOOK_UP: &str = "
    const { getUser, flush } = await import('/pkg/inprocess.js');
    const now = () => (performance.timeOrigin + performance.now()) * 1000;
    const lookups = [];
    for (let count = 0; count < arguments[0]; count++) {
        const before = now();
        const { traceId } = getUser(100);
        lookups.push([traceId, before, now()]);
        await new Promise(resolve => setTimeout(resolve, 1));
    }
    await flush();
    return lookups;";

/// Gives the ids of the traces that were looked at.
async fn check_times(page: &Page, viewer: &str) -> Vec<String> {
    let lookups = page.browser.run(LOOK_UP, vec![LOOKUPS.into()]).await;
    let mut ids = vec![];
    let mut fractions = BTreeSet::new();
    for lookup in lookups.as_array().expect("the script gives a list") {
        let number = |index: usize| lookup[index].as_f64().expect("a reading is a number");
        // A double holds today's microseconds to a quarter of one; the stored times are whole ones.
        let (before, after) = (number(1) - 1.0, number(2) + 1.0);
        let id = lookup[0].as_str().expect("a trace has an id");
        let spans = trace(viewer, id, 4).await.spans;
        ids.push(id.to_owned());
        for Span { name, start, duration, .. } in &spans {
            let (begin, end) = (*start as f64, (start + duration) as f64);
            assert!(before <= begin && end <= after, "{name} from {begin} to {end} is not within {before} to {after}");
            fractions.insert(start % 1000);
        }
    }
    // Whole milliseconds would give one value, and the clock of a page that is not isolated ten.
    assert!(fractions.len() > 50, "starts have many values below a millisecond: {fractions:?}");
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn our_collector_has_fine_times() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    for id in check_times(&page, &collector.viewer).await {
        // A lookup is shorter than the step of the clock of a page that is not isolated.
        let lifetimes = lifetimes(&collector.viewer, &id).await;
        assert_eq!(lifetimes.len(), 4);
        assert!(lifetimes.iter().all(|(start, end)| start < end), "every span has a length: {lifetimes:?}");
        let first = lifetimes.iter().map(|(start, _)| start).min();
        let last = lifetimes.iter().map(|(_, end)| end).max();
        let holds_all = |(start, end): &(u64, u64)| (Some(start), Some(end)) == (first, last);
        assert!(lifetimes.iter().any(holds_all), "the root holds the others: {lifetimes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_real_jaeger_has_fine_times() {
    let collector = Collector::start().await;
    let jaeger = Jaeger::start(&collector.page).await;
    let page = Page::open(&collector.page).await;
    page.apply(&[("endpoint", &jaeger.otlp)]).await;
    check_times(&page, &jaeger.viewer).await;
}
