//! Navigation within a real page, and what the browser tells of its load and of its requests.

#![cfg(target_arch = "wasm32")]

use opentelemetry_browser::Telemetry;
use opentelemetry_browser_instrumentation::{
    Fetch, Http, Instrumentations, Limits, LongFrames, Navigation, NavigationTiming, ResourceTiming,
};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, loaded, text};

wasm_bindgen_test_configure!(run_in_browser);

const ROUTES: &str = "const popped = (work) => new Promise((resolve) => { addEventListener('popstate', () => setTimeout(resolve), { once: true }); work() });
    history.pushState(null, '', '/users/7?sig=secret'); history.replaceState(null, '', '/users/8'); history.replaceState({}, '', '/users/8');
    await popped(() => (location.hash = 'part')); await popped(() => history.back()); await popped(() => history.back());";

async fn routes() -> Vec<page::Record> {
    loaded().await;
    let navigation = Navigation::new().with_route(|url| url.contains("/users/").then(|| "/users/{id}".to_owned()));
    let page = Page::with(Instrumentations::new().with(navigation));
    text(ROUTES).await;
    page.end_with_records().await
}

fn check(records: &[page::Record], fragment: &str) {
    let seen: Vec<_> = records
        .iter()
        .map(|one| {
            let url = one.get("url.full").unwrap();
            let path = url.splitn(4, '/').nth(3).unwrap().to_owned();
            let truth = |key: &str| one.get(&format!("browser.navigation.{key}")).unwrap() == "true";
            (path, truth("same_document"), truth("hash_change"), one.get("browser.navigation.type"))
        })
        .collect();
    let of = |path: &str, same, hash, kind: Option<&str>| (path.to_owned(), same, hash, kind.map(str::to_owned));
    let home = seen[0].0.clone();
    let expected = [
        of(&home, false, false, None),
        of("users/7?sig=REDACTED", true, false, Some("push")),
        of("users/8", true, false, Some("replace")),
        of("users/8#part", true, true, Some(fragment)),
        of("users/8", true, false, Some("traverse")),
        of(&home, true, false, Some("traverse")),
    ];
    assert_eq!(seen, expected);
    assert_eq!(records[2].get("url.template").as_deref(), Some("/users/{id}"));
    assert!(records.iter().all(|one| one.name() == "browser.navigation"));
}

#[test]
#[ignore = "walks the history, in which the driver of a headless browser gets lost now and then: run it alone, with --include-ignored"]
async fn documents_and_routes_are_events() {
    check(&routes().await, "push");
}

#[test]
#[ignore = "walks the history, in which the driver of a headless browser gets lost now and then: run it alone, with --include-ignored"]
async fn routes_are_known_without_the_navigation_api_too() {
    text(
        "globalThis.had = Object.getOwnPropertyDescriptor(globalThis, 'navigation');
         Object.defineProperty(globalThis, 'navigation', { value: undefined, configurable: true });
        globalThis.before = [history.pushState, history.replaceState]",
    )
    .await;
    let records = routes().await;
    assert_eq!(text("return before[0] === history.pushState && before[1] === history.replaceState").await, "true");
    text("Object.defineProperty(globalThis, 'navigation', had)").await;
    // The history does not tell who has set a fragment.
    check(&records, "traverse");
}

#[test]
async fn the_document_is_timed_in_the_trace_of_its_server() {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    text(&format!("document.head.insertAdjacentHTML('beforeend', '<meta name=traceparent content={traceparent}>')"))
        .await;
    let page = Page::with(Instrumentations::new().with(NavigationTiming::new()));
    text("document.querySelector('meta[name=traceparent]').remove(); await new Promise((resolve) => setTimeout(resolve, 50))").await;
    let records = page.end_with_records().await;
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((record.name(), record.trace_id()), ("browser.navigation_timing", "0af7651916cd43dd8448eb211c80319c"));
    assert_eq!(record.0["spanId"], "b7ad6b7169203331");
    assert_eq!(record.get("browser.navigation_timing.type").as_deref(), Some("navigate"));
    let ended: f64 = record.get("browser.navigation_timing.load_event_end").unwrap().parse().unwrap();
    assert!(ended > 0.0, "the load event was over");
    let origin: f64 = text("return performance.timeOrigin").await.parse().unwrap();
    let time: f64 = record.0["timeUnixNano"].as_str().unwrap().parse().unwrap();
    assert!((time / 1e6 - origin).abs() < 60.0, "its time is that of its beginning: {time} {origin}");
}

#[test]
async fn resources_are_timed_and_that_of_a_request_belongs_to_its_span() {
    let http = Http::new().ignore(|url| url.ends_with("/ignored"));
    let instrumentations = Instrumentations::new().with(Fetch::new()).with(ResourceTiming::new()).with_http(http);
    let endpoint = text("return location.origin").await;
    let page = Page::built(Telemetry::builder().with_endpoint(endpoint), instrumentations);
    text("performance.clearResourceTimings();
        for (const url of ['/timed?sig=secret', '/timed?sig=secret', '/ignored', '/v1/traces']) await (await fetch(url)).text();
        await new Promise((resolve) => setTimeout(resolve, 300))")
    .await;
    let (spans, records) = page.end_both().await;
    let timed: Vec<_> =
        records.iter().filter(|one| one.get("url.full").unwrap().ends_with("/timed?sig=REDACTED")).collect();
    let requests: Vec<_> =
        spans.iter().filter(|one| one.get("url.full").unwrap().ends_with("/timed?sig=REDACTED")).collect();
    assert_eq!((timed.len(), requests.len()), (2, 2), "{records:?}");
    for (record, span) in timed.iter().zip(&requests) {
        assert_eq!((record.trace_id(), record.0["spanId"].as_str()), (span.trace_id(), Some(span.id())));
        assert_eq!(record.get("browser.resource_timing.initiator_type").as_deref(), Some("fetch"));
        assert!(record.get("browser.resource_timing.duration").is_some());
    }
    let all = format!("{records:?}");
    assert!(!all.contains("/ignored") && !all.contains("/v1/traces"), "{all}");
}

#[test]
async fn resources_have_their_budget() {
    let mut limits = Limits::default();
    limits.events_per_instrumentation = 3;
    let page = Page::with(Instrumentations::new().with(ResourceTiming::new()).with_limits(limits));
    text("for (let i = 0; i < 8; i++) await fetch(`/many/${i}`); await new Promise((resolve) => setTimeout(resolve, 300))").await;
    assert!(page.installed.left_out()[0].1 >= 5);
    assert_eq!(page.end_with_records().await.len(), 3);
}

#[test]
async fn a_long_frame_names_its_script() {
    let page = Page::with(Instrumentations::new().with(LongFrames::new()));
    assert!(page.installed.unavailable().is_empty());
    text("await new Promise((resolve) => setTimeout(function busy() { const until = performance.now() + 80; while (performance.now() < until); resolve() }));
        await new Promise((resolve) => setTimeout(resolve, 500))")
    .await;
    let records = page.end_with_records().await;
    // A page that is not shown has no frames.
    assert!(
        records.iter().all(|one| one.name() == "browser.long_animation_frame" || one.name() == "browser.long_task"),
        "{records:?}"
    );
}

#[test]
async fn a_browser_without_the_apis_is_told_of() {
    text(
        "globalThis.kept = PerformanceObserver; globalThis.PerformanceObserver = undefined;
        performance.getEntriesByType = () => { throw new Error('hostile') }",
    )
    .await;
    let before = text("return 1").await;
    text("performance.getEntriesByType = () => []").await;
    let page = Page::with(
        Instrumentations::new().with(ResourceTiming::new()).with(LongFrames::new()).with(NavigationTiming::new()),
    );
    let names: Vec<_> = page.installed.unavailable().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["resource-timing", "long-frames", "navigation-timing"]);
    page.end().await;
    text("globalThis.PerformanceObserver = kept; delete performance.getEntriesByType").await;
    assert_eq!(before, "1");
}
