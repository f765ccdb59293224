//! What a page that is left does with what the browser does not take: it goes to the origin's storage.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::leaving::Stage;
use super::{Action, End, Machine, Source, Surroundings};
use crate::micros::Micros;

impl Machine {
    /// Leaves a copy of what the browser has, which the next page asks about.
    pub(super) fn note_doubt(&mut self, id: Id) {
        let Some(range) = self.batch(id).map(|batch| batch.range) else { return };
        self.before_sending(range);
        if !self.config.spools() || self.copies.outlive_page(range, !self.config.resends_in_doubt) {
            return;
        }
        let partial = self.copies.take(&|copy| copy.range.overlaps(range));
        self.out.discard(partial);
        let copy = self.copies.number();
        let is_in_doubt = !self.config.resends_in_doubt;
        self.copies.add(copy, range, is_in_doubt, true);
        self.out.push_back(Action::Put { copy, source: Source::Batch(id), is_in_doubt });
    }

    /// Moves what this page will not send any more to the storage. What has a copy there is left as it is: a page that is being left
    /// gets the fewest writes done.
    pub(super) fn spool_next(&mut self, around: &Surroundings) -> Option<Action> {
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
        let in_doubt = |batch: &&Batch| {
            batch.outlives_page() && !self.copies.outlive_page(batch.range, !self.config.resends_in_doubt)
        };
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
            None => self.copies.stored(copy, false),
        }
    }

    pub(super) fn finish_spooling(&mut self) {
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
}
