//! Wall-clock times finer than a millisecond: in goes what `Date.now()` and `performance.now()` say, out come the start, end
//! and event times of spans.
//!
//! `Date.now()` follows the system's clock, but in whole milliseconds; `performance.now()` is fine and never runs backwards,
//! but it may stand still while the machine sleeps and knows nothing of a clock that was set. So every trace gets an
//! [`Anchor`]: the wall-clock time of `performance.now() == 0`. It is compared with `Date.now()` only when a trace begins, and
//! all spans of that trace keep it: within a trace, times never run backwards, whatever happens to the system's clock.

mod anchors;
mod ends;
mod lead;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::TraceId;

use crate::platform;
pub(crate) use anchors::Anchor;
use anchors::{State, nanos};

/// How far the fine clock may be from `Date.now()`, in milliseconds, before a new trace is anchored afresh.
///
/// Some browsers round `Date.now()` to 16.7 ms against fingerprinting; a machine that slept, or a clock that was set, is
/// off by much more than this.
const DRIFT_LIMIT_MS: f64 = 50.0;

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

pub(crate) fn whole_millis(time: SystemTime) -> Option<u64> {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    // Not as_millis(), whose 128 bits are slow in WebAssembly.
    let millis = since_epoch.as_secs().saturating_mul(1000).saturating_add(since_epoch.subsec_millis().into());
    (since_epoch.subsec_nanos() % 1_000_000 == 0).then_some(millis)
}

struct Shared {
    state: Mutex<State>,
    /// The bits of the latest reading: of numbers that are not negative, they are in the same order.
    latest: AtomicU64,
}

impl Shared {
    fn new(time_origin: f64) -> Arc<Self> {
        let state = State::new(Anchor(nanos(time_origin)));
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

    /// The wall-clock time of a time in milliseconds since the page's time origin, such as the `startTime` of a performance entry or an
    /// event's `timeStamp`: for records of what happened before they are made.
    ///
    /// ```
    /// use opentelemetry_browser::Clock;
    ///
    /// let clock = Clock::new();
    /// let (began, ended) = (clock.time_at(12.5), clock.time_at(20.0));
    /// assert_eq!(ended.duration_since(began).unwrap().as_micros(), 7500);
    /// ```
    pub fn time_at(&self, performance_now: f64) -> SystemTime {
        self.current().at(performance_now)
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
