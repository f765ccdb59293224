//! What an application does to the same spans by the API of OpenTelemetry, and the events of both.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer as _};
use tracing::{info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Test, between, test};

#[test]
fn spans_that_the_application_starts_by_their_context() {
    let test = Test::new();
    test.run(|| {
        let remote = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let remote = opentelemetry_browser::propagation::remote_parent(remote).unwrap();
        let a = test.probe();
        let span = info_span!("work");
        let b = test.now();
        span.set_parent(remote.clone()).unwrap();
        test.probe();
        let started: SpanContext = span.context().span().span_context().clone();
        assert_eq!(started.trace_id(), remote.span().span_context().trace_id());
        let c = test.probe();
        span.add_event("after", vec![]);
        let d = test.now();
        let e = test.probe();
        span.in_scope(|| ());
        let f = test.now();
        drop(span);
        let work = test.span("work");
        assert_eq!(work.parent_span_id, remote.span().span_context().span_id());
        between(a, work.start_time, b);
        between(c, work.events[0].timestamp, d);
        between(e, work.end_time, f);
    });
}

#[test]
fn events_before_and_after_the_span_is_built() {
    let test = Test::new();
    test.run(|| {
        let span = info_span!("work");
        let mut bounds = Vec::new();
        let mut event = |act: &dyn Fn()| {
            let before = test.probe();
            act();
            bounds.push((before, test.now()));
        };
        event(&|| info!(parent: &span, "first"));
        event(&|| info!(parent: &span, "second"));
        event(&|| span.in_scope(|| info!("third")));
        event(&|| info!(parent: &span, "fourth"));
        drop(span);
        let work = test.span("work");
        let names: Vec<&str> = work.events.iter().map(|event| &*event.name).collect();
        assert_eq!(names, ["first", "second", "third", "fourth"]);
        for (event, (before, after)) in work.events.iter().zip(bounds) {
            between(before, event.timestamp, after);
        }
    });
}

#[test]
fn early_events_of_the_application_are_not_before_their_span() {
    let test = Test::new();
    test.run(|| {
        let explicit = SystemTime::UNIX_EPOCH + Duration::from_micros(1_800_000_000_000_123);
        let a = test.probe();
        let span = info_span!("work");
        span.add_event("by the application", vec![]);
        span.add_event_with_timestamp("explicit", explicit, vec![]);
        let b = test.probe();
        info!(parent: &span, "by the macro");
        let c = test.now();
        drop(span);
        let work = test.span("work");
        between(a, work.start_time, b);
        between(work.start_time, work.events[0].timestamp, b);
        assert_eq!(work.events[1].timestamp, explicit);
        between(b, work.events[2].timestamp, c);
    });
}

#[test]
fn an_end_that_the_application_gives_is_kept() {
    let test = Test::new();
    test.run(|| {
        let end = test.now() + Duration::from_millis(1234) + Duration::from_nanos(77);
        let span = info_span!("work");
        span.in_scope(|| ());
        span.context().span().end_with_timestamp(end);
        drop(span);
        assert_eq!(test.span("work").end_time, end);
    });
}

#[test]
fn spans_of_the_api_and_of_the_macros_are_of_one_trace() {
    let test = Test::new();
    test.run(|| {
        let span = info_span!("outer").entered();
        test.tracer.in_span("middle", |_cx| info_span!("inner").in_scope(|| ()));
        drop(span);
        let (outer, middle, inner) = (test.span("outer"), test.span("middle"), test.span("inner"));
        for (child, parent) in [(&middle, &outer), (&inner, &middle)] {
            assert_eq!(child.parent_span_id, parent.span_context.span_id());
            assert!(parent.start_time <= child.start_time);
            assert!(child.start_time <= child.end_time && child.end_time <= parent.end_time);
        }
    });
}
