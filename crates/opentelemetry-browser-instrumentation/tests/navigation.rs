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

#[test]
async fn documents_and_routes_are_events() {
    loaded().await;
    let navigation = Navigation::new().with_route(|url| url.contains("/users/").then(|| "/users/{id}".to_owned()));
    let home = text("return location.href").await;
    let page = Page::with(Instrumentations::new().with(navigation));
    text("history.replaceState(null, '', '/users/7?sig=secret'); history.replaceState({}, '', '/users/7?sig=secret')")
        .await;
    let records = page.end_with_records().await;
    text(&format!("history.replaceState(null, '', '{home}')")).await;
    let [document, route] = records.as_slice() else { panic!("{records:?}") };
    let keys = ["browser.navigation.hash_change", "browser.navigation.same_document", "url.full"];
    assert_eq!((document.name(), document.keys()), ("browser.navigation", keys.to_vec()));
    assert_eq!(document.get("url.full"), Some(home.clone()));
    assert!(route.get("url.full").unwrap().ends_with("/users/7?sig=REDACTED"));
    assert_eq!(route.get("browser.navigation.type").as_deref(), Some("replace"));
    assert_eq!(route.get("url.template").as_deref(), Some("/users/{id}"));
}

/// What is told of a walk through the history of a frame: whoever drives the browser gets lost when its own page does that.
async fn walk(before: &str) -> serde_json::Value {
    let told = text(&format!(
        r#"const source = performance.getEntriesByType("resource").map(({{ name }}) => name).find((name) => name.endsWith("/bundle.js"));
        const frame = document.createElement("iframe");
        frame.src = source;
        await new Promise((resolve) => {{ frame.onload = resolve; document.body.append(frame) }});
        frame.contentWindow.source = source;
        const told = await frame.contentWindow.eval(`(async () => {{
            {before};
            const methods = [history.pushState, history.replaceState];
            const {{ watchNavigation }} = await import(source);
            const told = [];
            const stop = watchNavigation((event) => told.push(event));
            const popped = (work) => new Promise((resolve) => {{
                addEventListener("popstate", () => setTimeout(resolve), {{ once: true }});
                work();
            }});
            history.pushState(null, "", "/users/7?sig=secret");
            history.replaceState(null, "", "/users/8");
            history.replaceState({{}}, "", "/users/8");
            await popped(() => (location.hash = "part"));
            await popped(() => history.back());
            await popped(() => history.back());
            stop();
            history.pushState(null, "", "/unseen");
            if (methods[0] !== history.pushState || methods[1] !== history.replaceState) told.push("it stays");
            return JSON.stringify(told);
        }})()`);
        frame.remove();
        return told"#
    ))
    .await;
    serde_json::from_str(&told).unwrap()
}

fn check(told: &serde_json::Value, fragment: &str) {
    let seen: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let path = one["url.full"].as_str().unwrap_or_else(|| panic!("{told}")).splitn(4, '/').nth(3).unwrap();
            let of = |key: &str| &one[format!("browser.navigation.{key}")];
            (path, of("same_document").as_bool(), of("hash_change").as_bool(), of("type").as_str())
        })
        .collect();
    let home = seen[0].0;
    assert!(home.ends_with("/bundle.js"), "{home}");
    let expected = [
        (home, Some(false), Some(false), None),
        ("users/7?sig=REDACTED", Some(true), Some(false), Some("push")),
        ("users/8", Some(true), Some(false), Some("replace")),
        ("users/8#part", Some(true), Some(true), Some(fragment)),
        ("users/8", Some(true), Some(false), Some("traverse")),
        (home, Some(true), Some(false), Some("traverse")),
    ];
    assert_eq!(seen, expected);
}

#[test]
async fn a_walk_through_the_history_is_told_of() {
    check(&walk("").await, "push");
}

#[test]
async fn routes_are_known_without_the_navigation_api_too() {
    // The history does not tell who has set a fragment.
    check(&walk("Object.defineProperty(globalThis, 'navigation', { value: undefined })").await, "traverse");
}

#[test]
async fn the_document_belongs_to_the_trace_that_its_server_tells_of_in_a_header() {
    text(
        "const [entry] = performance.getEntriesByType('navigation');
        const told = new Proxy(entry, { get: (entry, name) => name === 'serverTiming'
            ? [{ name: 'db', description: 'x' }, { name: 'traceparent', description: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }]
            : entry[name] });
        globalThis.entries = performance.getEntriesByType;
        performance.getEntriesByType = (type) => type === 'navigation' ? [told] : entries.call(performance, type)",
    )
    .await;
    let page = Page::with(Instrumentations::new().with(NavigationTiming::new()));
    text("await new Promise((resolve) => setTimeout(resolve, 50)); performance.getEntriesByType = entries").await;
    let records = page.end_with_records().await;
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(record.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(record.0["spanId"], "b7ad6b7169203331");
    assert_eq!(record.get("traceparent"), None);
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
    text("for (const url of ['/timed?sig=secret', '/timed?sig=secret', '/ignored', '/v1/traces']) await (await fetch(url)).text();
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
