//! Other settings of the layer, and what is seen of all this from outside.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_browser::TracerProvider;
use opentelemetry_browser::tracing::fine_times;
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::{Ended, Test, between, test};

#[test]
fn filtered_spans_leave_no_trace() {
    let test = Test::new();
    let layer = tracing_opentelemetry::layer().with_tracer(test.tracer.clone());
    let only_work = tracing_subscriber::filter::filter_fn(|metadata| metadata.name() == "work");
    let subscriber = Registry::default().with(fine_times(layer.with_filter(only_work)));
    tracing::subscriber::with_default(subscriber, || {
        let hidden = info_span!("hidden");
        let explicit = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_000);
        drop(test.tracer.span_builder("other").with_start_time(explicit).start(&test.tracer));
        assert_eq!(test.span("other").start_time, explicit);
        let a = test.probe();
        let span = info_span!(parent: &hidden, "work");
        let b = test.now();
        test.probe();
        drop(span);
        between(a, test.span("work").start_time, b);
    });
}

#[test]
fn without_context_activation() {
    let test = Test::new();
    let layer = tracing_opentelemetry::layer().with_tracer(test.tracer.clone()).with_context_activation(false);
    tracing::subscriber::with_default(Registry::default().with(fine_times(layer)), || {
        let a = test.probe();
        let outer = info_span!("outer");
        let b = test.now();
        let (c, d) = outer.in_scope(|| {
            let c = test.probe();
            let _inner = info_span!("inner");
            (c, test.now())
        });
        drop(outer);
        let (outer, inner) = (test.span("outer"), test.span("inner"));
        between(a, outer.start_time, b);
        between(c, inner.start_time, d);
        assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    });
}

#[derive(Clone, Debug, Default)]
struct Nosy(Arc<Mutex<Vec<Vec<KeyValue>>>>);

impl ShouldSample for Nosy {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: opentelemetry::trace::TraceId,
        name: &str,
        _: &opentelemetry::trace::SpanKind,
        attributes: &[KeyValue],
        _: &[opentelemetry::trace::Link],
    ) -> SamplingResult {
        self.0.lock().unwrap().push(attributes.to_vec());
        let decision = if name == "dropped" { SamplingDecision::Drop } else { SamplingDecision::RecordAndSample };
        SamplingResult { decision, attributes: vec![], trace_state: Default::default() }
    }
}

#[test]
fn neither_samplers_nor_processors_see_more_than_without() {
    let (ended, sampler) = (Ended::default(), Nosy::default());
    let provider = TracerProvider::builder().with_sampler(sampler.clone()).with_span_processor(ended.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let layer = layer.with_location(false).with_threads(false).with_target(false).with_level(false);
    tracing::subscriber::with_default(Registry::default().with(fine_times(layer)), || {
        info_span!("dropped", a = 1).in_scope(|| ());
        info_span!("work", b = 2).in_scope(|| ());
        drop(info_span!("never entered"));
    });
    let seen = sampler.0.lock().unwrap().clone();
    assert_eq!(seen, [vec![KeyValue::new("a", 1)], vec![KeyValue::new("b", 2)], vec![]]);
    let attributes: Vec<_> = ended.0.lock().unwrap().iter().map(|span| span.attributes.len()).collect();
    // busy_ns and idle_ns are tracing-opentelemetry's.
    assert_eq!(attributes, [3, 2]);
}
