//! Spans of the `tracing` macros, through tracing-opentelemetry, have sub-millisecond times: the same natively and in a browser.
//!
//! No test asserts a time. Probes are spans of the OpenTelemetry API, whose times are fine: what happens between two probes
//! must have a time between theirs. They are taken in the middle of a millisecond, where a time in whole milliseconds is not.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_browser::tracing::fine_times;
use opentelemetry_browser::{Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample, Span, SpanData, SpanProcessor};
use tracing::{info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

#[cfg(not(target_arch = "wasm32"))]
use core::prelude::v1::test;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut Span, _: &Context) {}
    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

struct Test {
    ended: Ended,
    tracer: Tracer,
}

impl Test {
    fn new() -> Self {
        let ended = Ended::default();
        let provider = TracerProvider::builder().with_span_processor(ended.clone()).build();
        Self { ended, tracer: provider.tracer("test") }
    }

    fn run(&self, work: impl FnOnce()) {
        let layer = tracing_opentelemetry::layer().with_tracer(self.tracer.clone());
        tracing::subscriber::with_default(Registry::default().with(fine_times(layer)), work);
    }

    /// The fine time, now.
    fn now(&self) -> SystemTime {
        drop(self.tracer.build_with_context(opentelemetry::trace::SpanBuilder::from_name("probe"), &Context::new()));
        self.span("probe").start_time
    }

    /// Waits until it is the middle of a millisecond other than that of the last probe, and gives the time.
    fn probe(&self) -> SystemTime {
        let before = millis(self.now());
        loop {
            let now = self.now();
            let fraction = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos() % 1_000_000;
            if millis(now) > before && (300_000..600_000).contains(&fraction) {
                return now;
            }
        }
    }

    fn span(&self, name: &str) -> SpanData {
        let mut spans = self.ended.0.lock().unwrap();
        let at =
            spans.iter().position(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:?}"));
        spans.remove(at)
    }
}

fn millis(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
}

#[track_caller]
fn between(earlier: SystemTime, time: SystemTime, later: SystemTime) {
    assert!(earlier <= time && time <= later, "{earlier:?} <= {time:?} <= {later:?}");
}

#[test]
fn entered_at_once() {
    let test = Test::new();
    test.run(|| {
        let a = test.probe();
        let span = info_span!("work", answer = 42).entered();
        let b = test.now();
        let c = test.probe();
        drop(span);
        let d = test.now();
        let work = test.span("work");
        between(a, work.start_time, b);
        between(c, work.end_time, d);
        assert!(work.attributes.contains(&KeyValue::new("answer", 42)));
    });
}

#[test]
fn entered_late() {
    let test = Test::new();
    test.run(|| {
        let a = test.probe();
        let span = info_span!("work");
        let b = test.now();
        test.probe();
        let c = test.probe();
        span.in_scope(|| ());
        let d = test.now();
        drop(span);
        let work = test.span("work");
        between(a, work.start_time, b);
        between(c, work.end_time, d);
    });
}

#[test]
fn never_entered() {
    let test = Test::new();
    test.run(|| {
        let a = test.probe();
        let span = info_span!("work");
        let b = test.now();
        let c = test.probe();
        drop(span);
        let d = test.now();
        let work = test.span("work");
        between(a, work.start_time, b);
        between(c, work.end_time, d);
    });
}

#[test]
fn held_open_after_the_last_exit() {
    let test = Test::new();
    test.run(|| {
        let span = info_span!("work");
        span.in_scope(|| test.probe());
        test.probe();
        let handle = span.clone();
        let a = {
            let _entered = span.enter();
            test.probe()
        };
        let b = test.now();
        drop(span);
        test.probe();
        test.probe();
        drop(handle);
        between(a, test.span("work").end_time, b);
    });
}

#[test]
fn a_parent_that_only_a_child_starts() {
    let test = Test::new();
    test.run(|| {
        let a = test.probe();
        let outer = info_span!("outer");
        let b = test.now();
        let c = test.probe();
        let inner = info_span!(parent: &outer, "inner");
        let d = test.now();
        test.probe();
        inner.in_scope(|| info_span!("innermost").in_scope(|| ()));
        let e = test.probe();
        drop((inner, outer));
        let (outer, inner, innermost) = (test.span("outer"), test.span("inner"), test.span("innermost"));
        between(a, outer.start_time, b);
        between(c, inner.start_time, d);
        assert!(e <= outer.end_time, "it was never entered: it ends when it is closed");
        assert!(inner.end_time <= e);
        for (child, parent) in [(&inner, &outer), (&innermost, &inner)] {
            assert_eq!(child.parent_span_id, parent.span_context.span_id());
            assert_eq!(child.span_context.trace_id(), parent.span_context.trace_id());
            assert!(parent.start_time <= child.start_time && child.end_time <= parent.end_time);
        }
    });
}

#[test]
fn many_in_one_millisecond_entered_in_another_order() {
    let test = Test::new();
    test.run(|| {
        let mut spans = Vec::new();
        let mut bounds = vec![test.probe()];
        for number in 0..10 {
            spans.push(info_span!("work", number));
            let last = *bounds.last().unwrap();
            // As fine as the clock is.
            bounds.push(std::iter::repeat_with(|| test.now()).find(|now| *now > last).unwrap());
        }
        for at in [7, 2, 9, 0, 4] {
            spans[at].in_scope(|| ());
        }
        for at in [3, 8, 0, 5, 1, 9, 2, 6, 7, 4] {
            spans[at] = tracing::Span::none();
        }
        for _ in 0..10 {
            let work = test.span("work");
            let number = work.attributes.iter().find(|attribute| attribute.key.as_str() == "number").unwrap();
            let number: usize = number.value.to_string().parse().unwrap();
            between(bounds[number], work.start_time, bounds[number + 1]);
            assert!(work.start_time <= work.end_time);
        }
    });
}

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
