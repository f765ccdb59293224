//! Wall-clock times finer than a millisecond: in goes what `Date.now()` and `performance.now()` say, out come the start, end
//! and event times of spans.
//!
//! `Date.now()` follows the system's clock, but in whole milliseconds; `performance.now()` is fine and never runs backwards,
//! but it may stand still while the machine sleeps and knows nothing of a clock that was set. So every trace gets an
//! [`Anchor`]: the wall-clock time of `performance.now() == 0`. It is compared with `Date.now()` only when a trace begins, and
//! all spans of that trace keep it: within a trace, times never run backwards, whatever happens to the system's clock.

mod ends;
mod lead;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::TraceId;

use crate::platform;
use crate::sort::sort;
use ends::Ends;
use lead::Lead;

/// How far the fine clock may be from `Date.now()`, in milliseconds, before a new trace is anchored afresh.
///
/// Some browsers round `Date.now()` to 16.7 ms against fingerprinting; a machine that slept, or a clock that was set, is
/// off by much more than this.
const DRIFT_LIMIT_MS: f64 = 50.0;

/// How many of the most recent traces keep their anchor when a new one replaces it.
const TRACES_REMEMBERED: usize = 4096;

/// No page lives for a hundred years, and no date is later than nanoseconds in 64 bits can say: such readings are mistakes.
const LATEST_READING_MS: f64 = 3.2e12;
const LATEST_DATE_MS: f64 = 1.8e13;

/// Where a [`Clock`] reads the time, in the units of the browser: milliseconds as `f64`.
///
/// [High Resolution Time](https://www.w3.org/TR/hr-time-3/) defines the last two. Implement it to drive a [`Clock`] in a test.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use opentelemetry_browser::{Clock, Telemetry, TimeSource};
///
/// /// A page that was opened at the beginning of 2026, and its time in milliseconds since.
/// #[derive(Clone, Default)]
/// struct Page(Arc<AtomicU64>);
///
/// impl TimeSource for Page {
///     fn date_now(&self) -> f64 {
///         self.time_origin() + self.performance_now()
///     }
///     fn time_origin(&self) -> f64 {
///         1_767_225_600_000.0
///     }
///     fn performance_now(&self) -> f64 {
///         self.0.load(Ordering::Relaxed) as f64
///     }
/// }
///
/// let page = Page::default();
/// let clock = Clock::with_source(page.clone());
/// let telemetry = Telemetry::builder().with_clock(clock).install()?;
/// page.0.store(250, Ordering::Relaxed); // a quarter of a second passes
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
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

pub(crate) fn whole_millis(time: SystemTime) -> Option<u64> {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    // Not as_millis(), whose 128 bits are slow in WebAssembly.
    let millis = since_epoch.as_secs().saturating_mul(1000).saturating_add(since_epoch.subsec_millis().into());
    (since_epoch.subsec_nanos() % 1_000_000 == 0).then_some(millis)
}

struct State {
    current: Anchor,
    /// The traces that began last, oldest first.
    traces: VecDeque<TraceId>,
    /// How many of them, from the back, began under `current`.
    begun: usize,
    /// The anchors of the others, by their ids. Empty on nearly every page.
    retired: Vec<(TraceId, Anchor)>,
    /// What `Date.now()` was when it was last read, and the reading of the fine clock at that time.
    last: Option<(f64, f64)>,
    /// What all such pairs together say.
    lead: Lead,
    ends: Ends,
}

/// By which retired traces are found: a part of the id, since numbers of 128 bits take more code.
fn order(trace_id: TraceId) -> u64 {
    u128::from_be_bytes(trace_id.to_bytes()) as u64
}

impl State {
    fn anchor_of(&self, trace_id: TraceId) -> Anchor {
        if self.retired.is_empty() {
            return self.current;
        }
        self.retired(trace_id).unwrap_or(self.current)
    }

    /// The anchor of a trace that began under another one.
    fn retired(&self, trace_id: TraceId) -> Option<Anchor> {
        let index = self.retired.partition_point(|(retired, _)| order(*retired) < order(trace_id));
        let mut alike = self.retired.iter().skip(index).take_while(|(retired, _)| order(*retired) == order(trace_id));
        alike.find(|(retired, _)| *retired == trace_id).map(|(_, anchor)| *anchor)
    }

    fn replace(&mut self, anchor: Anchor) {
        let begun = self.traces.len().saturating_sub(self.begun);
        // None of these is among the retired: such a trace keeps its anchor, and does not begin again.
        let current = self.current;
        self.retired.extend(self.traces.iter().skip(begun).map(|trace_id| (*trace_id, current)));
        self.retired = sort(std::mem::take(&mut self.retired), |(left, _), (right, _)| order(*left) < order(*right));
        self.begun = 0;
        self.current = anchor;
    }

    fn enroll(&mut self, trace_id: TraceId) -> Anchor {
        if trace_id == TraceId::INVALID {
            return self.current;
        }
        if let Some(known) = self.retired(trace_id) {
            return known;
        }
        // Spans with the same remote parent come one after the other.
        if self.begun == 0 || self.traces.back() != Some(&trace_id) {
            self.remember(trace_id);
        }
        self.current
    }

    /// Both clocks were read. Returns the pair before this one.
    fn read(&mut self, date_now: f64, reading: f64) -> Option<(f64, f64)> {
        self.lead.learn(date_now, reading);
        self.last.replace((date_now, reading))
    }

    fn remember(&mut self, trace_id: TraceId) {
        if self.traces.len() == TRACES_REMEMBERED
            && let Some(oldest) = self.traces.pop_front()
        {
            self.retired.retain(|(retired, _)| *retired != oldest);
        }
        self.traces.push_back(trace_id);
        self.begun = (self.begun + 1).min(TRACES_REMEMBERED);
    }
}

struct Shared {
    state: Mutex<State>,
    /// The bits of the latest reading: of numbers that are not negative, they are in the same order.
    latest: AtomicU64,
}

impl Shared {
    fn new(time_origin: f64) -> Arc<Self> {
        let state = State {
            current: Anchor(nanos(time_origin)),
            traces: VecDeque::new(),
            begun: 0,
            retired: Vec::new(),
            last: None,
            lead: Lead::default(),
            ends: Ends::default(),
        };
        Arc::new(Self { state: Mutex::new(state), latest: AtomicU64::new(0) })
    }
}

/// The clocks of all providers are one: a trace may have spans of several, and of one that has replaced another.
static PLATFORM: LazyLock<Arc<Shared>> = LazyLock::new(|| Shared::new(platform::clock::time_origin()));

/// The clock of a [`TracerProvider`](crate::TracerProvider).
///
/// `Date.now()` follows the system's clock, but in whole milliseconds; `performance.now()` is fine and never runs backwards, but
/// may stand still while the machine sleeps. So each trace gets an anchor, which is compared with `Date.now()` only when the trace
/// begins: within a trace, times never run backwards, whatever happens to the system's clock.
///
/// ```
/// use opentelemetry_browser::{Clock, Telemetry};
///
/// // As by default; see TimeSource for one of a test.
/// let telemetry = Telemetry::builder().with_clock(Clock::new()).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
pub struct Clock {
    source: Option<Arc<dyn TimeSource>>,
    shared: Arc<Shared>,
}

impl Clock {
    /// The clock of the page, or of the worker, that this code runs in.
    pub fn new() -> Self {
        Self { source: None, shared: PLATFORM.clone() }
    }

    /// A clock that reads another source.
    pub fn with_source(source: impl TimeSource + 'static) -> Self {
        let shared = Shared::new(source.time_origin());
        Self { source: Some(Arc::new(source)), shared }
    }

    /// The same clock, for another signal.
    pub(crate) fn share(&self) -> Self {
        Self { source: self.source.clone(), shared: self.shared.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn date_now(&self) -> f64 {
        match &self.source {
            Some(source) => source.date_now(),
            None => platform::clock::date_now(),
        }
    }

    /// One reading of the fine clock, to be placed in time by an [`Anchor`]. It is never before one that was given earlier.
    pub(crate) fn reading(&self) -> f64 {
        let reading = match &self.source {
            Some(source) => source.performance_now(),
            None => platform::clock::performance_now(),
        };
        let bits = if reading > 0.0 && reading <= LATEST_READING_MS { reading.to_bits() } else { 0 };
        f64::from_bits(self.shared.latest.fetch_max(bits, Ordering::Relaxed).max(bits))
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
        if date_now > 0.0 && date_now <= LATEST_DATE_MS {
            state.read(date_now, reading);
            let fine = state.current.0 as f64 / 1e6 + reading;
            // Date.now() is rounded down: half a millisecond later is the better guess.
            if (fine - (date_now + 0.5)).abs() > DRIFT_LIMIT_MS {
                state.replace(Anchor(nanos(date_now).saturating_sub(nanos(reading))));
            }
        }
        state.enroll(trace_id)
    }

    /// As [`begin_trace`](Self::begin_trace), without a check.
    pub(crate) fn enroll(&self, trace_id: TraceId) -> Anchor {
        self.state().enroll(trace_id)
    }

    /// When a span ends that began at `start`, if the clock says `now`: always after its start.
    pub(crate) fn end(&self, trace_id: TraceId, start: SystemTime, now: SystemTime) -> SystemTime {
        self.state().ends.of(trace_id, start, now)
    }

    /// If `time` is what upstream's millisecond clock gives for "now", rather than a time that the caller chose: the reading
    /// to be used in its place.
    ///
    /// Upstream's `global` and `Context` paths never call [`Span::end`](opentelemetry::trace::Span::end): they call
    /// `end_with_timestamp` with `Date.now()`. So a time in whole milliseconds that equals the current `Date.now()`, or the
    /// millisecond before it, counts as implicit. So does the value that was read before it, if `Date.now()` has gone on by
    /// more than the time that has passed: then it moves in large steps, and has just made one.
    pub(crate) fn implicit(&self, time: SystemTime) -> Option<f64> {
        let millis = whole_millis(time)? as f64;
        let is_now = |date_now: f64| millis == date_now || millis == date_now - 1.0;
        let reading = self.reading();
        // Nearly always the fine clock is enough, which spares a call out of WebAssembly. Nobody is waited for here: time passes.
        if let Ok(mut state) = self.shared.state.try_lock()
            && let Some(date_now) = state.lead.date_at(reading).filter(|date_now| is_now(*date_now))
        {
            state.last = Some((date_now, reading));
            return Some(reading);
        }
        let date_now = self.date_now();
        let last = self.state().read(date_now, reading);
        let is_last_step = last.is_some_and(|(last_date, last_reading)| {
            millis == last_date && date_now - last_date > reading - last_reading + 1.0
        });
        (is_now(date_now) || is_last_step).then_some(reading)
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
mod tests;
