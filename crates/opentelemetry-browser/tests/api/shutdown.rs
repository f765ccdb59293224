//! The end of providers, and several of them.

use opentelemetry::trace::{Span, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_browser::TracerProvider;

use crate::common::{Recorder, around_sdk, pipeline, test, timed, value};

#[test]
fn after_a_shutdown_nothing_is_recorded_and_nothing_breaks() {
    for (provider, recorder) in [pipeline(), around_sdk()] {
        let tracer = provider.tracer("test");
        let mut open = tracer.start("open");
        provider.shutdown().expect("the first");
        assert!(provider.shutdown().is_err(), "it says that it was shut down already");
        open.set_attribute(KeyValue::new("a", 1));
        open.end();
        let mut late = tracer.start("late");
        assert!(!late.is_recording());
        late.set_attribute(KeyValue::new("a", 1));
        late.end();
        provider.tracer("new").start("later").end();
        assert_eq!(recorder.spans().len(), 0);
    }
}

#[test]
fn what_one_span_left_behind_does_not_get_into_another() {
    let (ended, _) = pipeline();
    let mut open = ended.tracer("test").start("open");
    open.set_attribute(KeyValue::new("stale", true));
    ended.shutdown().expect("a shutdown");
    open.end();
    let (sdk, recorder) = around_sdk();
    sdk.tracer("test").start("fresh").end();
    assert_eq!(value(&recorder.one(), "stale"), None);
}

#[test]
fn dropping_a_provider_ends_nothing() {
    let (provider, recorder) = pipeline();
    let tracer = provider.tracer("test");
    drop(provider);
    let span = tracer.start("after");
    drop(tracer);
    drop(span);
    assert_eq!(recorder.one().name, "after");
}

#[test]
fn providers_live_side_by_side() {
    let ((one, first), (other, second)) = (pipeline(), pipeline());
    one.tracer("test").in_span("one's", |cx| {
        let mut child = other.tracer("test").start_with_context("other's", &cx);
        child.set_attribute(KeyValue::new("a", 1));
        child.end();
    });
    one.shutdown().expect("a shutdown");
    other.tracer("test").start("after").end();
    let (parent, child) = (first.one(), second.named("other's"));
    assert_eq!(child.parent_span_id, parent.span_context.span_id());
    assert!(child.start_time >= parent.start_time && child.end_time <= parent.end_time);
    assert_eq!((second.spans().len(), value(&parent, "a")), (2, None));
}

#[test]
fn a_provider_can_be_the_parent_of_itself_only_by_its_spans() {
    // Clones are one provider, with one clock and one end.
    let (provider, recorder, time) = timed(|builder| builder);
    let clone: TracerProvider = provider.clone();
    let cx = Context::new().with_span(provider.tracer("test").start_with_context("root", &Context::new()));
    time.pass(1.0);
    clone.tracer("test").start_with_context("child", &cx).end();
    time.pass(1.0);
    cx.span().end();
    let recorder: &Recorder = &recorder;
    assert!(recorder.named("child").start_time > recorder.named("root").start_time);
    clone.shutdown().expect("a shutdown");
    assert!(provider.shutdown().is_err());
}
