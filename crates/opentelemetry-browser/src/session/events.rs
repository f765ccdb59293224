//! Events of sessions: what has become of them comes in, log records `session.start` and `session.end` go out.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, UNIX_EPOCH};

use super::{Change, SessionProcessor, Shared};
use crate::consent;
use crate::log::emitter::Emitter;
use crate::platform::timer::Timer;

/// Who makes records of them, and when it is looked next whether a session is over in which nothing happens any more.
#[derive(Default)]
pub(super) struct Events {
    emitter: Mutex<Weak<Emitter>>,
    timer: Mutex<Option<Timer>>,
}

impl SessionProcessor {
    /// Tells of sessions by log records, by the
    /// [conventions](https://opentelemetry.io/docs/specs/semconv/general/session/#session-events), from now on.
    pub(crate) fn tell_to(&self, emitter: &Arc<Emitter>) {
        *self.shared.events.emitter.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(emitter);
    }

    /// Tells of none any more. The session itself goes on: another pipeline, or the next page, may be a part of it.
    pub(crate) fn fall_silent(&self) {
        let Events { emitter, timer } = &self.shared.events;
        *emitter.lock().unwrap_or_else(PoisonError::into_inner) = Weak::new();
        let timer = timer.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(timer);
    }

    fn emitter(&self) -> Option<Arc<Emitter>> {
        self.shared.events.emitter.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    pub(super) fn tell(&self, changes: Vec<Change>) {
        let Some(emitter) = self.emitter() else { return };
        for change in changes {
            self.emit(&emitter, change);
        }
        self.watch();
    }

    fn emit(&self, emitter: &Emitter, change: Change) {
        let (name, id, previous, at) = match change {
            Change::Ended { id, at } => ("session.end", id, None, Some(at)),
            Change::Started { id, previous } => ("session.start", id, previous, None),
        };
        if !self.shared.config.samples(&id) {
            return;
        }
        let mut record = emitter.event(name);
        record.timestamp = at.map(|millis| UNIX_EPOCH + duration(millis));
        record.set_attribute("session.id".into(), id.to_string().into());
        if let Some(previous) = previous {
            record.set_attribute("session.previous_id".into(), previous.to_string().into());
        }
        emitter.emit_of_session(record);
    }

    /// Looks again when the session will be over, if nothing happens until then.
    fn watch(&self) {
        let Shared { config, now, known, events } = &*self.shared;
        let mut timer = events.timer.lock().unwrap_or_else(PoisonError::into_inner);
        if timer.is_some() {
            return;
        }
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.as_ref().filter(|known| !known.is_ended) else { return };
        let wait = duration(known.end(config) - now());
        let weak = Arc::downgrade(&self.shared);
        *timer = Some(Timer::after(wait, move || {
            if let Some(shared) = weak.upgrade() {
                let session = Self { shared };
                let fired = session.shared.events.timer.lock().unwrap_or_else(PoisonError::into_inner).take();
                drop(fired);
                session.look();
            }
        }));
    }

    /// Tells that the session is over, if it is and no page has told so.
    fn look(&self) {
        let Shared { config, now, .. } = &*self.shared;
        let now = now();
        let mut changes = Vec::new();
        let mut slot = self.known();
        if consent::is_given()
            && let Some(known) = slot.take()
        {
            let mut latest = self.latest(Some(known), now);
            if let Some(over) = latest.as_mut().filter(|latest| latest.is_over(config, now) && !latest.is_ended) {
                over.is_ended = true;
                changes.push(over.ended(config, now));
                self.store(over);
            }
            *slot = latest;
        }
        drop(slot);
        self.tell(changes);
    }
}

/// Milliseconds as a duration, within what one can be; none for what is no number.
fn duration(millis: f64) -> Duration {
    let millis = if millis.is_nan() { 0.0 } else { millis.clamp(0.0, 1e15) };
    Duration::from_secs_f64(millis / 1000.0)
}
