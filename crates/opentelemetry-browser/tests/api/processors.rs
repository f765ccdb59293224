//! Processors around a span.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Span as _, SpanBuilder, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_browser::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::common::{Recorder, configured, ms, test, timed, value};

/// Notes what it is asked, and does what a test wants of it.
struct Noting {
    notes: Arc<Mutex<Vec<String>>>,
    name: &'static str,
    on_end: Box<dyn Fn(&SpanData) + Send + Sync>,
}

impl std::fmt::Debug for Noting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Noting {
    fn new(name: &'static str, notes: &Arc<Mutex<Vec<String>>>) -> Self {
        Self { notes: notes.clone(), name, on_end: Box::new(|_| ()) }
    }

    fn note(&self, what: &str) {
        self.notes.lock().expect("a lock").push(format!("{} {what}", self.name));
    }
}

impl SpanProcessor for Noting {
    fn on_start(&self, span: &mut Span, _cx: &Context) {
        self.note("on_start");
        span.set_attribute(KeyValue::new(self.name, "on_start"));
    }

    fn on_end(&self, span: SpanData) {
        self.note(&format!("on_end {}", span.name));
        (self.on_end)(&span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.note("force_flush");
        Err(OTelSdkError::InternalFailure(format!("{} is full", self.name)))
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.note("shutdown");
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.note(&format!("set_resource {}", resource.len()));
    }
}

#[test]
fn all_are_called_in_their_order() {
    let notes = Arc::default();
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let (provider, recorder) = configured(|builder| {
        let builder = builder.with_resource(resource).with_span_processor(Noting::new("one", &notes));
        builder.with_span_processor(Noting::new("two", &notes))
    });
    let mut span = provider.tracer("test").start("span");
    span.set_attribute(KeyValue::new("two", "later"));
    span.end();
    let error = provider.force_flush().expect_err("both say so").to_string();
    assert!(error.contains("one is full") && error.contains("two is full"), "{error}");
    provider.shutdown().expect("a shutdown");
    let expected = [
        "one set_resource 1",
        "two set_resource 1",
        "one on_start",
        "two on_start",
        "one on_end span",
        "two on_end span",
        "one force_flush",
        "two force_flush",
        "one shutdown",
        "two shutdown",
    ];
    assert_eq!(*notes.lock().expect("a lock"), expected);
    let span = recorder.one();
    assert_eq!(value(&span, "one"), Some("on_start".into()));
    assert_eq!(value(&span, "two"), Some("later".into()), "what is set later wins over what a processor set");
    assert_eq!(span.attributes.len(), 2);
}

#[test]
fn several_get_the_same_span() {
    let other = Recorder::default();
    let (provider, recorder) = configured(|builder| builder.with_span_processor(other.clone()));
    let mut span = provider.tracer("test").start("span");
    span.set_attribute(KeyValue::new("a", 1));
    span.end();
    assert_eq!(recorder.one(), other.one());
}

#[test]
fn on_start_sees_the_start_time_that_the_span_has_in_the_end() {
    let starting = Recorder::default();
    let (provider, recorder, time) = timed(|builder| builder.with_span_processor(starting.clone()));
    let tracer = provider.tracer("test");
    for passed in [0.0, 0.125, 17.0, 4000.5] {
        time.pass(passed);
        let cx = Context::new().with_span(tracer.start_with_context("root", &Context::new()));
        time.pass(1.5);
        tracer.start_with_context("child", &cx).end();
    }
    tracer.build_with_context(SpanBuilder::from_name("explicit").with_start_time(ms(123.0)), &Context::new()).end();
    let mut seen = starting.starts();
    let mut kept: Vec<_> = recorder.spans().iter().map(|span| span.start_time).collect();
    seen.sort_unstable();
    kept.sort_unstable();
    assert_eq!(seen, kept);
}

#[test]
fn one_may_trace_what_it_does_when_a_span_ends() {
    let provider: Arc<Mutex<Option<TracerProvider>>> = Arc::default();
    let mut starting = Noting::new("starting", &Arc::default());
    let inner = provider.clone();
    starting.on_end = Box::new(move |ended| {
        if ended.name != "outer" {
            return;
        }
        let provider = inner.lock().expect("a lock").clone().expect("a provider");
        let tracer = provider.tracer("processor");
        let mut span = tracer.build(SpanBuilder::from_name("inner").with_attributes([KeyValue::new("b", 1)]));
        span.set_attribute(KeyValue::new("a", "inner's"));
        span.set_attribute(KeyValue::new("b", 2));
        tracer.in_span("innermost", |cx| cx.span().set_attribute(KeyValue::new("a", "innermost's")));
        span.end();
    });
    let (built, recorder) = configured(|builder| builder.with_span_processor(starting));
    *provider.lock().expect("a lock") = Some(built.clone());
    let mut outer =
        built.tracer("test").build(SpanBuilder::from_name("outer").with_attributes([KeyValue::new("o", 1)]));
    outer.set_attribute(KeyValue::new("a", "outer's"));
    outer.end();
    let names: Vec<_> = recorder.spans().iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["outer", "innermost", "inner"]);
    for (name, expected) in [("outer", "outer's"), ("inner", "inner's"), ("innermost", "innermost's")] {
        assert_eq!(value(&recorder.named(name), "a"), Some(expected.into()));
    }
    assert_eq!(value(&recorder.named("inner"), "b"), Some(2.into()));
    assert_eq!(recorder.named("inner").attributes.len(), 3, "these and the processor's own");
}

#[test]
fn a_provider_without_processors_still_makes_contexts() {
    let span = TracerProvider::builder().build().tracer("test").start("span");
    assert!(span.span_context().is_valid() && span.span_context().is_sampled());
}

#[test]
fn an_end_processor_is_told_of_ends_only() {
    let (ended, other) = (Recorder::default(), Recorder::default());
    let provider =
        TracerProvider::builder().with_end_processor(ended.clone()).with_end_processor(other.clone()).build();
    provider.tracer("test").start("span").end();
    assert_eq!((ended.starts().len(), ended.one()), (0, other.one()));
}

#[test]
fn a_span_is_printed_by_its_context_with_any_processor() {
    for builder in [
        TracerProvider::builder().with_end_processor(Recorder::default()),
        TracerProvider::builder().with_span_processor(Recorder::default()),
    ] {
        let span = builder.build().tracer("test").start("span");
        assert_eq!(format!("{span:?}"), format!("Span({:?})", span.span_context()));
    }
}

#[test]
fn the_last_handle_shuts_the_processors_down() {
    let notes = Arc::default();
    let provider = TracerProvider::builder().with_end_processor(Noting::new("end", &notes)).build();
    let tracer = provider.tracer("test");
    drop(provider);
    tracer.start("span").end();
    drop(tracer);
    let notes = notes.lock().expect("a lock").clone();
    assert_eq!(notes[1..], ["end on_end span", "end shutdown"]);
}
