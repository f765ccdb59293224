//! Within a trace, times never run backwards, whatever happens to the system's clock.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry_sdk::trace::SpanData;

use crate::common::{FakeTime, ORIGIN, Recorder, every_way, ms, test, timed};

const HOUR: f64 = 3_600_000.0;

/// Ends after starts; children never before their parents, nor after those that end later.
fn check(recorder: &Recorder) {
    let spans = recorder.spans();
    for (index, span) in spans.iter().enumerate() {
        assert!(span.end_time > span.start_time, "{span:?}");
        assert!(span.events.iter().all(|event| event.timestamp >= span.start_time), "{span:?}");
        let parent: Option<&SpanData> =
            spans.iter().find(|parent| parent.span_context.span_id() == span.parent_span_id);
        if let Some(parent) = parent {
            assert!(span.start_time >= parent.start_time, "{} before {}", span.name, parent.name);
        }
        let ended_later: Option<&SpanData> =
            spans[index..].iter().find(|parent| parent.span_context.span_id() == span.parent_span_id);
        if let Some(parent) = ended_later {
            assert!(span.end_time <= parent.end_time, "{span:?} ends after {parent:?}");
        }
    }
}

/// Ends a context's span as upstream does: with its own clock, which is nonsense if the system's clock is.
fn end(cx: &Context, time: &FakeTime) {
    let now = time.upstreams_now();
    if now > ms(0.0) && now < ms(1e13) {
        cx.span().end_with_timestamp(now);
    }
}

/// A trace with a disturbance between any two of its times.
fn disturbed(disturb: impl Fn(&FakeTime)) -> (Recorder, FakeTime) {
    let (provider, recorder, time) = timed(|builder| builder);
    let tracer = provider.tracer("test");
    let step = |millis: f64| {
        time.pass(millis);
        disturb(&time);
        // Another trace begins, which looks at the system's clock.
        tracer.start_with_context("other", &Context::new()).end();
    };
    let remote = SpanContext::new(5.into(), 6.into(), TraceFlags::SAMPLED, true, TraceState::NONE);
    for parent in [Context::new(), Context::new().with_remote_span_context(remote)] {
        let root = Context::new().with_span(tracer.start_with_context("root", &parent));
        step(0.4);
        let mut child = tracer.start_with_context("child", &root);
        step(1.1);
        child.add_event("event", Vec::new());
        step(0.2);
        let grandchild = Context::new().with_span({
            let cx = Context::new().with_remote_span_context(child.span_context().clone());
            tracer.start_with_context("continued", &cx)
        });
        step(0.2);
        child.end();
        end(&root, &time);
        step(0.3);
        // Of a parent that has ended.
        tracer.start_with_context("late", &root).end();
        step(0.3);
        end(&grandchild, &time);
        // More of the same remote parent's trace.
        step(0.5);
        tracer.start_with_context("sibling", &parent).end();
    }
    check(&recorder);
    (recorder, time)
}

fn duration(span: &SpanData) -> Duration {
    span.end_time.duration_since(span.start_time).expect("not backwards")
}

#[test]
fn a_clock_that_runs_as_it_should() {
    let (recorder, _) = disturbed(|_| ());
    assert_eq!(recorder.named("root").start_time, ms(ORIGIN) + Duration::from_micros(250));
    assert_eq!(duration(&recorder.named("child")), Duration::from_micros(1500));
    assert_eq!(duration(&recorder.named("root")), Duration::from_micros(1900));
}

#[test]
fn a_clock_that_is_set_forward_or_back_or_sleeps() {
    for jump in [60.0, 1000.0, HOUR, 8.0 * HOUR, -60.0, -1000.0, -8.0 * HOUR] {
        let (recorder, time) = disturbed(|time| time.jump(jump));
        assert_eq!(duration(&recorder.named("child")), Duration::from_micros(1500), "{jump}");
        // New traces follow the system's clock.
        let newest = recorder.spans().pop().expect("a span").start_time;
        let (now, other) = (time.upstreams_now(), recorder.spans().into_iter().rev().find(|span| span.name == "other"));
        let other = other.expect("another trace").start_time;
        let off = now.duration_since(other).unwrap_or_else(|error| error.duration());
        assert!(off <= Duration::from_millis(51), "{jump}: {off:?}");
        assert!(newest >= ms(0.0));
    }
}

#[test]
fn a_coarse_clock() {
    // 100 us of resolution, as pages without cross-origin isolation have it, and Date.now() in steps of 16.7 ms.
    let exact = std::sync::Mutex::new(0.0);
    disturbed(|time| {
        let mut exact = exact.lock().expect("a lock");
        *exact += 0.37;
        let date = ((ORIGIN + *exact) / 16.7).floor() * 16.7;
        time.set(date, (*exact * 10.0).floor() / 10.0);
    });
}

#[test]
fn a_clock_that_talks_nonsense() {
    let nonsense = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, -1e300, 1e300, 1e12, 4.0];
    for date in nonsense {
        for performance in nonsense {
            disturbed(|time| time.set(date, performance));
        }
    }
    let turn = std::sync::atomic::AtomicUsize::new(0);
    disturbed(|time| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        time.set(nonsense[turn % 5], nonsense[turn % nonsense.len()]);
    });
}

#[test]
fn a_random_walk() {
    walk(0.05, |_| ());
}

#[test]
fn a_random_walk_by_a_coarse_clock() {
    // Several spans begin and end within each step.
    let exact = std::sync::Mutex::new(0.0);
    walk(0.0, |time| {
        let mut exact = exact.lock().expect("a lock");
        *exact += 0.03;
        let fine = (*exact * 10.0_f64).floor() / 10.0;
        time.set((ORIGIN + fine).floor(), fine);
    });
}

/// Starts and ends spans of many traces as a generator of random numbers says, and jumps that often.
fn walk(jumps: f64, pass: impl Fn(&FakeTime)) {
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (provider, recorder, time) = timed(|builder| builder);
    let tracer = provider.tracer("test");
    let mut open: Vec<Context> = Vec::new();
    for _ in 0..5000 {
        time.pass(random() * 3.0);
        pass(&time);
        if random() < jumps {
            time.jump((random() - 0.5) * 10.0 * HOUR);
        }
        let pick = (random() * (open.len() + 1) as f64) as usize;
        match open.get(pick) {
            Some(cx) if random() < 0.4 => {
                cx.span().end_with_timestamp(time.upstreams_now());
                if random() < 0.8 {
                    open.swap_remove(pick);
                }
            }
            Some(cx) => open.push(Context::new().with_span(tracer.start_with_context("child", cx))),
            None => open.push(Context::new().with_span(tracer.start_with_context("root", &Context::new()))),
        }
    }
    drop(open);
    assert!(recorder.spans().len() > 1000);
    check(&recorder);
}

#[test]
fn a_span_that_is_shorter_than_the_clocks_step_lasts_a_nanosecond() {
    let (provider, recorder, time) = timed(|builder| builder);
    short(&provider.tracer("test"), &recorder, &time);
    let (provider, recorder, time) = timed(|builder| builder);
    short(&BoxedTracer::new(Box::new(provider.tracer("test"))), &recorder, &time);
}

fn short<T: Tracer>(tracer: &T, recorder: &Recorder, time: &FakeTime)
where
    T::Span: Send + Sync + 'static,
{
    let nanosecond = Duration::from_nanos(1);
    let begin = |name: &'static str, parent: &Context| {
        Context::new().with_span(tracer.build_with_context(SpanBuilder::from_name(name), parent))
    };
    let end = |cx: &Context| cx.span().end_with_timestamp(time.upstreams_now());
    time.pass(1.0);
    let root = begin("root", &Context::new());
    drop(begin("dropped", &root));
    end(&begin("ended", &root));
    time.pass(0.5);
    let parent = begin("parent", &root);
    time.pass(0.5);
    end(&begin("child", &parent));
    end(&parent);
    end(&root);
    for name in ["dropped", "ended", "child"] {
        assert_eq!(duration(&recorder.named(name)), nanosecond, "{name}");
    }
    // These hold the child, whose end is a nanosecond ahead of the clock.
    assert_eq!(duration(&recorder.named("parent")), Duration::from_micros(500) + nanosecond);
    assert_eq!(duration(&recorder.named("root")), Duration::from_millis(1) + nanosecond);
    // What has no such span below it at its end is as long as it was.
    time.pass(0.25);
    let long = begin("long", &Context::new());
    time.pass(0.25);
    end(&long);
    assert_eq!(duration(&recorder.named("long")), Duration::from_micros(250));
    check(recorder);
}

#[test]
fn equal_times_that_a_caller_gives_stay() {
    every_way!(equal);
}

fn equal<T: Tracer>(tracer: &T, recorder: &Recorder) {
    let start = ms(ORIGIN);
    for (name, end) in [("equal", start), ("backwards", start - Duration::from_nanos(1))] {
        let builder = SpanBuilder::from_name(name).with_start_time(start);
        tracer.build_with_context(builder, &Context::new()).end_with_timestamp(end);
        assert_eq!((recorder.named(name).start_time, recorder.named(name).end_time), (start, end), "{name}");
    }
}

#[test]
fn an_end_is_after_a_start_in_the_future() {
    every_way!(future);
}

fn future<T: Tracer>(tracer: &T, recorder: &Recorder) {
    let start = ms(4e12);
    drop(tracer.build_with_context(SpanBuilder::from_name("future").with_start_time(start), &Context::new()));
    assert_eq!((recorder.one().start_time, recorder.one().end_time), (start, start + Duration::from_nanos(1)));
}

#[test]
fn a_span_reads_the_clock_no_more_than_it_has_times() {
    let (provider, recorder, time) = timed(|builder| builder);
    let tracer = provider.tracer("test");
    let cx = Context::new().with_span(tracer.start_with_context("root", &Context::new()));
    assert_eq!(time.readings(), 2, "a new trace is compared with the system's clock");
    let mut child = tracer.start_with_context("child", &cx);
    assert_eq!(time.readings(), 1);
    child.add_event("event", Vec::new());
    assert_eq!(time.readings(), 1);
    child.end();
    assert_eq!(time.readings(), 1);
    let ids = (TraceId::INVALID, SpanId::INVALID);
    assert_ne!((recorder.one().span_context.trace_id(), recorder.one().span_context.span_id()), ids);
}
