//! What only browsers have: an origin with a server and a storage of its own.

use std::time::Duration;

use opentelemetry::trace::{Span, Tracer, TracerProvider as _};
use opentelemetry_browser::{BatchSpanProcessor, Cause, RetryPolicy, SpanExporter, TracerProvider};
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::realm::evaluate;

/// The test runner's own server, which takes no spans: any status of it is an answer to `fetch`.
fn own_origin() -> String {
    evaluate("return location.origin").as_string().expect("an origin")
}

#[test]
async fn fetch_reaches_a_server() {
    let exporter = SpanExporter::builder().with_endpoint(own_origin()).with_retry(RetryPolicy::none()).build();
    let processor = BatchSpanProcessor::builder(exporter.expect("an exporter"))
        .with_console_warnings(false)
        .with_spool(None)
        .build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    provider.tracer("realm").start("refused").end();
    processor.flush().await.expect_err("it takes none");
    let diagnostics = processor.diagnostics();
    let error = diagnostics.last_error.expect("the answer");
    assert!(matches!(error.cause, Cause::Status(400..=599)), "{error}");
    assert!(error.message.contains("/v1/traces"), "{error}");
    let _ = processor.shutdown().await;
}

#[test]
async fn what_is_not_delivered_is_kept_for_the_next_one() {
    // Nothing listens on the first port, and each kind of worker has a path of its own in the storage that they share.
    let kind = evaluate("return self.constructor.name").as_string().expect("a name");
    let exporter = SpanExporter::builder()
        .with_endpoint(format!("http://127.0.0.1:9/{kind}"))
        .with_timeout(Duration::from_secs(1))
        .with_retry(RetryPolicy::none())
        .build();
    let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).with_console_warnings(false).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    provider.tracer("realm").start("kept").end();
    let error = processor.shutdown().await.expect_err("nobody took it");
    assert_eq!(error.report().spooled, 1, "{error}");
    assert_eq!(processor.diagnostics().spooled, 1);
}
