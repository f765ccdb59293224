//! Each example, clicked in a browser: its spans in our collector, with the right parents.

use e2e::browser::Browser;
use e2e::page::Page;
use e2e::ports::free_port;
use e2e::programs::examples_dir;
use e2e::servers::Collector;
use e2e::spans::{Span, Trace};
use e2e::traces::trace;
use e2e::wait;
use serde_json::Value;
use std::collections::BTreeMap;

/// An example's page, and the collector that serves it and has its spans.
struct Example {
    page: Page,
    collector: Collector,
}

impl Example {
    async fn open(name: &str) -> Self {
        let collector = Collector::serving(&examples_dir().join(name)).await;
        let url = format!("{}/", collector.page);
        Self::open_at(&url, collector).await
    }

    /// Its page at this address.
    async fn open_at(url: &str, collector: Collector) -> Self {
        let page = Page { browser: Browser::start().await };
        page.browser.goto(url).await;
        wait::until("the app to be started and rendered", async || {
            let is_there =
                "return document.documentElement.dataset.ready === 'true' && !!document.querySelector('#flush')";
            if page.script(is_there).await == true { Ok(()) } else { Err(page.browser.console().await) }
        })
        .await;
        Self { page, collector }
    }

    /// Clicks its button: the trace of that has so many spans.
    async fn check_out(&self, spans: usize) -> Trace {
        let before = self.page.text("trace").await;
        self.page.click("checkout").await;
        let id = self.page.wait_for_text("trace", |id| id.len() == 32 && id != before).await;
        self.page.wait_for_text("answer", |text| !text.is_empty()).await;
        self.page.click("flush").await;
        let trace = trace(&self.collector.viewer, &id, spans).await;
        assert_eq!(trace.spans.len(), spans, "{trace:#?}");
        trace
    }

    /// What is shown, after all went well.
    async fn answer(&self) -> String {
        // No example has an icon.
        let errors = self.page.browser.console_errors().await.into_iter().filter(|line| !line.contains("/favicon.ico"));
        assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());
        self.page.text("answer").await
    }
}

fn named<'a>(trace: &'a Trace, name: &str) -> &'a Span {
    let found: Vec<_> = trace.spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "one {name} in {trace:#?}");
    found[0]
}

/// Each span's name with that of its parent; the root has none.
fn parents(trace: &Trace) -> BTreeMap<&str, Option<&str>> {
    let name_of = |id: &String| trace.spans.iter().find(|span| span.id == *id).map(|span| span.name.as_str());
    trace.spans.iter().map(|span| (span.name.as_str(), span.parent.as_ref().and_then(name_of))).collect()
}

/// The apps of the shop are one app.
async fn shop(framework: &str) {
    let example = Example::open(framework).await;
    let trace = example.check_out(2).await;
    let answer = example.answer().await;
    assert!(answer.contains("42"), "{answer}");
    assert_eq!(parents(&trace), BTreeMap::from([("checkout", None), ("GET", Some("checkout"))]));
    let request = named(&trace, "GET");
    assert_eq!((request.kind(), &request.tags["http.response.status_code"]), ("client", &200.into()));
    assert!(trace.spans.iter().all(|span| span.service == framework), "{trace:#?}");
    let click = trace.root();
    assert!(
        click.start <= request.start && request.end() <= click.end() + 1,
        "the click's span lasts as long as its work"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dioxus() {
    shop("dioxus").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leptos() {
    shop("leptos").await;
}

/// Rendered on a server of its own, whose traces the page joins, and which joins the page's.
#[tokio::test(flavor = "multi_thread")]
async fn leptos_ssr() {
    let folder = examples_dir().join("leptos-ssr");
    let address = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{address}");
    let collector = Collector::serving_with(&folder, &["--allow-origin".to_owned(), url.clone()]).await;
    let _server = tokio::process::Command::new(folder.join("pkg/server"))
        .arg(folder.join("pkg"))
        .arg(&address)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.otlp)
        // Spans leave at once.
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .kill_on_drop(true)
        .spawn()
        .expect("the example's server can be started");
    wait::until("the example's server", async || reqwest::get(&url).await).await;
    let example = Example::open_at(&format!("{url}/"), collector).await;
    let traceparent = "return document.querySelector('meta[name=traceparent]').content";
    let traceparent = example.page.script(traceparent).await;

    let checkout = example.check_out(4).await;
    assert_eq!(example.answer().await, "42");
    let (page, request, price) = (checkout.root(), named(&checkout, "POST"), named(&checkout, "price"));
    assert_eq!((page.name.as_str(), page.service.as_str()), ("checkout", "leptos-page"));
    assert_eq!((request.kind(), request.parent.as_ref()), ("client", Some(&page.id)));
    let server = checkout.spans.iter().find(|span| span.kind() == "server").expect("the server's span");
    assert_eq!((server.service.as_str(), server.parent.as_ref()), ("leptos-server", Some(&request.id)));
    assert_eq!((price.service.as_str(), price.parent.as_ref()), ("leptos-server", Some(&server.id)));

    let id = traceparent.as_str().and_then(|text| text.get(3..35)).expect("the server writes its span into the page");
    let load = trace(&example.collector.viewer, id, 2).await;
    let hydrate = named(&load, "hydrate");
    assert_eq!((load.root().service.as_str(), load.root().kind()), ("leptos-server", "server"));
    assert_eq!((hydrate.service.as_str(), hydrate.parent.as_ref()), ("leptos-page", Some(&load.root().id)));
}

/// The apps with a router are one app: its routes, there and back, by the names that it knows them by.
async fn routes(framework: &str) {
    let example = Example::open(framework).await;
    example.page.wait_for_text("answer", |text| text == "home").await;
    example.page.click("user").await;
    example.page.wait_for_text("answer", |text| text == "user 7").await;
    example.page.click("home").await;
    example.page.wait_for_text("answer", |text| text == "home").await;
    example.page.click("flush").await;
    let url = format!("{}/api/logs?limit=10", example.collector.viewer);
    wait::until("an event for the document and one for each of two routes", async || {
        let text = reqwest::get(&url).await.expect("the viewer answers").text().await.expect("text");
        let times = |word: &str| text.matches(word).count();
        let found = [times("\"browser.navigation\""), times("\"/users/{id}\""), times("\"/\"")];
        if found == [3, 1, 2] { Ok(()) } else { Err(text) }
    })
    .await;
    assert_eq!(example.answer().await, "home");
}

#[tokio::test(flavor = "multi_thread")]
async fn leptos_router() {
    routes("leptos-router").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dioxus_router() {
    routes("dioxus-router").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yew() {
    shop("yew").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tracing_macros() {
    let example = Example::open("tracing-macros").await;
    let trace = example.check_out(3).await;
    assert_eq!(example.answer().await, "34");
    // The chatty target is left out by its level.
    let expected = [("checkout", None), ("price", Some("checkout")), ("shipping", Some("checkout"))];
    assert_eq!(parents(&trace), BTreeMap::from(expected));
    assert_eq!(named(&trace, "checkout").tags["cart.items"], 3);
    assert_eq!(named(&trace, "shipping").events.len(), 1, "a warning: {trace:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn worker() {
    let example = Example::open("worker").await;
    let trace = example.check_out(3).await;
    assert_eq!(example.answer().await, "42");
    let expected = [("checkout", None), ("price", Some("checkout")), ("add up", Some("price"))];
    assert_eq!(parents(&trace), BTreeMap::from(expected));
    assert_eq!(named(&trace, "checkout").service, "shop");
    assert_eq!(named(&trace, "price").service, "shop-worker");
    assert_eq!(named(&trace, "add up").service, "shop-worker");
}

#[tokio::test(flavor = "multi_thread")]
async fn otel_js() {
    let example = Example::open("otel-js").await;
    let trace = example.check_out(3).await;
    assert_eq!(example.answer().await, "42");
    let expected = [("click", None), ("checkout", Some("click")), ("price", Some("checkout"))];
    assert_eq!(parents(&trace), BTreeMap::from(expected));
    assert_eq!(named(&trace, "click").service, "js-part");
    assert_eq!(named(&trace, "checkout").service, "rust-part");

    // Neither traces the other's requests, which are POSTs: the first ones' spans would have come with the second trace. The GET is that
    // of the module, by the page.
    example.check_out(3).await;
    for (service, expected) in [("js-part", ["GET", "click"]), ("rust-part", ["checkout", "price"])] {
        let url = format!("{}/api/services/{service}/operations", example.collector.viewer);
        let answer: Value = reqwest::get(&url).await.expect("the viewer answers").json().await.expect("JSON");
        let mut operations: Vec<_> =
            answer["data"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        operations.sort_unstable();
        assert_eq!(operations, expected, "{service}");
    }
}
