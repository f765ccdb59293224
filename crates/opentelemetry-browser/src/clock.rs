//! Wall-clock times finer than a millisecond: in goes what `Date.now()` and `performance.now()` say, out come the start, end
//! and event times of spans.
//!
//! `Date.now()` follows the system's clock, but in whole milliseconds; `performance.now()` is fine and never runs backwards,
//! but it may stand still while the machine sleeps and knows nothing of a clock that was set. So every trace gets an
//! [`Anchor`]: the wall-clock time of `performance.now() == 0`. It is compared with `Date.now()` only when a trace begins, and
//! all spans of that trace keep it: within a trace, times never run backwards, whatever happens to the system's clock.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

use crate::platform;

/// How far the fine clock may be from `Date.now()`, in milliseconds, before a new trace is anchored afresh.
///
/// Some browsers round `Date.now()` to 16.7 ms against fingerprinting; a machine that slept, or a clock that was set, is
/// off by much more than this.
const DRIFT_LIMIT_MS: f64 = 50.0;

/// How many of the most recent traces keep their anchor when a new one replaces it.
const TRACES_REMEMBERED: usize = 4096;

/// Where a [`Clock`] reads the time, in the units of the browser: milliseconds as `f64`.
///
/// [High Resolution Time](https://www.w3.org/TR/hr-time-3/) defines the last two. Implement it to drive a [`Clock`] in a test.
pub trait TimeSource: Send + Sync {
    /// `Date.now()`: whole milliseconds since the Unix epoch, by the system's clock.
    fn date_now(&self) -> f64;
    /// `performance.timeOrigin`: milliseconds since the Unix epoch at which [`performance_now`](Self::performance_now) was 0.
    fn time_origin(&self) -> f64;
    /// `performance.now()`: milliseconds since the time origin; monotonic.
    fn performance_now(&self) -> f64;
}

/// The wall-clock time of `performance.now() == 0`, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor(u64);

impl Anchor {
    /// The wall-clock time of a `performance.now()` reading.
    pub(crate) fn at(self, performance_now: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.0.saturating_add(nanos(performance_now)))
    }
}

/// Milliseconds to nanoseconds. Whole and fractional parts are scaled apart, since an `f64` cannot hold nanoseconds since 1970.
fn nanos(ms: f64) -> u64 {
    let whole = ms.max(0.0) as u64;
    let fraction = (ms.max(0.0) - whole as f64) * 1e6;
    whole.saturating_mul(1_000_000).saturating_add((fraction + 0.5) as u64)
}

fn whole_millis(time: SystemTime) -> Option<u64> {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since_epoch.subsec_nanos() % 1_000_000 == 0).then_some(since_epoch.as_millis() as u64)
}

struct State {
    current: Anchor,
    /// The traces that began under `current`, oldest first.
    begun: VecDeque<TraceId>,
    /// The anchors of traces that began before `current` was set. Empty on nearly every page.
    retired: HashMap<TraceId, Anchor>,
    last_date_now: f64,
}

impl State {
    fn anchor_of(&self, trace_id: TraceId) -> Anchor {
        if self.retired.is_empty() {
            return self.current;
        }
        self.retired.get(&trace_id).copied().unwrap_or(self.current)
    }

    fn replace(&mut self, anchor: Anchor) {
        if self.retired.len() + self.begun.len() > TRACES_REMEMBERED {
            self.retired.clear();
        }
        for trace_id in self.begun.drain(..) {
            self.retired.entry(trace_id).or_insert(self.current);
        }
        self.current = anchor;
    }
}

/// The clock of a [`TracerProvider`](crate::TracerProvider); see the [module](self) for how it works.
pub struct Clock {
    source: Option<Box<dyn TimeSource>>,
    state: Mutex<State>,
}

impl Clock {
    /// The clock of the page, or of the worker, that this code runs in.
    pub fn new() -> Self {
        Self::anchored(None)
    }

    /// A clock that reads another source.
    pub fn with_source(source: impl TimeSource + 'static) -> Self {
        Self::anchored(Some(Box::new(source)))
    }

    fn anchored(source: Option<Box<dyn TimeSource>>) -> Self {
        let origin = match &source {
            Some(source) => source.time_origin(),
            None => platform::clock::time_origin(),
        };
        let state = State {
            current: Anchor(nanos(origin)),
            begun: VecDeque::new(),
            retired: HashMap::new(),
            last_date_now: f64::NAN,
        };
        Self { source, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn date_now(&self) -> f64 {
        match &self.source {
            Some(source) => source.date_now(),
            None => platform::clock::date_now(),
        }
    }

    /// One reading of the fine clock, to be placed in time by an [`Anchor`].
    pub(crate) fn reading(&self) -> f64 {
        match &self.source {
            Some(source) => source.performance_now(),
            None => platform::clock::performance_now(),
        }
    }

    /// The anchor of new traces as it stands, unchecked.
    pub(crate) fn current(&self) -> Anchor {
        self.state().current
    }

    /// The anchor of a trace that has spans already.
    pub(crate) fn anchor_of(&self, trace_id: TraceId) -> Anchor {
        self.state().anchor_of(trace_id)
    }

    /// The anchor of a trace that begins here, at `reading`: the one it has if it is known, else the current one, which is
    /// first replaced if the fine clock has drifted from `Date.now()`. An invalid id stands for a trace that has none yet.
    pub(crate) fn begin_trace(&self, trace_id: TraceId, reading: f64) -> Anchor {
        let date_now = self.date_now();
        let mut state = self.state();
        state.last_date_now = date_now;
        let fine = state.current.0 as f64 / 1e6 + reading;
        // Date.now() is rounded down: half a millisecond later is the better guess.
        let drift = fine - (date_now + 0.5);
        if drift.is_finite() && drift.abs() > DRIFT_LIMIT_MS {
            let anchor = Anchor(nanos(date_now).saturating_sub(nanos(reading)));
            state.replace(anchor);
        }
        if trace_id == TraceId::INVALID {
            return state.current;
        }
        if let Some(known) = state.retired.get(&trace_id) {
            return *known;
        }
        if state.begun.len() == TRACES_REMEMBERED {
            state.begun.pop_front();
        }
        state.begun.push_back(trace_id);
        state.current
    }

    /// Whether `time` is what upstream's millisecond clock gives for "now", rather than a time that the caller chose.
    ///
    /// Upstream's `global` and `Context` paths never call [`Span::end`](opentelemetry::trace::Span::end): they call
    /// `end_with_timestamp` with `Date.now()`. So a time in whole milliseconds that equals the current `Date.now()`, the
    /// millisecond before it, or the value that this clock read last, counts as implicit.
    pub(crate) fn is_implicit(&self, time: SystemTime) -> bool {
        let Some(millis) = whole_millis(time) else {
            return false;
        };
        let date_now = self.date_now();
        let mut state = self.state();
        let last = std::mem::replace(&mut state.last_date_now, date_now);
        let millis = millis as f64;
        millis == date_now || millis == date_now - 1.0 || millis == last
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("anchor", &self.current()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
