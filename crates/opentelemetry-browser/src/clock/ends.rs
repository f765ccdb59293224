//! Ends of spans: in goes what the clock says, out comes a time after the start.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

/// The least that a span lasts whose end is read from the clock. Jaeger 2 takes an end that is not after its start for a mistake,
/// and marks the span.
const SHORTEST: Duration = Duration::from_nanos(1);

/// How many traces are remembered that have a span shorter than the clock's step. They are forgotten with the next such step.
const TRACES_REMEMBERED: usize = 64;

/// The ends that were put after their start, at the last reading that made it necessary.
#[derive(Debug)]
pub(super) struct Ends {
    at: SystemTime,
    traces: Vec<TraceId>,
}

impl Default for Ends {
    fn default() -> Self {
        Self { at: SystemTime::UNIX_EPOCH, traces: Vec::new() }
    }
}

impl Ends {
    /// When a span ends that began at `start` and ends `now`: a nanosecond after its start, if the clock has not gone on since,
    /// or is behind it.
    ///
    /// A span that goes on until then, and had such a span below it, ends a nanosecond later too: it holds what is below it.
    pub(super) fn of(&mut self, trace_id: TraceId, start: SystemTime, now: SystemTime) -> SystemTime {
        if now > start {
            let holds_another = now == self.at && self.traces.contains(&trace_id);
            return if holds_another { after(now) } else { now };
        }
        if self.at != start || self.traces.len() == TRACES_REMEMBERED {
            self.traces.clear();
            self.at = start;
        }
        if !self.traces.contains(&trace_id) {
            self.traces.push(trace_id);
        }
        after(start)
    }
}

/// The last time that there is has none after it.
fn after(time: SystemTime) -> SystemTime {
    time.checked_add(SHORTEST).unwrap_or(time)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn at(nanos: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
    }

    fn trace(number: u128) -> TraceId {
        TraceId::from(number)
    }

    #[test]
    fn an_end_is_what_the_clock_says_if_that_is_after_the_start() {
        let mut ends = Ends::default();
        assert_eq!(ends.of(trace(1), at(10), at(11)), at(11));
        assert_eq!(ends.of(trace(1), at(10), at(100_010)), at(100_010));
    }

    #[test]
    fn an_end_that_is_not_after_the_start_is_a_nanosecond_later() {
        let mut ends = Ends::default();
        assert_eq!(ends.of(trace(1), at(10), at(10)), at(11));
        assert_eq!(ends.of(trace(1), at(10), at(9)), at(11));
        assert_eq!(ends.of(trace(1), at(10), at(0)), at(11));
    }

    #[test]
    fn spans_of_the_trace_that_end_at_this_reading_hold_the_short_one() {
        let mut ends = Ends::default();
        assert_eq!(ends.of(trace(1), at(200), at(200)), at(201), "a span");
        assert_eq!(ends.of(trace(1), at(100), at(200)), at(201), "its parent");
        assert_eq!(ends.of(trace(2), at(100), at(200)), at(200), "of another trace");
        assert_eq!(ends.of(trace(2), at(200), at(200)), at(201));
        assert_eq!(ends.of(trace(1), at(0), at(200)), at(201), "the parent's parent");
        assert_eq!(ends.of(trace(1), at(0), at(300)), at(300), "the clock has gone on");
        assert_eq!(ends.of(trace(1), at(300), at(300)), at(301));
        assert_eq!(ends.of(trace(2), at(0), at(300)), at(300), "what was before is forgotten");
    }

    #[test]
    fn no_more_traces_are_remembered_than_was_decided() {
        let mut ends = Ends::default();
        for number in 0..10_000 {
            assert_eq!(ends.of(trace(number), at(5), at(5)), at(6));
            assert!(ends.traces.len() <= TRACES_REMEMBERED);
        }
    }
}
