//! Times that a caller gives, and times that only look so.

use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::{Span, SpanBuilder, TraceContextExt, Tracer, TracerProvider};

use crate::common::{FakeTime, ORIGIN, ms, test, timed};

/// Starts, marks and ends a span with these times; gives what became of them.
fn given(
    start: impl Fn(&FakeTime) -> SystemTime,
    event: impl Fn(&FakeTime) -> SystemTime,
    end: impl Fn(&FakeTime) -> SystemTime,
) -> (SystemTime, SystemTime, SystemTime) {
    let (provider, recorder, time) = timed(|builder| builder);
    time.pass(100.5);
    let builder = SpanBuilder::from_name("given").with_start_time(start(&time));
    let cx = Context::new().with_span(provider.tracer("test").build_with_context(builder, &Context::new()));
    time.pass(20.0);
    cx.span().add_event_with_timestamp("event", event(&time), Vec::new());
    time.pass(20.0);
    cx.span().end_with_timestamp(end(&time));
    let span = recorder.one();
    (span.start_time, span.events[0].timestamp, span.end_time)
}

fn fine(millis: f64) -> SystemTime {
    // ORIGIN and what has passed have at most two binary places: this is exact.
    SystemTime::UNIX_EPOCH + Duration::from_nanos((millis * 4.0) as u64 * 250_000)
}

#[test]
fn now_by_upstreams_clock_becomes_the_fine_clocks_now() {
    let now = FakeTime::upstreams_now;
    let just_before = |time: &FakeTime| time.upstreams_now() - Duration::from_millis(1);
    let expected = (fine(ORIGIN + 100.5), fine(ORIGIN + 120.5), fine(ORIGIN + 140.5));
    assert_eq!(given(now, now, now), expected);
    assert_eq!(given(just_before, just_before, just_before), expected);
}

#[test]
fn every_other_time_is_kept_as_it_is() {
    for off in [2, 5, 19, 20, 21, 40, 50, 1000, 86_400_000] {
        let ago = |time: &FakeTime| time.upstreams_now() - Duration::from_millis(off);
        let ahead = |time: &FakeTime| time.upstreams_now() + Duration::from_millis(off);
        let now = |passed: f64| ms((ORIGIN + passed).floor());
        let off = Duration::from_millis(off);
        assert_eq!(given(ago, ago, ago), (now(100.5) - off, now(120.5) - off, now(140.5) - off));
        assert_eq!(given(ahead, ahead, ahead), (now(100.5) + off, now(120.5) + off, now(140.5) + off));
    }
}

#[test]
fn a_time_finer_than_milliseconds_is_kept_even_if_it_is_now() {
    for nanos in [1, 500, 1000, 250_000, 999_999] {
        let finer = |time: &FakeTime| time.upstreams_now() + Duration::from_nanos(nanos);
        let expected = |passed: f64| ms((ORIGIN + passed).floor()) + Duration::from_nanos(nanos);
        assert_eq!(given(finer, finer, finer), (expected(100.5), expected(120.5), expected(140.5)));
    }
}

#[test]
fn a_time_noted_at_the_start_is_kept_however_much_later_it_is_used() {
    let (provider, recorder, time) = timed(|builder| builder);
    let noted = time.upstreams_now();
    let mut span = provider.tracer("test").start_with_context("span", &Context::new());
    for passed in [5.0, 50.0, 5000.0] {
        time.pass(passed);
        span.add_event_with_timestamp("noted", noted, Vec::new());
    }
    span.end_with_timestamp(noted);
    let span = recorder.one();
    assert!(span.events.iter().all(|event| event.timestamp == noted));
    assert_eq!(span.end_time, noted, "what a caller says is not corrected");
}

#[test]
fn a_start_that_only_looks_given_is_seen_by_children() {
    let (provider, recorder, time) = timed(|builder| builder);
    let tracer = provider.tracer("test");
    time.pass(0.5);
    let start = |name: &'static str| SpanBuilder::from_name(name).with_start_time(time.upstreams_now());
    let cx = Context::new().with_span(tracer.build_with_context(start("root"), &Context::new()));
    tracer.build_with_context(start("child"), &cx).end();
    cx.span().end();
    assert_eq!(recorder.named("root").start_time, fine(ORIGIN + 0.5));
    assert_eq!(recorder.named("child").start_time, fine(ORIGIN + 0.5));
}
