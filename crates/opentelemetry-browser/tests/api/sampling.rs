//! Which spans are recorded, and what the others cost.

use opentelemetry::trace::{
    Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use crate::common::{configured, ms, test, timed, value};

/// Decides by the span's name, and says so in attributes and in the trace state.
#[derive(Clone, Debug)]
struct ByName;

impl ShouldSample for ByName {
    fn should_sample(
        &self,
        _parent: Option<&Context>,
        _trace_id: TraceId,
        name: &str,
        _kind: &SpanKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let decision = match name {
            "drop" => SamplingDecision::Drop,
            "only record" => SamplingDecision::RecordOnly,
            _ => SamplingDecision::RecordAndSample,
        };
        let attributes = vec![KeyValue::new("sampler.saw", attributes.len() as i64), KeyValue::new("a", "sampler's")];
        let trace_state = TraceState::from_key_value([("by", "name")]).unwrap_or_default();
        SamplingResult { decision, attributes, trace_state }
    }
}

fn unsampled(is_remote: bool) -> Context {
    let (trace, span) = (TraceId::from(5), SpanId::from(6));
    let parent = SpanContext::new(trace, span, TraceFlags::default(), is_remote, TraceState::NONE);
    if is_remote {
        return Context::new().with_remote_span_context(parent);
    }
    // The span of another tracer, of which only the context is known.
    let (provider, _) = configured(|builder| builder.with_sampler(Sampler::AlwaysOff));
    Context::new().with_span(provider.tracer("other").start("unsampled"))
}

#[test]
fn a_samplers_attributes_and_trace_state_arrive() {
    let (provider, recorder) = configured(|builder| builder.with_sampler(ByName));
    let builder = SpanBuilder::from_name("kept").with_attributes([KeyValue::new("a", 1), KeyValue::new("b", 2)]);
    let mut span = provider.tracer("test").build(builder);
    span.set_attribute(KeyValue::new("b", "later"));
    span.end();
    let span = recorder.one();
    assert_eq!(value(&span, "sampler.saw"), Some(2.into()));
    assert_eq!(value(&span, "a"), Some("sampler's".into()));
    assert_eq!(value(&span, "b"), Some("later".into()));
    assert_eq!((span.attributes.len(), span.dropped_attributes_count), (3, 0));
    assert_eq!(span.span_context.trace_state().get("by"), Some("name"));
}

#[test]
fn a_span_can_be_recorded_without_being_sampled() {
    let (provider, recorder) = configured(|builder| builder.with_sampler(ByName));
    let mut span = provider.tracer("test").start("only record");
    assert!(span.is_recording() && !span.span_context().is_sampled());
    span.set_attribute(KeyValue::new("x", 1));
    span.end();
    assert_eq!(value(&recorder.one(), "x"), Some(1.into()));
}

#[test]
fn a_span_that_is_not_sampled_takes_everything_and_gives_nothing() {
    for sampler in [Sampler::AlwaysOff, Sampler::ParentBased(Box::new(Sampler::AlwaysOff))] {
        let (provider, recorder) = configured(|builder| builder.with_sampler(sampler));
        let tracer = provider.tracer("test");
        let mut span = tracer.build(SpanBuilder::from_name("dropped").with_start_time(ms(5.0)));
        assert!(!span.is_recording() && span.span_context().is_valid() && !span.span_context().is_sampled());
        span.set_attribute(KeyValue::new("x", 1));
        span.add_event("event", Vec::new());
        span.add_event_with_timestamp("event", ms(5.0), Vec::new());
        span.update_name("other");
        let root = span.span_context().clone();
        let cx = Context::new().with_span(span);
        let child = tracer.start_with_context("child", &cx);
        assert_eq!(child.span_context().trace_id(), root.trace_id());
        assert!(!child.span_context().is_sampled());
        drop((child, cx));
        assert_eq!((recorder.spans().len(), recorder.starts().len()), (0, 0));
    }
}

#[test]
fn a_trace_is_sampled_as_a_whole() {
    let ratio = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.5)));
    let (provider, recorder) = configured(|builder| builder.with_sampler(ratio));
    let tracer = provider.tracer("test");
    for _ in 0..300 {
        tracer.in_span("root", |cx| tracer.start_with_context("child", &cx).end());
    }
    let spans = recorder.spans();
    assert!(spans.len() > 200 && spans.len() < 400, "{} of 600", spans.len());
    assert_eq!(spans.iter().filter(|span| span.name == "root").count() * 2, spans.len());
}

#[test]
fn a_sampled_remote_parent_is_followed_and_an_unsampled_one_too() {
    let (provider, recorder) = configured(|builder| builder);
    let tracer = provider.tracer("test");
    for flags in [TraceFlags::SAMPLED, TraceFlags::NOT_SAMPLED] {
        let parent = SpanContext::new(TraceId::from(5), SpanId::from(6), flags, true, TraceState::NONE);
        tracer.start_with_context("continued", &Context::new().with_remote_span_context(parent)).end();
    }
    assert_eq!(recorder.one().parent_span_id, SpanId::from(6));
}

#[test]
fn a_span_without_ids_is_no_parent_that_was_sampled_out() {
    // Such as one that was started before anything was installed.
    let parent = Context::new().with_remote_span_context(SpanContext::empty_context());
    for sampler in [None, Some(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))] {
        let (provider, recorder) = configured(|builder| match sampler {
            Some(sampler) => builder.with_sampler(sampler),
            None => builder,
        });
        provider.tracer("test").start_with_context("root", &parent).end();
        assert_eq!(recorder.one().parent_span_id, SpanId::INVALID);
    }
}

#[test]
fn an_unsampled_span_costs_one_reading_at_most_and_its_children_none() {
    let off = || Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
    let (provider, _, time) = timed(|builder| builder.with_sampler(off()));
    let tracer = provider.tracer("test");
    let root = tracer.start_with_context("root", &Context::new());
    // Upstream asks its sampler only when the start is set.
    let expected = u32::from(crate::IS_UPSTREAM);
    assert_eq!(time.readings(), expected);
    let cx = Context::new().with_span(root);
    for _ in 0..10 {
        let mut child = tracer.start_with_context("child", &cx);
        child.add_event("event", Vec::new());
        child.add_event_with_timestamp("event", time.upstreams_now(), Vec::new());
        child.end_with_timestamp(time.upstreams_now());
    }
    cx.span().end();
    drop(cx);
    assert_eq!(time.readings(), 0);

    // A start time that is given, as `tracing` does, needs no clock.
    for start in [time.upstreams_now(), ms(5.0)] {
        let builder = SpanBuilder::from_name("root").with_start_time(start);
        tracer.build_with_context(builder, &Context::new()).end();
        assert_eq!(time.readings(), 0);
    }
}

#[test]
fn the_child_of_an_unsampled_parent_costs_no_reading_wherever_the_parent_is() {
    for sampler in [Sampler::AlwaysOn, Sampler::AlwaysOff, Sampler::TraceIdRatioBased(0.5)] {
        let (provider, recorder, time) =
            timed(|builder| builder.with_sampler(Sampler::ParentBased(Box::new(sampler.clone()))));
        let tracer = provider.tracer("test");
        for is_remote in [false, true] {
            let cx = unsampled(is_remote);
            tracer.start_with_context("child", &cx).end();
            tracer.build_with_context(SpanBuilder::from_name("c").with_start_time(time.upstreams_now()), &cx).end();
        }
        assert_eq!((time.readings(), recorder.spans().len()), (0, 0));
    }
}

#[test]
fn another_sampler_may_record_the_child_of_an_unsampled_parent() {
    let (provider, recorder, time) = timed(|builder| builder.with_sampler(Sampler::AlwaysOn));
    for is_remote in [false, true] {
        time.pass(10.0);
        provider.tracer("test").start_with_context("child", &unsampled(is_remote)).end();
    }
    let spans = recorder.spans();
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.start_time > ms(crate::common::ORIGIN)));
}

#[test]
fn nothing_is_recorded_where_telemetry_is_suppressed() {
    let (provider, recorder, time) = timed(|builder| builder);
    let cx = Context::new().with_telemetry_suppressed();
    let mut span = provider.tracer("test").start_with_context("suppressed", &cx);
    span.add_event("event", Vec::new());
    span.end();
    assert_eq!((recorder.spans().len(), time.readings()), (0, 0));
}
