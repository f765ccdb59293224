//! What is remembered of a span of the `tracing` macros, and how it finds the OpenTelemetry span that is built of it.
//!
//! The layer announces a span that is created. tracing-opentelemetry, whose layer is called next, then asks the tracer for a
//! builder, and gets one that is marked with a number: an attribute that is gone again before a sampler or processor sees it.
//! Wherever and whenever that builder is used, its readings are known by the number.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::{Event, SpanBuilder};
use opentelemetry::{KeyValue, Value};

use super::runtime::Runtime;
use crate::clock::{Anchor, whole_millis};

const MARK: &str = "opentelemetry-browser.tracing";

/// How much later than this crate tracing-opentelemetry may read `Date.now()` for the same event.
const LAG_MS: f64 = 5.0;

thread_local! {
    static ANNOUNCED: Cell<Option<(&'static str, Arc<SpanTimes>)>> = const { Cell::new(None) };
}

static NEXT: AtomicI64 = AtomicI64::new(0);

/// The spans whose builders are not used yet.
static MARKED: Mutex<Option<HashMap<i64, Arc<SpanTimes>>>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Readings of the fine clock for one span.
#[derive(Debug, Default)]
pub(super) struct SpanTimes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whose clock is read; that of the tracer. Without one, nothing is.
    runtime: Option<Arc<Runtime>>,
    created: f64,
    exited: Option<f64>,
    /// Events before the span was built: `Date.now()`, and the reading.
    events: Vec<(f64, f64)>,
    is_built: bool,
    is_closing: bool,
}

impl SpanTimes {
    pub(super) fn exit(&self) {
        let mut state = lock(&self.0);
        state.exited = state.runtime.as_ref().map(|runtime| runtime.clock.reading());
    }

    pub(super) fn event(&self) {
        let mut state = lock(&self.0);
        if let (false, Some(runtime)) = (state.is_built, &state.runtime) {
            let event = (runtime.clock.date_now(), runtime.clock.reading());
            state.events.push(event);
        }
    }

    /// The next end is that of the layer, at the last exit.
    pub(super) fn close(&self) {
        lock(&self.0).is_closing = true;
    }
}

/// The readings that belong to a span; none, if it is not one of the `tracing` macros.
#[derive(Debug, Default)]
pub(super) struct Readings(Option<Arc<SpanTimes>>);

impl Readings {
    /// The builder that is asked for next, by this name, is of this span.
    pub(super) fn announce(name: &'static str, times: Arc<SpanTimes>) {
        ANNOUNCED.set(Some((name, times)));
    }

    /// Nobody has asked: the span is filtered out.
    pub(super) fn withdraw() {
        ANNOUNCED.set(None);
    }

    /// Marks a builder, if it is of the span that was announced.
    pub(super) fn mark(builder: &mut SpanBuilder, runtime: impl FnOnce() -> Arc<Runtime>) {
        let Some((name, times)) = ANNOUNCED.take() else { return };
        if builder.name != name {
            return;
        }
        let runtime = runtime();
        let mut state = lock(&times.0);
        state.created = runtime.clock.reading();
        state.runtime = Some(runtime);
        drop(state);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(&MARKED).get_or_insert_default().insert(number, times);
        let mut attributes = Vec::with_capacity(8);
        attributes.push(KeyValue::new(MARK, number));
        builder.attributes = Some(attributes);
    }

    /// Takes the mark off a builder that is being used. Its start is by the clock then, not what the layer says.
    pub(super) fn take(builder: &mut SpanBuilder) -> Self {
        let Some(attributes) = &mut builder.attributes else { return Self(None) };
        let number = match attributes.first() {
            Some(KeyValue { key, value: Value::I64(number), .. }) if key.as_str() == MARK => *number,
            _ => return Self(None),
        };
        attributes.remove(0);
        let times = lock(&MARKED).as_mut().and_then(|marked| marked.remove(&number));
        if let Some(times) = &times {
            lock(&times.0).is_built = true;
            builder.start_time = None;
        }
        Self(times)
    }

    /// The reading at which the span was created.
    pub(super) fn created(&self) -> Option<f64> {
        self.0.as_ref().map(|times| lock(&times.0).created)
    }

    /// The reading at which the span was exited for the last time, if that is when it ends now.
    pub(super) fn exited(&self) -> Option<f64> {
        let state = lock(&self.0.as_ref()?.0);
        state.exited.filter(|_| state.is_closing)
    }

    /// Gives the events of a builder their fine times. Both lists are in order, but each may have events that are not in the
    /// other: filtered ones, and those that the application adds with times of its own.
    pub(super) fn place_events(&self, events: &mut [Event], anchor: Anchor) {
        let Some(times) = &self.0 else { return };
        let mut state = lock(&times.0);
        let mut latest = anchor.at(state.created);
        let mut readings = std::mem::take(&mut state.events).into_iter().peekable();
        for event in events {
            let Some(millis) = whole_millis(event.timestamp) else { continue };
            let late = |date_now: f64| millis as f64 - date_now;
            while readings.next_if(|(date_now, _)| late(*date_now) > LAG_MS).is_some() {}
            event.timestamp = match readings.next_if(|(date_now, _)| late(*date_now) >= 0.0) {
                Some((_, reading)) => anchor.at(reading),
                None => not_before(event.timestamp, latest),
            };
            latest = latest.max(event.timestamp);
        }
    }
}

/// A time in whole milliseconds that lies a bit before what came before it, by its rounding and the drift of the clocks.
fn not_before(time: SystemTime, earlier: SystemTime) -> SystemTime {
    let is_close = earlier.duration_since(time).is_ok_and(|distance| distance.as_millis() <= 100);
    if is_close { earlier } else { time }
}
