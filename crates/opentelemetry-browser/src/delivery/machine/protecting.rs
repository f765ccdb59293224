//! Copies outside of the page, against crashes: what waits is left to the browser by `fetchLater`, or written to the origin's storage.

use super::super::batch::Batch;
use super::super::copies::Copy;
use super::super::ledger::{DropReason, Place};
use super::super::queue::Range;
use super::leaving::Stage;
use super::{Action, End, Machine, Source, Surroundings, TICK};
use crate::micros::Micros;

/// How many copies are written before others have their turn.
const MOST_COPIES_IN_A_TURN: usize = 16;

impl Machine {
    pub(super) fn drop_obsolete_copies(&mut self) {
        let (queue, batches) = (self.queue.range(), &self.batches);
        let is_obsolete = |copy: &Copy| {
            let is_queued = !copy.is_marked && copy.range.overlaps(queue);
            !is_queued && !batches.iter().any(|batch| batch.range.overlaps(copy.range))
        };
        let obsolete = self.copies.take(&is_obsolete);
        self.out.discard(obsolete);
        if self.queue.is_empty() && self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        if self.queue.is_empty() && self.batches.is_empty() {
            self.protect_at = None;
        }
    }

    pub(super) fn stored(&mut self, copy: u32, is_written: bool) {
        if let Some(index) = self.spooled.iter().position(|(id, _)| *id == copy) {
            let (_, records) = self.spooled.swap_remove(index);
            if !is_written {
                self.ledger.shift(records, Place::Spooled, Place::Dropped(DropReason::Storage));
                self.tickets.spooled_in_vain(records);
            }
        }
        self.copies.stored(copy, is_written);
    }

    /// Makes copies, when it is time to.
    pub(super) fn protect(&mut self, now: Micros, around: &Surroundings) -> Option<Action> {
        if self.protect_at.is_none_or(|at| at > now) || self.page.is_left || self.stage != Stage::Idle {
            return None;
        }
        if !self.page.is_unloading {
            // Each turn does a part of it.
            self.protect_at = Some(now + Micros::from_millis(1));
        }
        let unencoded = self.queue.unencoded(usize::MAX);
        if unencoded > 0 && !self.config.is_foreign {
            return Some(Action::Encode { most: unencoded });
        }
        self.protect_at = None;
        let has_turns = !std::mem::take(&mut self.page.is_unloading);
        self.tick = (self.tick * 2).min(TICK);
        if !self.config.copies() || self.end == End::Closed {
            return None;
        }
        let queue = self.queue.range();
        let is_failing = self.batches.iter().any(Batch::is_failing);
        if let Some(room) = around.deferrable.filter(|_| !is_failing && !self.writes_copies && queue.len() > 0) {
            let (count, _) =
                self.queue.fitting(queue.from, usize::MAX, around.frame, room.min(self.config.max_unload_bytes));
            if count == self.queue.len() {
                let copies = self
                    .copies
                    .take(&|copy| !copy.is_marked && !copy.range.overlaps(Range { from: 0, to: queue.from }));
                self.out.discard(copies);
                if self.copies.armed == Some(queue) {
                    return None;
                }
                self.copies.armed = Some(queue);
                return Some(Action::Arm { range: queue });
            }
        }
        self.write_copies(now, around, queue, has_turns)
    }

    fn write_copies(&mut self, now: Micros, around: &Surroundings, queue: Range, has_turns: bool) -> Option<Action> {
        self.writes_copies = false;
        if self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        let limit = self.config.max_unload_bytes;
        let mut fresh = Vec::new();
        for batch in self.batches.iter().filter(|batch| batch.is_failing()) {
            if !self.copies.covers(batch.range, false) && !self.copies.covers(batch.range, true) {
                fresh.push((Source::Batch(batch.id), batch.range));
            }
        }
        let mut from = queue.from;
        while let Some(run) = self.copies.first_uncovered(Range { from, to: queue.to }) {
            if has_turns && fresh.len() >= MOST_COPIES_IN_A_TURN {
                self.protect_at = Some(now + Micros::from_millis(1));
                break;
            }
            let (count, _) = self.queue.fitting(run.from, run.len() as usize, around.frame, limit);
            let range = Range { from: run.from, to: run.from + count.max(1) as u64 };
            fresh.push((Source::Queue(range), range));
            from = range.to;
        }
        if !fresh.is_empty() || !self.copies.is_empty() {
            // Renewed as long as there are any.
            self.is_claimed = true;
            self.out.push_back(Action::Claim { is_held: true });
            self.protect_at.get_or_insert(now + self.tick);
        }
        for (source, range) in fresh {
            let copy = self.copies.number();
            self.copies.add(copy, range, false, false);
            self.out.push_back(Action::Put { copy, source, is_in_doubt: false });
        }
        self.out.pop_front()
    }
}
