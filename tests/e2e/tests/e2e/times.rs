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

async fn check_times(page: &Page, viewer: &str) {
    let lookups = page.browser.run(LOOK_UP, vec![LOOKUPS.into()]).await;
    let mut fractions = BTreeSet::new();
    for lookup in lookups.as_array().expect("the script gives a list") {
        let number = |index: usize| lookup[index].as_f64().expect("a reading is a number");
        // A double holds today's microseconds to a quarter of one; the stored times are whole ones.
        let (before, after) = (number(1) - 1.0, number(2) + 1.0);
        let spans = trace(viewer, lookup[0].as_str().expect("a trace has an id"), 4).await.spans;
        for Span { name, start, duration, .. } in &spans {
            let (begin, end) = (*start as f64, (start + duration) as f64);
            assert!(before <= begin && end <= after, "{name} from {begin} to {end} is not within {before} to {after}");
            fractions.insert(start % 1000);
        }
        // A lookup is shorter than the step of the clock of a page that is not isolated.
        let lifetimes = lifetimes(viewer, lookup[0].as_str().expect("a trace has an id")).await;
        assert_eq!(lifetimes.len(), 4);
        assert!(lifetimes.iter().all(|(start, end)| start < end), "every span has a length: {lifetimes:?}");
        let (first, last) =
            (lifetimes.iter().map(|(start, _)| start).min(), lifetimes.iter().map(|(_, end)| end).max());
        assert!(lifetimes.iter().any(|(start, end)| (Some(start), Some(end)) == (first, last)), "{lifetimes:?}");
    }
    // Whole milliseconds would give one value, and the clock of a page that is not isolated ten.
    assert!(fractions.len() > 50, "starts have many values below a millisecond: {fractions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_collector_has_fine_times() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    check_times(&page, &collector.viewer).await;
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
