//! When a span starts and ends, and when its events happen: what the caller gave comes in, fine times go out.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

use super::readings::Readings;
use crate::clock::{Anchor, Clock, whole_millis};

/// When a span starts: by a reading of the clock, unless the caller gave a time of its own.
#[derive(Default)]
pub(super) struct Start {
    explicit: Option<SystemTime>,
    /// The reading at which it was decided to start it, if that is another.
    pub(super) created: Option<f64>,
    pub(super) reading: f64,
}

impl Start {
    pub(super) fn of(given: Option<SystemTime>, clock: &Clock, readings: &Readings) -> Self {
        let created = readings.created();
        let implicit = given.map(|time| clock.implicit(time).ok_or(time));
        match implicit {
            Some(Err(explicit)) => Self { explicit: Some(explicit), reading: clock.reading(), created },
            Some(Ok(reading)) => Self { reading, created, explicit: None },
            None => Self { reading: clock.reading(), created, explicit: None },
        }
    }

    pub(super) fn time(&self, anchor: Anchor) -> SystemTime {
        self.explicit.unwrap_or_else(|| anchor.at(self.created.unwrap_or(self.reading)))
    }
}

/// The longest that a page is held up between a reading of upstream's clock and the use of it.
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// Whether an end is what upstream's clock of whole milliseconds said at a time within the first millisecond of a span: such an end
/// lies before its start, and is taken for one that was chosen if the clock has gone on meanwhile.
fn is_cut_off(end: SystemTime, start: SystemTime) -> bool {
    let is_before = start.duration_since(end).is_ok_and(|by| !by.is_zero() && by < Duration::from_millis(1));
    is_before && whole_millis(end).is_some()
}

/// A time within a span's life.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// Which the caller has chosen.
    Explicit(SystemTime),
    Now(SystemTime),
}

impl Time {
    /// The time that a caller gave, unless it is what upstream's clock says of now.
    pub(super) fn of(given: Option<SystemTime>, clock: &Clock, anchor: Anchor) -> Self {
        match given.map(|time| clock.implicit(time).ok_or(time)) {
            Some(Err(explicit)) => Self::Explicit(explicit),
            Some(Ok(reading)) => Self::Now(anchor.at(reading)),
            None => Self::Now(anchor.at(clock.reading())),
        }
    }

    /// When a span of this trace and start ends.
    pub(super) fn end_of(
        given: Option<SystemTime>,
        clock: &Clock,
        anchor: Anchor,
        (trace_id, start): (TraceId, SystemTime),
        readings: &Readings,
    ) -> SystemTime {
        let time = match readings.exited().filter(|_| given.is_some()) {
            Some(exited) => Self::Now(anchor.at(exited)),
            None => Self::of(given, clock, anchor),
        };
        match time {
            Self::Explicit(time) if is_cut_off(time, start) => {
                let now = anchor.at(clock.reading());
                let was_held_up = now.duration_since(start).is_ok_and(|delay| delay < LONGEST_DELAY);
                if was_held_up { clock.end(trace_id, start, now) } else { time }
            }
            // Whoever gives a time has a reason, even for one that equals the start.
            Self::Explicit(time) => time,
            Self::Now(time) => clock.end(trace_id, start, time),
        }
    }

    pub(super) fn get(self) -> SystemTime {
        let (Self::Explicit(time) | Self::Now(time)) = self;
        time
    }
}
