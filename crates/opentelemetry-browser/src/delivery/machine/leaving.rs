//! A page that may never run again: what it holds is handed over while it still can be, to the browser first, then to the origin's
//! storage.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::super::report::FlushReport;
use super::{Action, End, Machine, STORAGE_PATIENCE, Source, Surroundings};
use crate::micros::Micros;

/// What is being done, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    /// Requests that outlive the page.
    HandOver,
    /// Requests that the browser sends when the page is gone.
    Defer,
    /// What is left goes to the storage.
    Spool,
}

impl Machine {
    /// The page may live on: what cannot be handed over now stays queued, with a copy outside of the page.
    pub(super) fn hide(&mut self, now: Micros) {
        // To a receiver that cannot be reached nothing can be handed over either.
        if !self.is_failing() && !self.config.is_foreign {
            self.stage = Stage::HandOver;
        }
        if self.outage.level == 0 {
            self.wanted = self.queue.end();
        }
        if !self.config.is_foreign {
            self.protect_at = Some(now);
        }
    }

    /// The page is left: what the browser does not take goes to the spool.
    pub(super) fn leave(&mut self) {
        if self.config.is_foreign {
            self.wanted = self.queue.end();
            return;
        }
        if self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        if matches!(self.end, End::None | End::Flushing { .. }) {
            self.stage = if self.is_failing() && self.config.spools() { Stage::Spool } else { Stage::HandOver };
        }
    }

    /// The page is back from the back/forward cache.
    pub(super) fn show(&mut self, now: Micros, is_hidden: bool) {
        let was_left = std::mem::take(&mut self.page.is_left);
        self.page.leaving_since = None;
        self.page.is_hidden = is_hidden;
        if !was_left {
            return;
        }
        self.wanted = self.queue.end();
        self.outage.until = now;
        if !self.copies.is_empty() {
            self.is_claimed = true;
            self.out.push_back(Action::Claim { is_held: true });
            self.protect_at.get_or_insert(now);
        }
        if self.config.spools() && self.end == End::None {
            // What this page has left there is nobody else's yet.
            self.drains = true;
        }
    }

    /// Whether the receiver could not be reached the last time that was tried.
    fn is_failing(&self) -> bool {
        let is_tried_again = |batch: &Batch| Some(batch.id) == self.current && batch.is_failing();
        self.outage.level > 0 || self.outage.tries_another || self.batches.iter().any(is_tried_again)
    }

    /// The next step of a page that is hidden or left, or of the end of the pipeline.
    pub(super) fn hand_over(&mut self, around: &Surroundings) -> Option<Action> {
        loop {
            let stage = self.stage;
            let action = match stage {
                Stage::Idle => return None,
                Stage::HandOver => self.hand_over_next(around),
                Stage::Defer => self.defer_next(around),
                Stage::Spool => self.spool_next(around),
            };
            if action.is_some() {
                return action;
            }
            if self.stage == stage {
                self.stage = match stage {
                    Stage::HandOver if self.page.is_left => Stage::Defer,
                    Stage::Defer => Stage::Spool,
                    _ => Stage::Idle,
                };
                if stage == Stage::Spool {
                    self.finish_spooling();
                    return self.out.pop_front();
                }
            }
        }
    }

    /// What is being compressed has no later turn in which that would end.
    fn interrupt_compression(&mut self, around: &Surroundings, room: usize) {
        let is_compressing = |batch: &&Batch| matches!(batch.state, State::Compressing { room: None });
        let Some(id) = self.batches.iter().find(is_compressing).map(|batch| batch.id) else { return };
        let is_short = self.len_of(id, around.frame) <= room;
        self.current = self.current.filter(|current| *current != id);
        if is_short {
            self.batch(id).into_iter().for_each(|batch| batch.state = State::Ready);
        } else if !self.shrink(id, 0) {
            self.wait_again(self.now, id);
        }
    }

    /// A batch that was cut by one of the stages here.
    fn ready(&self) -> Option<Id> {
        let is_it = |batch: &&Batch| batch.state == State::Ready && Some(batch.id) != self.current;
        self.batches.iter().find(is_it).map(|batch| batch.id)
    }

    fn cut_next(&mut self, around: &Surroundings, room: usize) -> Option<Action> {
        let most = self.queue.len().min(self.config.max_batch_size);
        let unencoded = self.queue.unencoded(most);
        if unencoded > 0 {
            return Some(Action::Encode { most: unencoded });
        }
        if most > 0
            && let Some((count, compresses)) = self.cut_for(most, around, room)
        {
            self.cut(count, compresses.map_or(State::Ready, |room| State::Compressing { room }));
        } else if most > 0 && self.page.is_left && self.is_giant(around) {
            // As a plain request it would end with the page; what comes after it may fit.
            let id = self.cut(1, State::Ready);
            self.wait_again(self.now, id);
        }
        self.out.pop_front()
    }

    /// Whether the first record could not outlive the page in any request.
    fn is_giant(&self, around: &Surroundings) -> bool {
        self.queue.fitting(self.queue.front(), 1, around.frame, self.config.max_unload_bytes).0 == 0
    }

    fn hand_over_next(&mut self, around: &Surroundings) -> Option<Action> {
        self.interrupt_compression(around, around.room);
        if let Some(id) = self.ready() {
            let timeout = self.config.batch_timeout;
            let action = self.send(id, None, timeout);
            if self.page.is_left {
                self.note_doubt(id);
            }
            return Some(action);
        }
        if around.room == 0 { self.out.pop_front() } else { self.cut_next(around, around.room) }
    }

    fn defer_next(&mut self, around: &Surroundings) -> Option<Action> {
        let room = around.deferrable.unwrap_or_default();
        if let Some(id) = self.ready() {
            if let Some(batch) = self.batch(id) {
                batch.state = State::Deferred;
                let range = batch.range;
                self.before_sending(range);
            }
            self.out.push_back(Action::Defer { id });
            return self.out.pop_front();
        }
        if room == 0 { self.out.pop_front() } else { self.cut_next(around, room) }
    }

    pub(super) fn deferred(&mut self, now: Micros, id: Id, is_taken: bool) {
        if is_taken {
            self.note_doubt(id);
        } else {
            self.wait_again(now, id);
            self.stage = Stage::Spool;
        }
    }

    /// Leaves a copy of what the browser has, which the next page asks about.
    fn note_doubt(&mut self, id: Id) {
        let Some(range) = self.batch(id).map(|batch| batch.range) else { return };
        if !self.config.spools() || self.copies.covers(range, true) {
            return;
        }
        let partial = self.copies.take(&|copy| copy.range.overlaps(range));
        self.out.extend(partial.into_iter().map(|copy| Action::Discard { copy }));
        let copy = self.copies.number();
        let is_in_doubt = !self.config.resends_in_doubt;
        self.copies.add(copy, range, is_in_doubt);
        self.out.push_back(Action::Put { copy, source: Source::Batch(id), is_in_doubt });
    }

    /// Moves what this page will not send any more to the storage. What has a copy there is left as it is: a page that is being left
    /// gets the fewest writes done.
    fn spool_next(&mut self, around: &Surroundings) -> Option<Action> {
        if !self.config.spools() {
            return None;
        }
        self.interrupt_compression(around, 0);
        if let Some(id) = self.next_to_spool() {
            self.current = self.current.filter(|current| *current != id);
            let batch = self.batch(id)?;
            let (range, was_sending) = (batch.range, batch.is_sending());
            if was_sending {
                self.out.push_back(Action::Abort { id });
                self.copies_hold_again(range);
            }
            if let Some(copy) = self.copies.take_exact(range) {
                self.spooled.push((copy, range.len()));
                self.settle(id, Place::Spooled, 0);
            } else {
                self.wait_again(self.now, id);
                let copy = self.copies.number();
                self.putting = Some((copy, id));
                self.out.push_back(Action::Put { copy, source: Source::Batch(id), is_in_doubt: false });
            }
            return self.out.pop_front();
        }
        // What is under way and outlives the page is in doubt.
        let in_doubt =
            |batch: &&Batch| batch.outlives_page() && !self.copies.covers(batch.range, !self.config.resends_in_doubt);
        if self.page.is_left
            && let Some(id) = self.batches.iter().find(in_doubt).map(|batch| batch.id)
        {
            self.note_doubt(id);
            return self.out.pop_front();
        }
        let unencoded = self.queue.unencoded(usize::MAX).min(self.config.max_batch_size);
        if unencoded > 0 {
            return Some(Action::Encode { most: unencoded });
        }
        if self.queue.is_empty() {
            return None;
        }
        let (front, end) = (self.queue.front(), self.queue.end());
        let count = match self.copies.starting(front, end) {
            Some(range) => range.len() as usize,
            None => {
                let most = self.copies.next_after(front).map_or(usize::MAX, |next| (next - front) as usize);
                self.queue.fitting(front, most, around.frame, self.config.max_unload_bytes).0.max(1)
            }
        };
        let id = self.cut(count, State::Ready);
        self.wait_again(self.now, id);
        self.out.pop_front()
    }

    /// A batch that nobody will go on with. What was not handed over ends with the page, also if it is under way.
    fn next_to_spool(&self) -> Option<Id> {
        let is_it = |batch: &&Batch| match batch.state {
            State::Sending { outlives_page, .. } => {
                let is_current = self.current == Some(batch.id);
                if self.page.is_left { !outlives_page } else { is_current }
            }
            State::Deferred => false,
            _ => true,
        };
        self.batches.iter().filter(is_it).min_by_key(|batch| batch.range.from).map(|batch| batch.id)
    }

    pub(super) fn put(&mut self, now: Micros, copy: u32, is_taken: bool) {
        match self.putting.take_if(|(putting, _)| *putting == copy) {
            Some((_, id)) if is_taken => {
                let records = self.batch(id).map_or(0, |batch| batch.range.len());
                self.spooled.push((copy, records));
                self.settle(id, Place::Spooled, 0);
            }
            Some((_, id)) => {
                self.wait_again(now, id);
                self.stage = Stage::Idle;
                self.finish_spooling();
            }
            None if is_taken => {}
            None => self.copies.refuse(copy),
        }
    }

    fn finish_spooling(&mut self) {
        if matches!(self.end, End::None | End::Flushing { .. }) {
            return;
        }
        let lost: Vec<Id> = self.batches.iter().filter(|batch| !batch.is_sending()).map(|batch| batch.id).collect();
        for id in lost {
            self.settle(id, Place::Dropped(DropReason::Shutdown), 0);
        }
        if !self.queue.is_empty() {
            let id = self.cut(self.queue.len(), State::Ready);
            self.settle(id, Place::Dropped(DropReason::Shutdown), 0);
        }
        self.protect_at = None;
    }

    /// Gives up what is still under way, at the end.
    pub(super) fn close(&mut self, now: Micros, ticket: u32, mut report: FlushReport) {
        report.add(self.tickets.take_unreported());
        self.end = End::Storing { ticket, until: now + STORAGE_PATIENCE, report };
        if let Some(id) = self.current.take() {
            self.out.push_back(Action::Abort { id });
            if self.config.is_foreign {
                self.settle(id, Place::Dropped(DropReason::Shutdown), 0);
            } else {
                self.wait_again(now, id);
            }
        }
        self.stage = Stage::Spool;
    }
}
