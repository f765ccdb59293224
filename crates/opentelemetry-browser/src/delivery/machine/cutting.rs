//! What goes into a request: records are cut off the queue, by exact bytes, and put back if they turn out to be too many.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::Place;
use super::super::queue::weight_of;
use super::leaving::{LONGEST_NAVIGATION, Stage};
use super::{Action, Compressing, Machine, Surroundings};
use crate::micros::Micros;

/// How many times longer than its compressed form a request is at most assumed to be, before that is known.
pub(super) const MOST_COMPRESSED: usize = 10;

/// How long a request may be at most, in bytes: receivers have limits, and so has the time for which a task may keep the page.
const MAX_BYTES: usize = 1024 * 1024;

/// Shorter requests than this are not made because others were too long: a receiver that calls everything so has other reasons.
const LEAST_LONGEST: usize = 16 * 1024;

impl Machine {
    /// How long a request may be, and whether that is meant of its compressed form. No more than what can outlive the page, so that
    /// nothing is in doubt if the page is left while it is under way; a page that is hidden, or about to be left, may end at any time and
    /// does not even send what has to wait for room.
    ///
    /// A full batch is the exception, since a request costs the main thread the most by being one, whatever its length: it is sent
    /// whole where the page is told before it is left, so that there is time for an answer. A tab that is closed has no such notice.
    pub(super) fn room(&self, now: Micros, around: &Surroundings) -> usize {
        let is_leaving = self.page.leaving_since.is_some_and(|since| now.saturating_sub(since) < LONGEST_NAVIGATION);
        let stays = around.tells_of_leaving && !is_leaving;
        if self.config.is_foreign {
            usize::MAX
        } else if self.may_end() {
            around.room
        } else if around.compression() != Compressing::No || (self.queue.len() >= self.config.max_batch_size && stays) {
            MAX_BYTES
        } else {
            self.config.max_unload_bytes
        }
    }

    /// How many records go into a request of this room; and whether it is to be compressed, and to what.
    #[expect(clippy::option_option, reason = "whether, and to what")]
    pub(super) fn cut_for(
        &mut self,
        most: usize,
        around: &Surroundings,
        room: usize,
    ) -> Option<(usize, Option<Option<usize>>)> {
        let is_tight = self.may_end() || self.stage != Stage::Idle;
        let compresses = match around.compression() {
            Compressing::AtOnce if is_tight => Some(Some(room)),
            Compressing::AtOnce => Some(None),
            Compressing::Later if !is_tight => Some(None),
            _ => None,
        };
        let limit = if compresses == Some(Some(room)) { room.saturating_mul(MOST_COMPRESSED) } else { room };
        let fitting = |most, limit| self.queue.fitting(self.queue.front(), most, around.frame, limit).0;
        let mut count = match fitting(most, limit.min(self.longest)) {
            _ if self.config.is_foreign => most,
            // What the receiver may find too long by itself has no shorter form.
            0 => fitting(most.min(1), limit),
            count => count,
        };
        // A record that could never outlive its page must not hold up the others: it goes by itself, as a plain request.
        if count == 0 && limit >= self.config.max_unload_bytes && self.stage == Stage::Idle {
            count = 1;
        }
        self.lacks_room = count == 0;
        (count > 0).then_some((count, compresses))
    }

    /// The receiver has refused this batch as too long. Half of it may do, and what comes later is cut so at once.
    pub(super) fn was_too_long(&mut self, id: Id) {
        let bytes = self.batch(id).map_or(usize::MAX, |batch| weight_of(&batch.items));
        self.longest = self.longest.min(bytes / 2).max(LEAST_LONGEST);
    }

    /// The receiver has taken a request in. Its limit may have been raised, or something else was the matter: in some hundred requests
    /// they are twice as long again.
    pub(super) fn was_not_too_long(&mut self) {
        self.longest = self.longest.saturating_add(self.longest / 256);
    }

    /// Takes records off the front of the queue.
    pub(super) fn cut(&mut self, count: usize, state: State) -> Id {
        let (range, items) = self.queue.take(count);
        self.ledger.shift(range.len(), Place::Queued, Place::Batched);
        self.next_id += 1;
        let id = self.next_id;
        let (backoff, deadline, failures) = Default::default();
        self.out.push_back(Action::Cut { id, count: items.len() });
        if let State::Compressing { .. } = state {
            self.out.push_back(Action::Compress { id });
        }
        self.batched_bytes += weight_of(&items);
        self.batches.push(Batch { id, range, items, state, attempts: 0, backoff, deadline, failures });
        if self.queue.is_empty() {
            self.due = None;
        }
        id
    }

    /// Puts all but the first records of a batch that was cut last back into the queue; false if others were cut since then.
    pub(super) fn shrink(&mut self, id: Id, count: usize) -> bool {
        let front = self.queue.front();
        let Some(batch) = self.batches.iter_mut().find(|batch| batch.id == id && batch.range.to == front) else {
            return false;
        };
        let rest = batch.items.split_off(count);
        batch.range.to -= rest.len() as u64;
        self.queue.put_back(&rest);
        self.batched_bytes -= weight_of(&rest);
        self.ledger.shift(rest.len() as u64, Place::Batched, Place::Queued);
        let due = self.now;
        self.due.get_or_insert(due);
        self.out.push_back(Action::Shrink { id, count });
        if count == 0 {
            self.batches.retain(|batch| batch.id != id);
            self.current = self.current.filter(|current| *current != id);
            self.out.push_back(Action::Forget { id });
        }
        true
    }

    pub(super) fn compressed(&mut self, id: Id, len: usize) {
        let most = self.config.max_unload_bytes;
        let Some(batch) = self.batch(id) else { return };
        let State::Compressing { room } = batch.state else { return };
        let count = batch.items.len();
        match room {
            // A record that could never outlive its page goes by itself.
            Some(room) if len > room && !(count == 1 && room >= most) => {
                // A little less than would fit if every record took the same share.
                let fitting = (count * room / len * 15 / 16).min(count - 1);
                if self.shrink(id, fitting) && fitting > 0 {
                    self.out.push_back(Action::Compress { id });
                } else {
                    self.lacks_room = true;
                }
            }
            _ => batch.state = State::Ready,
        }
    }
}
