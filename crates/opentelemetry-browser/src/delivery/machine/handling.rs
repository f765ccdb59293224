//! What each event means.

use super::super::batch::State;
use super::super::ledger::Place;
use super::{End, Event, Machine};
use crate::micros::Micros;

impl Machine {
    pub(crate) fn handle(&mut self, now: Micros, event: Event) {
        self.now = now;
        match event {
            Event::Turn | Event::Timer if self.page.is_left => self.leave(),
            Event::Turn => {}
            Event::Timer => {
                // All that waits goes with what is due, but what comes meanwhile waits in its turn.
                if self.current.is_none() && self.is_queue_due(now) {
                    self.wanted = self.queue.end();
                }
            }
            Event::Encoded(items) => self.queue.encode(&items),
            Event::Compressed { id, len } if cfg!(feature = "compression") => self.compressed(id, len),
            Event::Compressed { .. } => {}
            Event::Started { id, outlives_page: is_kept } => {
                if let Some(State::Sending { outlives_page, .. }) = self.batch(id).map(|batch| &mut batch.state) {
                    *outlives_page = is_kept;
                }
            }
            Event::Answered { id, answer } => self.answered(now, id, answer),
            Event::Asked { is_taken } => {
                self.is_asking = false;
                if is_taken {
                    self.drains |= self.outage.succeeded() && self.config.spools();
                }
            }
            Event::Deferred { id, is_taken } => self.deferred(now, id, is_taken),
            Event::Resumed { id, is_sent: true } => self.settle(id, Place::InDoubt, 0),
            Event::Resumed { id, is_sent: false } => self.wait_again(now, id),
            Event::Armed { .. } | Event::Fired if !self.config.copies() => {}
            Event::Put { .. } | Event::Stored { .. } if !self.config.spools() => {}
            Event::Armed { is_taken } => {
                self.copies.armed = self.copies.armed.filter(|_| is_taken);
                self.writes_copies = !is_taken;
            }
            Event::Fired => {
                if let Some(armed) = self.copies.armed.take() {
                    let count = armed.to.saturating_sub(self.queue.front());
                    let id = self.cut(count as usize, State::Deferred);
                    self.settle(id, Place::InDoubt, 0);
                }
            }
            Event::Put { copy, is_taken } => self.put(now, copy, is_taken),
            Event::Stored { copy, is_written } => self.stored(copy, is_written),
            Event::Settled { id } => {
                if let Some(state @ State::Marking { .. }) = self.batch(id).map(|batch| &mut batch.state) {
                    *state = State::Ready;
                }
            }
            Event::Hidden => {
                self.page.is_hidden = true;
                // Engines differ in whether this comes before `pagehide` or after it.
                if !self.page.is_left {
                    self.hide(now);
                }
            }
            Event::Visible => self.page.is_hidden = false,
            Event::Leaving => self.page.leaving_since = Some(now),
            Event::Unloading => self.unload(now),
            Event::Left => {
                self.page.is_left = true;
                self.leave();
            }
            Event::Shown { is_hidden } => self.show(now, is_hidden),
            Event::Consent { .. } if !cfg!(feature = "consent") => {}
            Event::Found | Event::Consent { is_given: true } => {
                self.drains |= self.config.spools() && self.end == End::None && !self.page.is_left;
            }
            Event::Consent { is_given: false } => self.withdraw(),
            Event::Export => self.wanted = self.queue.end(),
            Event::Flush { ticket } => self.flush(now, ticket),
            Event::Deserted { ticket } => {
                if self.end != (End::Flushing { ticket }) {
                    self.tickets.desert(ticket);
                }
            }
            Event::Shutdown { ticket } => {
                if self.end == End::None {
                    self.end = End::Flushing { ticket };
                    self.flush(now, ticket);
                } else {
                    self.tickets.wait(ticket, 0, 0, now);
                }
            }
        }
        debug_assert_eq!(self.ledger.count(Place::Queued), self.queue.len() as u64);
        debug_assert_eq!(
            self.ledger.count(Place::Batched),
            self.batches.iter().map(|batch| batch.range.len()).sum::<u64>()
        );
    }

    fn flush(&mut self, now: Micros, ticket: u32) {
        let held = self.queue.len() as u64 + self.batches.iter().map(|batch| batch.range.len()).sum::<u64>();
        self.wanted = self.queue.end();
        self.tickets.wait(ticket, self.queue.end(), held, now + self.config.flush_timeout);
        if held > 0 && self.end != End::Closed {
            // Whoever asks for it has it tried at once, whatever the pause.
            self.outage.until = now;
            for batch in &mut self.batches {
                if let State::Waiting { due } = &mut batch.state {
                    *due = now;
                }
            }
        }
    }
}
