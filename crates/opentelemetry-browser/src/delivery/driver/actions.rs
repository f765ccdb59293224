//! What the machine says, done. Nothing here holds the lock while it calls a transport, a hook, or the browser: any of them may end a
//! span.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;

use super::super::batch::Id;
use super::super::machine::{Action, Event, Source};
use super::super::queue::Range;
use super::{Driver, Sink, now};
use crate::consent;
use crate::diagnostics::{Cause, LastError};
use crate::encode::Fragment;
use crate::platform;
use crate::platform::sleep::{sleep, unless};
use crate::spool::Spool;
use crate::transport::sender::Sender;
use crate::transport::unload;

/// How many records, and how many bytes of them, are encoded in one turn of the event loop.
const SLICE: usize = 256;
const SLICE_BYTES: usize = 256 * 1024;
/// When the spool is looked at once more, after nothing was left in it.
const LATE: Duration = Duration::from_secs(5);

impl Driver {
    pub(super) fn tell(&self, event: Event) {
        self.state().machine.handle(now(), event);
    }

    pub(super) fn perform(self: &Arc<Self>, action: Action) {
        match action {
            Action::Encode { most } => self.encode(most),
            Action::Cut { id, count } => self.state().store.cut(id, count),
            Action::Shrink { id, count } => self.state().store.shrink(id, count),
            Action::Split { id, at, other } => self.state().store.split(id, at, other),
            Action::Compress { id } if cfg!(feature = "compression") => self.compress(id),
            Action::Compress { .. } => {}
            Action::Send { id, keepalive, timeout, is_retry } => self.send(id, keepalive, timeout, is_retry),
            Action::Ask => self.ask(),
            Action::Abort { id } => self.give_up(id),
            Action::Forget { id } => {
                self.give_up(id);
                self.state().store.forget(id);
            }
            Action::Defer { id } => self.defer(id),
            Action::Arm { range } if cfg!(feature = "crash-copies") => self.arm(range),
            Action::Arm { .. } => {}
            Action::Disarm => {
                let armed = self.state().armed.take();
                drop(armed);
            }
            Action::Put { copy, source, is_in_doubt } => self.put(copy, source, is_in_doubt),
            Action::Mark { copy, is_in_doubt } => {
                let state = self.state();
                let record = state.records.iter().find(|(known, _)| *known == copy);
                if let (Some(spool), Some((_, record))) = (self.spool(), record) {
                    spool.mark(&record.key, is_in_doubt);
                }
            }
            Action::Discard { copy } => {
                let mut state = self.state();
                let is_left = state.machine.is_left();
                let index = state.records.iter().position(|(known, _)| *known == copy);
                if let (Some(spool), Some(index)) = (self.spool(), index) {
                    let (_, record) = state.records.swap_remove(index);
                    spool.discard(&record, is_left);
                }
            }
            Action::Settle { id } => self.settle(id),
            Action::Claim { is_held: true } => self.spool().into_iter().for_each(|spool| spool.claim()),
            Action::Claim { is_held: false } => self.spool().into_iter().for_each(|spool| spool.disclaim()),
            Action::Resolve { ticket, report } => {
                let mut state = self.state();
                if let Some(index) = state.tickets.iter().position(|(known, _)| *known == ticket) {
                    let (_, sender) = state.tickets.swap_remove(index);
                    drop(state);
                    let _ = sender.send(report);
                }
            }
            Action::Drain => self.drain(),
            Action::TellUndeliverable => {
                let words = self.words();
                let message = format!(
                    "one of the {words} was dropped: it failed by itself again and again, while others arrived"
                );
                self.counters.failed(LastError::new(message, Cause::Undeliverable));
            }
            Action::TellTimeout { after, has_failed } => {
                let error = LastError::new(format!("no delivery within {after}"), Cause::Timeout);
                let before = self.counters.last_error().filter(|_| has_failed);
                self.counters.failed(match before {
                    // Why the attempts before the last one failed is the better advice.
                    Some(before) => {
                        LastError { message: format!("{}; before: {}", error.message, before.message), ..before }
                    }
                    None => error,
                });
            }
            Action::Close => {
                self.counters.close();
                if let Sink::Foreign(exporter) = &self.sink {
                    exporter.shutdown();
                }
                let mut state = self.state();
                (state.timer, state.draining) = (None, Vec::new());
                drop(state);
                let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
                drop(listener);
            }
        }
    }

    fn encode(&self, most: usize) {
        let Sink::Ours(pipe) = &self.sink else { return };
        let (raw, mut encoder) = {
            let mut state = self.state();
            let is_left = state.machine.is_left();
            (state.store.take_raw(most.min(SLICE), is_left), std::mem::take(&mut state.encoder))
        };
        let mut raw = raw.into_iter();
        let mut bytes = 0;
        while bytes < SLICE_BYTES
            && let Some(item) = raw.next()
        {
            bytes += pipe.encode(&mut encoder, item);
        }
        let fragments = encoder.take();
        let items = fragments.iter().map(Fragment::item).collect();
        let mut state = self.state();
        state.encoder = encoder;
        state.store.encoded(fragments, raw);
        state.machine.handle(now(), Event::Encoded(items));
    }

    fn defer(&self, id: Id) {
        let Sink::Ours(pipe) = &self.sink else { return };
        let body = self.state().store.body(id, &pipe.frame());
        let deferred = pipe.sender.defer(&body);
        let mut state = self.state();
        let is_taken = deferred.is_some();
        state.deferred.extend(deferred.map(|deferred| (id, deferred)));
        state.machine.handle(now(), Event::Deferred { id, is_taken });
    }

    fn arm(&self, range: Range) {
        let Sink::Ours(pipe) = &self.sink else { return };
        // Its room is needed for the new one.
        let (armed, (body, _)) = {
            let mut state = self.state();
            (state.armed.take(), state.store.queued(range, &pipe.frame()))
        };
        drop(armed);
        let has_room = unload::deferrable().is_some_and(|free| body.len() <= free);
        let armed = if has_room { pipe.sender.defer(&body) } else { None };
        let mut state = self.state();
        let is_taken = armed.is_some();
        state.armed = armed;
        state.machine.handle(now(), Event::Armed { is_taken });
    }

    fn put(self: &Arc<Self>, copy: u32, source: Source, is_in_doubt: bool) {
        let (Sink::Ours(pipe), Some(spool)) = (&self.sink, self.spool()) else { return };
        let frame = pipe.frame();
        let (body, records) = match source {
            Source::Batch(id) => self.state().store.plain(id, &frame),
            Source::Queue(range) => self.state().store.queued(range, &frame),
        };
        let weak = Arc::downgrade(self);
        let record = spool.put(body, records, is_in_doubt, move |is_written| {
            if let Some(driver) = weak.upgrade() {
                // The storage may answer at once, while the machine waits for something else.
                driver.on(Event::Stored { copy, is_written });
            }
        });
        let mut state = self.state();
        let is_taken = record.is_some();
        state.records.extend(record.map(|record| (copy, record)));
        state.machine.handle(now(), Event::Put { copy, is_taken });
    }

    fn settle(self: &Arc<Self>, id: Id) {
        let Some(spool) = self.spool() else { return };
        let weak = Arc::downgrade(self);
        spool.settle(move || {
            if let Some(driver) = weak.upgrade() {
                driver.on(Event::Settled { id });
            }
        });
    }

    /// Sends what earlier pages left behind, if this page can.
    fn drain(&self) {
        let (Sink::Ours(pipe), Some(spool)) = (&self.sink, self.spool()) else { return };
        // A look that waits for its time is not needed any more; one that is sending goes on to its end.
        self.state().draining.clear();
        self.look(pipe.sender.clone(), spool.clone());
        if let Some((sender, spool)) = self.inherited() {
            self.look(sender.clone(), spool.clone());
        }
    }

    /// Sends what is in the spool for this sender, until nothing is left that it could send later.
    pub(super) fn look(&self, sender: Arc<Sender>, spool: Arc<Spool>) {
        if !consent::is_given() {
            return;
        }
        let (end, mut ended) = oneshot::channel();
        self.state().draining.push(end);
        platform::spawn(async move {
            let mut looks_again = true;
            loop {
                let pause = match spool.drain(&sender).await {
                    Some(pause) => pause,
                    // A page that was left just now, in another process, may still be writing when this one looks.
                    None if std::mem::take(&mut looks_again) => LATE,
                    None => return,
                };
                if unless(&mut ended, sleep(pause)).await.is_none() {
                    return;
                }
            }
        });
    }
}
