//! When a span is created, entered, exited and closed, and in which order.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_browser::{Clock, TimeSource};
use tracing::info_span;

use crate::{Test, between, test};

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
            assert!(work.start_time < work.end_time);
        }
    });
}

/// A clock whose step is longer than the test.
struct Still;

impl TimeSource for Still {
    fn date_now(&self) -> f64 {
        self.time_origin()
    }
    fn time_origin(&self) -> f64 {
        1_700_000_000_000.0
    }
    fn performance_now(&self) -> f64 {
        0.0
    }
}

#[test]
fn shorter_than_the_clocks_step() {
    let test = Test::with_clock(Clock::with_source(Still));
    test.run(|| {
        let outer = info_span!("outer").entered();
        info_span!("inner").in_scope(|| info_span!("innermost").in_scope(|| ()));
        drop(outer);
    });
    for name in ["outer", "inner", "innermost"] {
        let span = test.span(name);
        assert_eq!(span.end_time, span.start_time + Duration::from_nanos(1), "{name}");
    }
}
