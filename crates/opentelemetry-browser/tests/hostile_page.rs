//! A page that has put something else in the place of what the browser has: telemetry does without it, and nothing is thrown.

#![cfg(target_arch = "wasm32")]

mod stored;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Tracer, TracerProvider as _};
use opentelemetry_browser::{
    BatchConfig, BatchSpanProcessor, BoxFuture, Compression, Request, Response, RetryPolicy, SessionConfig,
    SessionScope, SpanExporter, Telemetry, TracerProvider, Transport, TransportError,
};
use stored::{Page, assert_nothing_was_thrown, evaluate, until, watch_for_exceptions};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Reading any of these throws, before the library has read one of them.
fn spoil_what_is_read() {
    evaluate(
        "const get = () => { throw new RangeError('spoiled') };
         for (const name of ['fetchLater', 'navigation', 'origin', '__zone_symbol__fetch'])
             Object.defineProperty(globalThis, name, { configurable: true, get });
         Object.defineProperty(performance, 'timeOrigin', { configurable: true, get });",
    );
}

#[test]
async fn what_cannot_be_read_is_not_there_and_all_else_goes_on() {
    watch_for_exceptions();
    spoil_what_is_read();
    let page = Page::open(false);
    page.record();
    assert_eq!(page.processor.flush().await.expect("delivered").delivered, 1);
    // Each of them is asked for when a page is hidden, and when it is left.
    for (target, event) in [("document", "visibilitychange"), ("window", "pagehide"), ("window", "pageshow")] {
        page.record();
        evaluate(&format!("{target}.dispatchEvent(new Event('{event}'))"));
    }
    page.record();
    page.processor.flush().await.expect("delivered");

    // A timer that cannot be cleared fires in vain.
    evaluate("globalThis.clearTimeout = () => { throw new RangeError('spoiled') }");
    page.record();
    assert_eq!(page.processor.shutdown().await.expect("delivered").delivered, 1);
    assert_nothing_was_thrown();
}

#[test]
async fn a_fetch_that_cannot_be_read_is_said_by_the_first_request() {
    watch_for_exceptions();
    spoil_what_is_read();
    // The library remembers the one that it has found first.
    evaluate("globalThis.fetch = (...request) => globalThis.spoiled(...request)");
    for spoiled in [
        "() => 7",
        "() => { throw new RangeError('spoiled') }",
        "() => ({ then() { throw new RangeError('spoiled') } })",
        "async () => ({ get status() { throw new RangeError('spoiled') } })",
        "() => Promise.reject(Symbol())",
    ] {
        // An encoder that is none, too: the body goes as it is.
        evaluate(&format!(
            "globalThis.CompressionStream = class {{ get readable() {{ return new Blob(['x']).stream() }} writable = {{ getWriter: () => ({{}}) }} }};
             globalThis.spoiled = {spoiled};"
        ));
        let exporter = SpanExporter::builder()
            .with_endpoint("http://127.0.0.1:9")
            .with_compression(Compression::Gzip)
            .with_retry(RetryPolicy::none());
        let processor = BatchSpanProcessor::builder(exporter.build().expect("an exporter"))
            .with_console_warnings(false)
            .with_spool(None)
            .build();
        let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
        provider.tracer("hostile").in_span("work", |_cx| {});
        processor.shutdown().await.expect_err("nobody took it");
        assert!(processor.diagnostics().last_error.is_some(), "{spoiled}");
    }
    assert_nothing_was_thrown();
}

#[test]
async fn a_clock_that_gives_no_number_is_replaced_by_the_other_one() {
    watch_for_exceptions();
    evaluate("globalThis.realNow ??= Date.now");
    for spoiled in ["() => undefined", "() => NaN", "() => 'noon'", "() => Infinity"] {
        evaluate(&format!("Date.now = {spoiled}"));
        let session = SessionConfig::default().with_scope(SessionScope::Memory);
        let (transport, requests) = Kept::new();
        let builder = Telemetry::builder().with_transport(transport).with_logs().with_session(session);
        let telemetry = builder.with_spool(None).build().expect("a pipeline");
        telemetry.provider().tracer("hostile").in_span("work", |_cx| {});
        // The span, and the record of the session that it has begun.
        assert_eq!(telemetry.flush().await.expect("delivered").delivered, 2, "{spoiled}");
        let now = evaluate("return realNow()").as_f64().expect("a number");
        for request in requests.lock().expect("no test panics here").iter() {
            let (_, rest) = request.split_once("imeUnixNano\":\"").expect("a time");
            let millis = rest[..13].parse::<f64>().expect("a number");
            assert!((now - millis).abs() < 600_000.0, "{spoiled}: {request}");
        }
        telemetry.shutdown().await.expect("an end");
    }
    evaluate("Date.now = realNow");
    assert_nothing_was_thrown();
}

/// As Cypress and Playwright put it in place for a part of a test.
#[test]
async fn a_timer_that_never_fires_is_not_waited_for_for_ever() {
    watch_for_exceptions();
    let (transport, requests) = Kept::new();
    let batch = BatchConfig::default().with_scheduled_delay(Duration::from_millis(50));
    let builder = Telemetry::builder().with_transport(transport).with_batch(batch).with_spool(None);
    let telemetry = builder.build().expect("a pipeline");
    let record = || telemetry.provider().tracer("hostile").in_span("work", |_cx| {});
    evaluate("globalThis.realTimeout = setTimeout; setTimeout = () => 0");
    record();
    evaluate(
        "setTimeout = realTimeout;
         const now = performance.now.bind(performance);
         performance.now = () => now() + 60_000;",
    );
    telemetry.flush().await.expect("delivered");
    record();
    until(|| requests.lock().expect("no test panics here").len() == 2).await;
    telemetry.shutdown().await.expect("an end");
    evaluate("delete performance.now");
    assert_nothing_was_thrown();
}

/// Takes everything, and keeps it.
#[derive(Clone, Debug)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Kept {
    fn new() -> (Self, Arc<Mutex<Vec<String>>>) {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        (Self(requests.clone()), requests)
    }
}

impl Transport for Kept {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.0.lock().expect("no test panics here").push(String::from_utf8_lossy(&request.body).into_owned());
        Box::pin(std::future::ready(Ok(Response::new(200))))
    }
}
