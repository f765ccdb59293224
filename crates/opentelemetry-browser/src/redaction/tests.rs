//! Where and how often redactions are called, on the way from a span to the bytes of a request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Span as _, TraceContextExt, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SpanData;

use super::{UrlRedaction, redact_urls};
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};
use crate::{BatchSpanProcessor, SpanExporter, TracerProvider, platform};

/// Takes everything in, and keeps it.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Request>>>);

impl Recorder {
    fn text(&self) -> String {
        let requests = self.0.lock().unwrap();
        requests.iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect()
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.0.lock().unwrap().push(request);
        Box::pin(async { Ok(Response { status: 200, ..Response::default() }) })
    }
}

fn pipeline(recorder: &Recorder, redaction: impl super::Redaction + 'static) -> (TracerProvider, BatchSpanProcessor) {
    let exporter = SpanExporter::builder().with_transport(recorder.clone()).with_redaction(redaction).build().unwrap();
    let processor = BatchSpanProcessor::builder(exporter).build();
    (TracerProvider::builder().with_span_processor(processor.clone()).build(), processor)
}

#[test]
fn what_is_redacted_never_reaches_the_transport() {
    let recorder = Recorder::default();
    let (provider, processor) = pipeline(&recorder, redact_urls());
    let mut span = provider.tracer("test").start("GET https://ann:s3cret@example.com/?token=s3cret");
    span.set_attribute(KeyValue::new("url.query", "token=s3cret&empty="));
    span.add_event("redirect", vec![KeyValue::new("to", "https://example.com/#access_token=s3cret")]);
    span.end();
    platform::block_on(processor.flush()).unwrap();
    let text = recorder.text();
    assert!(!text.contains("s3cret") && !text.contains("ann:"), "{text}");
    assert!(text.contains("GET https://REDACTED:REDACTED@example.com/?token=REDACTED"), "{text}");
    assert!(text.contains("token=REDACTED&empty="), "{text}");
    assert!(text.contains("https://example.com/#access_token=REDACTED"), "{text}");
}

#[test]
fn redactions_run_once_for_each_span_in_their_order() {
    let recorder = Recorder::default();
    let exporter = SpanExporter::builder()
        .with_transport(recorder.clone())
        .with_redaction(|span: &mut SpanData| span.name = format!("{}+first", span.name).into())
        .with_redaction(|span: &mut SpanData| span.name = format!("{}+second", span.name).into())
        .build()
        .unwrap();
    let processor = BatchSpanProcessor::builder(exporter).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    let tracer = provider.tracer("test");
    // More than fits into the requests of a page that is hidden: what does not fit is encoded again later.
    for n in 0..400 {
        let mut span = tracer.start(format!("span-{n}"));
        span.set_attribute(KeyValue::new("ballast", "x".repeat(1000)));
    }
    platform::lifecycle::raise(platform::PageEvent::Hidden);
    platform::lifecycle::raise(platform::PageEvent::Visible);
    platform::block_on(processor.flush()).unwrap();
    let text = recorder.text();
    for n in 0..400 {
        assert_eq!(text.matches(&format!("\"span-{n}+first+second\"")).count(), 1, "span-{n}");
    }
    assert!(recorder.0.lock().unwrap().len() > 1);
}

#[test]
fn a_redaction_may_use_the_current_span_and_start_others() {
    let recorder = Recorder::default();
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = Arc::new(Mutex::new(None::<TracerProvider>));
    let redaction = {
        let (calls, inner) = (calls.clone(), inner.clone());
        move |_: &mut SpanData| {
            calls.fetch_add(1, Ordering::Relaxed);
            Context::current().span().set_attribute(KeyValue::new("touched", true));
            if let Some(provider) = &*inner.lock().unwrap() {
                provider.tracer("test").in_span("started by the redaction", |_| {});
                drop(provider.tracer("test").start_with_context("started by the redaction", &Context::new()));
            }
        }
    };
    let (provider, processor) = pipeline(&recorder, redaction);
    *inner.lock().unwrap() = Some(provider.clone());
    let tracer = provider.tracer("test");
    drop(tracer.start("first"));
    // A page may be hidden, or left, while a span of its own is current.
    tracer.in_span("current", |_| platform::lifecycle::raise(platform::PageEvent::Hidden));
    platform::lifecycle::raise(platform::PageEvent::Visible);
    platform::block_on(processor.flush()).unwrap();
    let text = recorder.text();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert!(text.contains("touched") && !text.contains("started by the redaction"), "{text}");
}

#[test]
fn copies_that_outlive_the_page_are_redacted() {
    for is_supported in [false, true] {
        platform::fetch_later::support(is_supported);
        let recorder = Recorder::default();
        let (provider, _processor) = pipeline(&recorder, redact_urls());
        drop(provider.tracer("test").start("GET /users?token=s3cret"));
        platform::advance(std::time::Duration::from_secs(2));
        let stored = platform::storage::contents().into_iter().filter_map(|(_, record)| Some(record?.body));
        let bodies: Vec<u8> = stored.chain(platform::crash()).flatten().collect();
        let text = String::from_utf8(bodies).unwrap();
        assert!(text.contains("token=REDACTED") && !text.contains("s3cret"), "{is_supported}: {text}");
    }
}

#[test]
fn exporting_without_this_crates_processor_redacts_too() {
    let recorder = Recorder::default();
    let exporter = SpanExporter::builder().with_transport(recorder.clone()).with_redaction(redact_urls()).build();
    let collected = Arc::new(Mutex::new(Vec::new()));
    #[derive(Debug)]
    struct Collect(Arc<Mutex<Vec<SpanData>>>);
    impl opentelemetry_sdk::trace::SpanProcessor for Collect {
        fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}
        fn on_end(&self, span: SpanData) {
            self.0.lock().unwrap().push(span);
        }
        fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
            Ok(())
        }
        fn shutdown_with_timeout(&self, _: std::time::Duration) -> opentelemetry_sdk::error::OTelSdkResult {
            Ok(())
        }
    }
    let provider = TracerProvider::builder().with_span_processor(Collect(collected.clone())).build();
    drop(provider.tracer("test").start("GET /users?token=s3cret"));
    let batch = std::mem::take(&mut *collected.lock().unwrap());
    platform::block_on(opentelemetry_sdk::trace::SpanExporter::export(&exporter.unwrap(), batch)).unwrap();
    assert!(recorder.text().contains("GET /users?token=REDACTED"), "{}", recorder.text());
}

#[test]
fn the_redaction_of_urls_is_shared_between_threads() {
    fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send_and_sync::<UrlRedaction>();
}
