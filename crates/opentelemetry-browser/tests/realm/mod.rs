//! The whole pipeline, from a span to a request, in whatever realm the test that includes this runs: what a page has, a worker
//! must have as well.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Span, Tracer, TracerProvider as _};
use opentelemetry_browser::{
    BatchSpanProcessor, BoxFuture, Cause, Compression, Request, Response, RetryPolicy, SpanExporter,
    SpanExporterBuilder, TracerProvider, Transport, TransportError,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

pub fn evaluate(script: &str) -> JsValue {
    js_sys::Function::new_no_args(script).call0(&JsValue::UNDEFINED).expect("no exception")
}

/// Waits for the value of a script's promise.
pub async fn resolved(script: &str) -> JsValue {
    JsFuture::from(evaluate(script).unchecked_into::<js_sys::Promise>()).await.expect("the promise is fulfilled")
}

/// Takes every request and keeps it, or none.
#[derive(Clone, Debug, Default)]
struct Kept {
    requests: Arc<Mutex<Vec<Request>>>,
    is_down: bool,
}

impl Kept {
    fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("a lock").clone()
    }
}

impl Transport for Kept {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.requests.lock().expect("a lock").push(request);
        let taken = Ok(Response::new(200).with_body("{}"));
        Box::pin(std::future::ready(if self.is_down { Err(TransportError::network("down")) } else { taken }))
    }
}

/// A pipeline with nowhere to keep what it cannot deliver.
fn pipeline(exporter: SpanExporterBuilder) -> (TracerProvider, BatchSpanProcessor) {
    let exporter = exporter.with_retry(RetryPolicy::none()).build().expect("an exporter");
    let processor = BatchSpanProcessor::builder(exporter)
        .with_scheduled_delay(Duration::from_millis(20))
        .with_console_warnings(false)
        .with_spool(None)
        .build();
    (TracerProvider::builder().with_span_processor(processor.clone()).build(), processor)
}

fn record(provider: &TracerProvider, spans: usize) {
    let tracer = provider.tracer("realm");
    for number in 0..spans {
        tracer.start(format!("span {number}")).end();
    }
}

#[test]
async fn spans_become_requests() {
    let kept = Kept::default();
    let (provider, processor) = pipeline(SpanExporter::builder().with_transport(kept.clone()));
    record(&provider, 3);
    let report = processor.flush().await.expect("everything was delivered");
    assert_eq!(report.delivered, 3);
    let requests = kept.requests();
    assert_eq!(requests.len(), 1);
    let body = String::from_utf8(requests[0].body.to_vec()).expect("JSON");
    for part in ["\"span 0\"", "\"span 2\"", "startTimeUnixNano", "\"realm\""] {
        assert!(body.contains(part), "{part}: {body}");
    }
    processor.shutdown().await.expect("nothing is left");
}

#[test]
async fn the_timer_exports_by_itself() {
    let kept = Kept::default();
    let (provider, processor) = pipeline(SpanExporter::builder().with_transport(kept.clone()));
    record(&provider, 1);
    // As long as it takes; the runner ends a test that hangs.
    while processor.diagnostics().exported == 0 {
        resolved("return new Promise(resolve => setTimeout(resolve, 5))").await;
    }
    assert_eq!(kept.requests().len(), 1);
    processor.shutdown().await.expect("nothing is left");
}

#[test]
async fn requests_are_compressed() {
    let kept = Kept::default();
    let exporter = SpanExporter::builder().with_transport(kept.clone()).with_compression(Compression::Gzip);
    let (provider, processor) = pipeline(exporter);
    record(&provider, 50);
    processor.flush().await.expect("everything was delivered");
    let request = kept.requests().remove(0);
    assert!(request.headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip"));
    let bytes = js_sys::Uint8Array::from(request.body.as_slice());
    let decompress = js_sys::Function::new_with_args(
        "bytes",
        "return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).json()",
    );
    let json = decompress.call1(&JsValue::UNDEFINED, &bytes).expect("no exception").unchecked_into::<js_sys::Promise>();
    let json = JsFuture::from(json).await.expect("gzip with JSON in it");
    let text = String::from(js_sys::JSON::stringify(&json).expect("JSON"));
    assert!(
        text.contains("\"span 49\"") && text.len() > 3 * request.body.len(),
        "{} became {}",
        text.len(),
        request.body.len()
    );
    processor.shutdown().await.expect("nothing is left");
}

#[test]
async fn what_nobody_takes_says_why() {
    // No browser lets a page call this port, and nothing listens there.
    let (provider, processor) = pipeline(SpanExporter::builder().with_endpoint("http://127.0.0.1:9"));
    record(&provider, 2);
    let error = processor.flush().await.expect_err("nobody took them");
    assert_eq!(error.report().retrying, 2);
    let error = || processor.diagnostics().last_error.expect("an error");
    while error().advice.is_none() {
        resolved("return new Promise(resolve => setTimeout(resolve, 5))").await;
    }
    // Gecko shows no difference between nobody's answer and one that may not be read, and WebKit's workers hear of neither.
    let is_told = "const agent = globalThis.navigator?.userAgent ?? '';
        return !/Gecko\\/|AppleWebKit\\//.test(agent) || /Chrome\\//.test(agent)";
    let is_told = evaluate(is_told) == true;
    assert_eq!(error().cause, if is_told { Cause::Unreachable } else { Cause::Unknown });
    processor.shutdown().await.expect_err("they are lost now");
    assert_eq!(processor.diagnostics().dropped.shutdown, 2);
}
