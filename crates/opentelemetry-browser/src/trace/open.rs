//! Where spans are kept while they are recorded: a handle goes out, and what is open is still known when nobody will use the handle
//! any more, because a panic has taken the stack that had it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use super::recording::{Recorder as _, Recording};
use super::runtime::Runtime;
use crate::sort::sort;

/// The spans that are recorded now. A place is used again, under another number.
struct Places {
    places: Vec<Option<(u64, Recording)>>,
    free: Vec<usize>,
    last: u64,
}

static OPEN: Mutex<Places> = Mutex::new(Places { places: Vec::new(), free: Vec::new(), last: 0 });

fn places() -> MutexGuard<'static, Places> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    fn at(&mut self, open: &Open) -> Option<&mut Recording> {
        let (number, recording) = self.places.get_mut(open.place)?.as_mut()?;
        (*number == open.number).then_some(recording)
    }

    fn take(&mut self, place: usize) -> Option<(u64, Recording)> {
        let taken = self.places.get_mut(place)?.take();
        self.free.extend(taken.is_some().then_some(place));
        taken
    }
}

/// A span that is recorded.
pub(super) struct Open {
    place: usize,
    number: u64,
    context: SpanContext,
}

impl Open {
    pub(super) fn new(recording: Recording) -> Self {
        let context = recording.data.span_context.clone();
        let mut all = places();
        all.last += 1;
        let number = all.last;
        let entry = Some((number, recording));
        let place = match all.free.pop() {
            Some(place) => {
                all.places[place] = entry;
                place
            }
            None => {
                all.places.push(entry);
                all.places.len() - 1
            }
        };
        Self { place, number, context }
    }

    pub(super) fn context(&self) -> &SpanContext {
        &self.context
    }

    /// Not after a panic.
    pub(super) fn is_open(&self) -> bool {
        places().at(self).is_some()
    }

    pub(super) fn with(&mut self, work: impl FnOnce(&mut Recording)) {
        if let Some(recording) = places().at(self) {
            work(recording);
        }
    }

    /// Ends it, if a panic has not done so: what is to be exported, and by what.
    pub(super) fn end(&mut self, time: Option<SystemTime>) -> Option<(Arc<SpanData>, Arc<Runtime>)> {
        let mut all = places();
        all.at(self)?;
        let (_, mut recording) = all.take(self.place)?;
        drop(all);
        recording.set_end(time);
        Some((recording.data, recording.runtime))
    }
}

/// Ends all spans that are recorded, the latest first, as errors of this type; gives their number.
pub(crate) fn end_all(error_type: &str, description: &str) -> usize {
    // Held by the code that has panicked, it is never let go of: no second panic, which nobody would see.
    let Ok(mut all) = OPEN.try_lock() else { return 0 };
    let open: Vec<_> = (0..all.places.len()).filter_map(|place| all.take(place)).collect();
    drop(all);
    let count = open.len();
    for (_, mut recording) in sort(open, |(one, _), (other, _)| one > other) {
        recording.set_attribute(KeyValue::new("error.type", error_type.to_owned()));
        recording.set_status(Status::error(description.to_owned()));
        recording.set_end(None);
        recording.runtime.counters.closed();
        recording.runtime.end(recording.data);
    }
    count
}
