//! Callbacks that hear of records: in come spans that have ended and log records that were emitted, out they go in a microtask.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::trace::SpanData;

use crate::platform::clock::uptime;
use crate::platform::timer::Timer;
use crate::platform::{self, IS_NO_OP};
use crate::trace::processors::Processor;

/// How many records wait for their callback, at most. It is not told of those before them.
const MOST_WAITING: usize = 1_024;

/// How many calls may follow each other in microtasks, and the pause after them. What a callback records after it has waited for something
/// is not suppressed: it is told of that in turn, and without a pause the event loop would never get on.
const MOST_IN_A_ROW: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// A callback, and what it is to be told of. A record may end under upstream's lock of a span, where nobody must be called.
pub(crate) struct Observer<T> {
    callback: Box<dyn Fn(&T) + Send + Sync>,
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: VecDeque<Arc<T>>,
    /// When the callback has returned last, by the time since the start, and how many calls there were with no pause between two.
    told_at: Duration,
    in_a_row: u32,
    /// What calls it when the pause is over.
    timer: Option<Timer>,
}

impl<T: Send + Sync + 'static> Observer<T> {
    pub(crate) fn new(callback: impl Fn(&T) + Send + Sync + 'static) -> Arc<Self> {
        let state = State { waiting: VecDeque::new(), told_at: Duration::ZERO, in_a_row: 0, timer: None };
        Arc::new(Self { callback: Box::new(callback), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a record when the code that runs now has ended.
    pub(crate) fn see(self: &Arc<Self>, record: &Arc<T>) {
        if IS_NO_OP {
            return;
        }
        let mut state = self.state();
        if state.waiting.len() == MOST_WAITING {
            state.waiting.pop_front();
        }
        state.waiting.push_back(record.clone());
        if state.waiting.len() == 1 {
            let observer = self.clone();
            if state.in_a_row >= MOST_IN_A_ROW && uptime() < state.told_at + PAUSE {
                state.timer = Some(Timer::after(PAUSE, move || observer.tell()));
            } else {
                platform::spawn(async move { observer.tell() });
            }
        }
    }

    /// What the callback itself records is suppressed: it would be told of that in turn, without end.
    fn tell(&self) {
        let records = {
            let mut state = self.state();
            state.in_a_row = if uptime() < state.told_at + PAUSE { state.in_a_row + 1 } else { 1 };
            state.timer = None;
            std::mem::take(&mut state.waiting)
        };
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        records.iter().for_each(|record| (self.callback)(record));
        self.state().told_at = uptime();
    }
}

impl<T> fmt::Debug for Observer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Processor for Arc<Observer<SpanData>> {
    fn end(&self, span: Arc<SpanData>) {
        if span.span_context.is_sampled() {
            self.see(&span);
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::platform::{advance, run_until_stalled};

    #[test]
    fn a_callback_that_waits_and_then_records_does_not_hold_the_event_loop_up() {
        let seen = Arc::<Mutex<u32>>::default();
        let slot = Arc::<Mutex<Option<Arc<Observer<u32>>>>>::default();
        let (counted, known) = (seen.clone(), slot.clone());
        let observer = Observer::new(move |number: &u32| {
            *counted.lock().unwrap() += 1;
            let (known, next) = (known.clone(), Arc::new(number + 1));
            platform::spawn(async move {
                if let Some(observer) = &*known.lock().unwrap() {
                    observer.see(&next);
                }
            });
        });
        *slot.lock().unwrap() = Some(observer.clone());
        observer.see(&Arc::new(0));
        run_until_stalled();
        let calls = *seen.lock().unwrap();
        assert!((1..=MOST_IN_A_ROW + 1).contains(&calls), "{calls} calls, and the event loop gets on");
        advance(PAUSE);
        run_until_stalled();
        assert!(*seen.lock().unwrap() > calls, "what was recorded is told");
        *slot.lock().unwrap() = None;
    }
}
