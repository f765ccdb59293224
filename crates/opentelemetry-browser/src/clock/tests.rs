use std::sync::{Arc, Mutex};

use std::time::Duration;

use super::anchors::TRACES_REMEMBERED;
use super::*;
use crate::platform::test;

/// A page that was opened at [`ORIGIN`], and what its clocks say.
#[derive(Clone)]
struct Fake(Arc<Mutex<Times>>);

#[derive(Clone, Copy)]
struct Times {
    date: f64,
    performance: f64,
}

const ORIGIN: f64 = 1_700_000_000_000.25;

impl TimeSource for Fake {
    fn date_now(&self) -> f64 {
        self.0.lock().expect("a lock").date
    }
    fn time_origin(&self) -> f64 {
        ORIGIN
    }
    fn performance_now(&self) -> f64 {
        self.0.lock().expect("a lock").performance
    }
}

impl Fake {
    fn page() -> (Self, Clock) {
        let fake = Self(Arc::new(Mutex::new(Times { date: ORIGIN.floor(), performance: 0.0 })));
        (fake.clone(), Clock::with_source(fake))
    }

    fn set(&self, date: f64, performance: f64) {
        *self.0.lock().expect("a lock") = Times { date, performance };
    }

    /// Both clocks go on alike.
    fn pass(&self, millis: f64) {
        let mut times = self.0.lock().expect("a lock");
        times.performance += millis;
        times.date = (ORIGIN + times.performance).floor();
    }
}

fn trace(number: u128) -> TraceId {
    TraceId::from(number)
}

fn ms(millis: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos(millis))
}

fn far(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

#[test]
fn times_keep_what_a_double_of_nanoseconds_would_lose() {
    let (fake, clock) = Fake::page();
    fake.pass(12.345_678);
    let anchor = clock.begin_trace(trace(1), clock.reading());
    assert_eq!(anchor.at(clock.reading()), SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_012_595_678));
    fake.pass(0.005);
    let later = anchor.at(clock.reading());
    let step = later.duration_since(anchor.at(12.345_678)).expect("later");
    assert_eq!(step, Duration::from_micros(5));
}

#[test]
fn clocks_that_agree_keep_their_anchor() {
    let (fake, clock) = Fake::page();
    let first = clock.begin_trace(trace(1), clock.reading());
    for number in 2..100 {
        fake.pass(3_600_000.123);
        assert_eq!(clock.begin_trace(trace(number), clock.reading()), first);
    }
}

#[test]
fn a_new_trace_follows_the_systems_clock_and_an_old_one_does_not() {
    let hours = 3_600_000.0;
    // Forward, backward, and eight hours of sleep in which performance.now() stood still.
    for jump in [1000.0, 60.0, -1000.0, -24.0 * hours, 8.0 * hours] {
        let (fake, clock) = Fake::page();
        fake.pass(1000.0);
        let old = clock.begin_trace(trace(1), clock.reading());
        let before = old.at(clock.reading());
        let now = ORIGIN + 1010.0 + jump;
        fake.set(now.floor(), 1010.0);
        let new = clock.begin_trace(trace(2), clock.reading());
        assert!(far(new.at(clock.reading()), ms(now)) <= Duration::from_millis(1), "{jump}");
        assert_eq!(clock.current(), new);
        assert_eq!(clock.anchor_of(trace(2)), new);
        // Also when more of the old trace comes from a remote parent.
        for anchor in [clock.anchor_of(trace(1)), clock.begin_trace(trace(1), clock.reading())] {
            assert_eq!(anchor, old);
            assert_eq!(anchor.at(clock.reading()).duration_since(before).expect("later"), Duration::from_millis(10));
        }
    }
}

#[test]
fn small_drift_is_left_alone() {
    for drift in [-49.0, -16.7, 16.7, 49.0] {
        let (fake, clock) = Fake::page();
        let anchor = clock.current();
        fake.set((ORIGIN + 5000.0 + drift).floor(), 5000.0);
        assert_eq!(clock.begin_trace(trace(1), clock.reading()), anchor, "{drift}");
    }
}

#[test]
fn coarse_clocks_are_no_drift() {
    let (fake, clock) = Fake::page();
    let anchor = clock.current();
    for step in 0..10_000_u32 {
        let exact = f64::from(step) * 0.777;
        let date = ((ORIGIN + exact) / 16.7).floor() * 16.7;
        fake.set(date.floor(), (exact * 10.0).floor() / 10.0);
        assert_eq!(clock.begin_trace(trace(u128::from(step) + 1), clock.reading()), anchor);
    }
}

#[test]
fn each_trace_keeps_its_anchor_through_many_jumps() {
    let (fake, clock) = Fake::page();
    let mut anchors = Vec::new();
    for number in 1..=50_u32 {
        fake.set(ORIGIN + f64::from(number) * 10_000.0, f64::from(number));
        anchors.push(clock.begin_trace(trace(number.into()), clock.reading()));
    }
    for (number, anchor) in (1..).zip(anchors) {
        assert_eq!(clock.anchor_of(trace(number)), anchor);
    }
}

#[test]
fn the_most_recent_traces_are_remembered_and_no_more() {
    let (fake, clock) = Fake::page();
    let old = clock.begin_trace(trace(1), clock.reading());
    fake.set(ORIGIN + 100_000.0, 1.0);
    let recent = trace(2);
    let newer = clock.begin_trace(recent, clock.reading());
    for number in 3..TRACES_REMEMBERED as u128 {
        clock.begin_trace(trace(number), clock.reading());
    }
    fake.set(ORIGIN + 200_000.0, 2.0);
    clock.begin_trace(trace(1_000_000), clock.reading());
    assert_eq!((clock.anchor_of(trace(1)), clock.anchor_of(recent)), (old, newer));
    clock.begin_trace(trace(1_000_001), clock.reading());
    assert_eq!(clock.anchor_of(trace(1)), clock.current(), "the oldest was forgotten");
    assert_eq!(clock.anchor_of(recent), newer);
    let state = clock.state();
    assert!(state.traces.len() <= TRACES_REMEMBERED && state.retired.len() <= TRACES_REMEMBERED);
}

#[test]
fn many_spans_of_one_remote_parent_are_one_trace() {
    let (fake, clock) = Fake::page();
    let first = clock.begin_trace(trace(7), clock.reading());
    for _ in 0..3 * TRACES_REMEMBERED {
        clock.begin_trace(trace(8), clock.reading());
    }
    fake.set(ORIGIN + 100_000.0, 1.0);
    assert_ne!(clock.begin_trace(trace(9), clock.reading()), first);
    assert_eq!((clock.anchor_of(trace(7)), clock.anchor_of(trace(8))), (first, first));
}

#[test]
fn nonsense_of_a_source_neither_panics_nor_turns_back() {
    let nonsense =
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 0.0, -1e300, 1e300, 1e19, f64::MIN_POSITIVE];
    for date in nonsense {
        let (fake, clock) = Fake::page();
        fake.set(ORIGIN, 10.0);
        let anchor = clock.begin_trace(trace(1), clock.reading());
        let before = anchor.at(clock.reading());
        for performance in nonsense {
            fake.set(date, performance);
            assert_eq!(clock.begin_trace(trace(1), clock.reading()), anchor, "{date}, {performance}");
            let _ = clock.begin_trace(trace(2), clock.reading());
            let _ = clock.implicit(before);
            assert_eq!(clock.anchor_of(trace(1)).at(clock.reading()), before, "{date}, {performance}");
        }
    }
    for origin in nonsense {
        let anchor = Anchor(nanos(origin));
        let _ = nonsense.map(|reading| anchor.at(reading));
    }
}

#[test]
fn the_fine_clock_never_runs_backwards() {
    let (fake, clock) = Fake::page();
    let anchor = clock.begin_trace(trace(1), clock.reading());
    let mut latest = anchor.at(clock.reading());
    for performance in [5.0, 4.999, 0.0, 5.001, 5.001, 100.0, 99.0] {
        fake.set(ORIGIN, performance);
        let now = anchor.at(clock.reading());
        assert!(now >= latest, "{performance}");
        latest = now;
    }
}

#[test]
fn now_by_upstreams_clock_is_implicit() {
    let (fake, clock) = Fake::page();
    fake.set(ORIGIN.floor() + 500.0, 500.5);
    let date = ORIGIN.floor() + 500.0;
    assert_eq!(clock.implicit(ms(date)), Some(500.5));
    // The millisecond ended between upstream's reading and this clock's.
    assert_eq!(clock.implicit(ms(date - 1.0)), Some(500.5));
}

#[test]
fn other_times_are_explicit() {
    let (fake, clock) = Fake::page();
    let date = ORIGIN.floor() + 500.0;
    fake.set(date, 500.5);
    for other in [date - 2.0, date - 5.0, date + 1.0, date + 1000.0, 0.0, 1.0] {
        assert_eq!(clock.implicit(ms(other)), None, "{other}");
    }
    for nanos in [1, 1000, 999_999] {
        let fine = ms(date) + Duration::from_nanos(nanos);
        assert_eq!(clock.implicit(fine), None, "a time finer than milliseconds is never upstream's");
    }
    if let Some(early) = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1)) {
        assert_eq!(clock.implicit(early), None);
    }
}

#[test]
fn a_time_that_was_noted_when_the_trace_began_stays_explicit() {
    let (fake, clock) = Fake::page();
    fake.pass(100.0);
    let noted = fake.date_now();
    clock.begin_trace(trace(1), clock.reading());
    for passed in [2.0, 5.0, 100.0, 60_000.0] {
        fake.pass(passed);
        assert_eq!(clock.implicit(ms(noted)), None, "{passed} ms later");
    }
}

#[test]
fn the_step_before_is_implicit_on_a_clock_that_moves_in_large_steps() {
    let (fake, clock) = Fake::page();
    // Date.now() is rounded to 16.7 ms; upstream read it just before a step, and this clock shortly before that.
    fake.set(1_700_000_000_100.0, 116.0);
    clock.begin_trace(trace(1), clock.reading());
    fake.set(1_700_000_000_117.0, 117.0);
    assert_eq!(clock.implicit(ms(1_700_000_000_100.0)), Some(117.0));
    // Afterwards it is a time in the past.
    fake.set(1_700_000_000_117.0, 125.0);
    assert_eq!(clock.implicit(ms(1_700_000_000_100.0)), None);
}
