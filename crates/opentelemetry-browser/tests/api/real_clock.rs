//! The clocks of this page, or of this machine.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{Span, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, time::now};

use crate::common::{Recorder, every_way, pipeline, test};

/// How far the clocks may be apart: natively upstream's is as fine as this crate's, and times of either are kept.
const SKEW: Duration = if cfg!(target_arch = "wasm32") { Duration::ZERO } else { Duration::from_millis(20) };

/// Lets a little time pass.
fn busy() {
    let begun = now();
    let mut rounds = 0_u32;
    while now() == begun && rounds < 2_000_000 {
        rounds += 1;
    }
}

#[test]
fn times_through_global_and_context_are_finer_than_a_millisecond_and_in_order() {
    let (provider, recorder) = pipeline();
    let tracer = BoxedTracer::new(Box::new(provider.tracer("test")));
    let before = now();
    for _ in 0..200 {
        tracer.in_span("outer", |cx| {
            cx.span().add_event("event", Vec::new());
            let mut inner = tracer.start_with_context("inner", &cx);
            inner.add_event("event", Vec::new());
            inner.end();
        });
        busy();
    }
    let after = now();
    let spans = recorder.spans();
    assert_eq!(spans.len(), 400);
    let mut fractions = HashSet::new();
    // The clocks may be some way apart: the limit of what counts as drift, and a rounded millisecond.
    let slack = Duration::from_millis(51);
    let mut interrupted = 0;
    for pair in spans.chunks(2) {
        let (inner, outer) = (&pair[0], &pair[1]);
        // Where a thread is interrupted between upstream's reading of the clock and this crate's, the time counts as explicit. Where it is
        // between the two readings that place a trace in time, that trace is placed as much too late: natively this takes longer at times.
        let is_whole = |time: SystemTime| sub_milliseconds(time) == 0;
        let times = [outer.start_time, inner.start_time, inner.events[0].timestamp, inner.end_time, outer.end_time];
        let is_in_order = times.windows(2).all(|two| two[0] <= two[1] + SKEW);
        let is_between = before - slack <= outer.start_time && outer.end_time <= after + slack;
        let is_native = cfg!(not(target_arch = "wasm32"));
        if times[2..].iter().copied().any(is_whole) || (is_native && !(is_in_order && is_between)) {
            interrupted += 1;
            continue;
        }
        assert!(is_in_order && is_between, "{before:?} {pair:?} {after:?}");
        assert!(pair.iter().all(|span| span.start_time < span.end_time), "{pair:?}");
        fractions.extend([outer, inner].map(|span| sub_milliseconds(span.start_time)));
    }
    assert!(interrupted < 100, "{interrupted} of 200 traces are in whole milliseconds, or not in order");
    assert!(fractions.len() > 5, "start times have only these parts of a millisecond: {fractions:?}");
}

fn sub_milliseconds(time: SystemTime) -> u32 {
    time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").subsec_nanos() % 1_000_000
}

#[test]
fn an_explicit_time_survives_global_and_context() {
    let (provider, recorder) = pipeline();
    let tracer = BoxedTracer::new(Box::new(provider.tracer("test")));
    let earlier = now() - Duration::from_millis(5);
    let cx = Context::new().with_span(tracer.span_builder("span").with_start_time(earlier).start(&tracer));
    cx.span().add_event_with_timestamp("event", earlier, Vec::new());
    cx.span().end_with_timestamp(earlier);
    let span = recorder.one();
    assert_eq!((span.start_time, span.events[0].timestamp, span.end_time), (earlier, earlier, earlier));
}

#[test]
fn no_span_is_without_length_however_short_it_was() {
    every_way!(many);
}

fn many<T: Tracer>(tracer: &T, recorder: &Recorder) {
    for _ in 0..1000 {
        drop(tracer.start_with_context("short", &Context::new()));
    }
    let spans = recorder.spans();
    assert_eq!(spans.len(), 1000);
    for span in spans {
        assert!(span.start_time < span.end_time, "{span:?}");
    }
}
