//! The exporter never traces itself, whoever sends.

use std::sync::{Arc, OnceLock};

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};

use super::*;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, StoredRecord, clock, storage};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, status};
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};
use crate::{Diagnosis, Tracer, TracerProvider};

/// Makes a span of each request, before it, while it is under way, and when its failure is looked into.
#[derive(Clone, Debug)]
struct Traced(Receiver, Arc<OnceLock<Tracer>>);

impl Traced {
    fn trace(&self, name: &'static str) {
        self.1.get().expect("the pipeline is there").start(name).end();
    }
}

impl Transport for Traced {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.trace("send");
        let (traced, answer) = (self.clone(), self.0.send(request));
        Box::pin(async move {
            traced.trace("under way");
            answer.await
        })
    }

    fn diagnose(&self, _request: &Request) -> BoxFuture<Diagnosis> {
        self.trace("diagnose");
        let traced = self.clone();
        Box::pin(async move {
            traced.trace("diagnosing");
            Diagnosis::default()
        })
    }
}

/// Spans of a pipeline whose transport is traced by it, and what became of one of them.
fn recorded(usual: Answer, act: impl FnOnce()) -> (u64, usize) {
    let receiver = Receiver::new(usual);
    let tracer = Arc::<OnceLock<Tracer>>::default();
    let exporter = SpanExporter::builder().with_transport(Traced(receiver.clone(), tracer.clone())).build();
    let processor =
        BatchSpanProcessor::builder(exporter.expect("an exporter")).with_spool(SpoolConfig::default()).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    let tracer = tracer.get_or_init(|| provider.tracer("test"));
    tracer.start("a span").end();
    act();
    advance(SECOND * 20);
    (checked(&processor).recorded, receiver.sent().len())
}

#[test]
fn neither_the_pump_nor_a_hand_over_nor_a_look_for_the_cause_is_traced() {
    assert_eq!(recorded(status(200), || ()), (1, 1));
    assert_eq!(recorded(status(200), || raise(PageEvent::Hidden)), (1, 1));
    raise(PageEvent::Visible);
    let (spans, requests) = recorded(Answer::Down, || ());
    assert_eq!(spans, 1);
    assert!(requests > 3, "{requests} attempts");
}

#[test]
fn what_is_sent_out_of_the_spool_is_not_traced() {
    let (url, body) = ("http://localhost:4318/v1/traces".to_owned(), br#"{"resourceSpans":[]}"#.to_vec());
    let record = StoredRecord { format: 1, url, created: clock::date_now(), spans: 1, attempts: 0, body };
    storage::plant("00000000000001-gone-0", Some(record));
    assert_eq!(recorded(status(200), || ()), (1, 2));
}

#[test]
fn what_a_header_provider_records_is_not_exported_in_its_turn() {
    let receiver = Receiver::new(status(200));
    let tracer = Arc::<OnceLock<Tracer>>::default();
    let traced = tracer.clone();
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_header_provider(async move || {
        let trace = |name| {
            let tracer = traced.get().expect("the pipeline is there");
            tracer.start(name).end();
            tracer.start_with_context(name, &opentelemetry::Context::new()).end();
        };
        trace("at once");
        crate::platform::sleep::sleep(SECOND).await;
        trace("later");
        [("authorization", "1")]
    });
    let processor = BatchSpanProcessor::builder(exporter.build().expect("an exporter")).with_spool(None).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    tracer.get_or_init(|| provider.tracer("test")).start("a span").end();
    advance(SECOND * 60);
    assert_eq!((checked(&processor).recorded, receiver.sent().len()), (1, 1));
}
