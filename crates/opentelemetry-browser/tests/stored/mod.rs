//! Pipelines that spool what they cannot deliver, and what a test sees of their storage.

#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::trace::{Tracer, TracerProvider as _};
use opentelemetry_browser::{
    BatchSpanProcessor, BoxFuture, Cause, Request, Response, RetryPolicy, SpanExporter, TracerProvider, Transport,
    TransportError,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

pub fn evaluate(script: &str) -> JsValue {
    js_sys::Function::new_no_args(script).call0(&JsValue::NULL).expect("no exception")
}

/// Waits for the value of the body of an asynchronous function.
pub async fn resolved(script: &str) -> JsValue {
    let promise = evaluate(&format!("return (async () => {{ {script} }})()"));
    JsFuture::from(promise.unchecked_into::<js_sys::Promise>()).await.expect("the promise is fulfilled")
}

/// Waits as long as it takes; the runner ends a test that hangs.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        resolved("await new Promise(resolve => setTimeout(resolve, 5))").await;
    }
}

/// Counts what is thrown and not caught, from now on.
pub fn watch_for_exceptions() {
    evaluate(
        "globalThis.uncaught ??= [];
         globalThis.watching ??= ['error', 'unhandledrejection'].map(type =>
             addEventListener(type, event => uncaught.push(String(event.reason ?? event.message))))",
    );
}

pub fn assert_nothing_was_thrown() {
    assert_eq!(evaluate("return uncaught.join('; ')").as_string().as_deref(), Some(""));
}

#[derive(Clone, Debug, Default)]
struct Receiver {
    is_down: bool,
    requests: Arc<AtomicUsize>,
}

impl Transport for Receiver {
    fn send(&self, _request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let taken = Ok(Response::new(200));
        Box::pin(std::future::ready(if self.is_down { Err(TransportError::network("down")) } else { taken }))
    }
}

/// A page's pipeline.
pub struct Page {
    pub processor: BatchSpanProcessor,
    provider: TracerProvider,
    requests: Arc<AtomicUsize>,
}

impl Page {
    pub fn open(is_down: bool) -> Self {
        let receiver = Receiver { is_down, ..Receiver::default() };
        let requests = receiver.requests.clone();
        let exporter = SpanExporter::builder().with_transport(receiver).with_retry(RetryPolicy::none());
        let processor = BatchSpanProcessor::builder(exporter.build().expect("an exporter"))
            .with_export_timeout(Duration::from_secs(1))
            .build();
        let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
        Self { processor, provider, requests }
    }

    pub fn record(&self) {
        self.provider.tracer("stored").in_span("work", |_cx| {});
    }

    /// What is said of the storage, if it is said.
    pub fn complaint(&self) -> Option<String> {
        let error = self.processor.diagnostics().last_error?;
        (error.cause == Cause::Storage).then_some(error.message)
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}
