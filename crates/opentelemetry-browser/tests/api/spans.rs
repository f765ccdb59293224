//! What a span can be given, and what of it arrives.

use std::time::Duration;

use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value};

use crate::common::{Recorder, every_way, ms, pipeline, test, value};

fn other_span(number: u64) -> SpanContext {
    let (trace, span) = (TraceId::from(u128::from(number)), SpanId::from(number));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[test]
fn everything_that_a_builder_has_arrives() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let builder = SpanBuilder::from_name("built")
            .with_kind(SpanKind::Client)
            .with_start_time(ms(5_000.0))
            .with_attributes([KeyValue::new("a", 1), KeyValue::new("b", "two")])
            .with_events(vec![Event::new("before", ms(4_000.0), vec![KeyValue::new("e", true)], 0)])
            .with_links(vec![Link::new(other_span(7), vec![KeyValue::new("l", 0.5)], 0)]);
        tracer.build_with_context(builder, &Context::new()).end_with_timestamp(ms(6_000.0));
        let span = recorder.one();
        assert_eq!((&*span.name, &span.span_kind), ("built", &SpanKind::Client));
        assert_eq!((span.start_time, span.end_time), (ms(5_000.0), ms(6_000.0)));
        assert_eq!(span.attributes, [KeyValue::new("a", 1), KeyValue::new("b", "two")]);
        assert_eq!((&*span.events[0].name, span.events[0].timestamp), ("before", ms(4_000.0)));
        assert_eq!(span.events[0].attributes, [KeyValue::new("e", true)]);
        assert_eq!(span.links[0].span_context, other_span(7));
        assert_eq!(span.links[0].attributes, [KeyValue::new("l", 0.5)]);
        assert_eq!(span.status, Status::Unset);
        assert_eq!(span.parent_span_id, SpanId::INVALID);
    }
    every_way!(check);
}

#[test]
fn everything_that_a_span_is_given_later_arrives() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let mut span = tracer.start("first name");
        assert!(span.is_recording());
        span.update_name("second name");
        span.set_attribute(KeyValue::new("a", 1));
        span.set_attributes([KeyValue::new("b", 2), KeyValue::new("c", 3)]);
        span.add_event("plain", vec![KeyValue::new("x", 1)]);
        span.add_event_with_timestamp("timed", ms(1_000.0), Vec::new());
        span.add_link(other_span(1), vec![KeyValue::new("y", 2)]);
        span.add_link(other_span(2), Vec::new());
        span.set_status(Status::error("broken"));
        let context = span.span_context().clone();
        span.end();
        let span = recorder.one();
        assert_eq!(span.span_context, context);
        assert_eq!(&*span.name, "second name");
        assert_eq!(span.attributes, [KeyValue::new("a", 1), KeyValue::new("b", 2), KeyValue::new("c", 3)]);
        assert_eq!((&*span.events[0].name, &*span.events[1].name), ("plain", "timed"));
        assert_eq!(span.events[1].timestamp, ms(1_000.0));
        assert_eq!(span.events[0].attributes, [KeyValue::new("x", 1)]);
        assert_eq!(span.links.len(), 2);
        assert_eq!(span.status, Status::error("broken"));
    }
    every_way!(check);
}

#[test]
fn of_statuses_ok_is_final_unset_is_nothing_and_the_later_error_wins() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let error = Status::error;
        let cases = [
            (vec![], Status::Unset),
            (vec![Status::Unset], Status::Unset),
            (vec![error("z"), error("a")], error("a")),
            (vec![error("a"), error("z")], error("z")),
            (vec![error("a"), Status::Unset], error("a")),
            (vec![error("a"), Status::Ok], Status::Ok),
            (vec![Status::Ok, error("a")], Status::Ok),
            (vec![Status::Ok, Status::Unset, error("a"), Status::Ok], Status::Ok),
        ];
        for (set, expected) in cases {
            let mut span = tracer.start("status");
            set.iter().for_each(|status| span.set_status(status.clone()));
            span.end();
            assert_eq!(recorder.spans().pop().expect("a span").status, expected, "{set:?}");
        }
    }
    every_way!(check);
}

#[test]
fn an_error_is_recorded_as_an_event() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let mut span = tracer.start("failing");
        span.record_error(&std::io::Error::other("the disk is full"));
        span.end();
        span.record_error(&std::io::Error::other("too late"));
        let span = recorder.one();
        assert_eq!(span.events.len(), 1);
        assert_eq!(&*span.events[0].name, "exception");
        let message = KeyValue::new("exception.message", "the disk is full");
        assert!(span.events[0].attributes.contains(&message), "{:?}", span.events[0]);
    }
    every_way!(check);
}

#[test]
fn a_span_that_has_ended_takes_nothing_more() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let mut span = tracer.start("ended");
        span.set_attribute(KeyValue::new("a", 1));
        let context = span.span_context().clone();
        span.end_with_timestamp(ms(9_000_000_000_000.0));
        assert!(!span.is_recording());
        span.update_name("other");
        span.set_attribute(KeyValue::new("a", 2));
        span.add_event("late", Vec::new());
        span.add_event_with_timestamp("late", ms(1.0), Vec::new());
        span.add_link(other_span(1), Vec::new());
        span.set_status(Status::Ok);
        span.end();
        span.end_with_timestamp(ms(1.0));
        assert_eq!(span.span_context(), &context, "who it was stays known");
        drop(span);
        let span = recorder.one();
        assert_eq!((&*span.name, value(&span, "a")), ("ended", Some(Value::I64(1))));
        assert_eq!(span.end_time, ms(9_000_000_000_000.0));
        assert_eq!((span.events.len(), span.links.len(), span.status), (0, 0, Status::Unset));
    }
    every_way!(check);
}

#[test]
fn a_span_that_is_dropped_ends() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let mut span = tracer.start("dropped");
        span.set_attribute(KeyValue::new("a", 1));
        span.set_status(Status::error("early"));
        drop(span);
        let span = recorder.one();
        assert_eq!((value(&span, "a"), span.status), (Some(Value::I64(1)), Status::error("early")));
        assert!(span.end_time >= span.start_time);
    }
    every_way!(check);
}

#[test]
fn parents_and_children_are_one_trace() {
    fn check<T>(tracer: &T, recorder: &Recorder)
    where
        T: Tracer,
        T::Span: Send + Sync + 'static,
    {
        tracer.in_span("root", |cx| {
            let root = cx.span().span_context().clone();
            tracer.in_span("child", |cx| {
                let child = cx.span().span_context().clone();
                assert_eq!(child.trace_id(), root.trace_id());
                tracer.start_with_context("grandchild", &cx).end();
                assert_eq!(recorder.named("grandchild").parent_span_id, child.span_id());
            });
            assert_eq!(recorder.named("child").parent_span_id, root.span_id());
        });
        let remote = Context::new().with_remote_span_context(other_span(9));
        tracer.start_with_context("continued", &remote).end();
        let continued = recorder.named("continued");
        assert_eq!(continued.span_context.trace_id(), other_span(9).trace_id());
        assert_eq!((continued.parent_span_id, continued.parent_span_is_remote), (other_span(9).span_id(), true));
        assert!(!recorder.named("child").parent_span_is_remote);
        assert_ne!(continued.span_context.trace_id(), recorder.named("root").span_context.trace_id());
    }
    every_way!(check);
}

#[test]
fn a_context_can_end_its_span() {
    fn check<T>(tracer: &T, recorder: &Recorder)
    where
        T: Tracer,
        T::Span: Send + Sync + 'static,
    {
        let cx = Context::new().with_span(tracer.start("in context"));
        cx.span().set_attribute(KeyValue::new("a", 1));
        cx.span().add_event("event", Vec::new());
        cx.span().set_status(Status::Ok);
        cx.span().end();
        let span = recorder.one();
        assert_eq!((value(&span, "a"), span.events.len(), span.status), (Some(Value::I64(1)), 1, Status::Ok));
        // Upstream's clock may be a little behind this crate's.
        assert!(span.end_time + Duration::from_millis(20) >= span.start_time);
    }
    every_way!(check);
}

#[test]
fn spans_carry_the_scope_of_their_tracer() {
    let (provider, recorder) = pipeline();
    let scope = InstrumentationScope::builder("library")
        .with_version("1.2")
        .with_schema_url("https://schema.example/1")
        .with_attributes([KeyValue::new("k", "v")])
        .build();
    provider.tracer_with_scope(scope.clone()).start("scoped").end();
    let clone = provider.tracer("other").clone();
    clone.start("plain").end();
    assert_eq!(recorder.named("scoped").instrumentation_scope, scope);
    assert_eq!(recorder.named("plain").instrumentation_scope.name(), "other");
}
