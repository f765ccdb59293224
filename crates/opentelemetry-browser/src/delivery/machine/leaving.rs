//! A page that may never run again: what it holds is handed over while it still can be, to the browser first, then to the origin's
//! storage.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::super::report::FlushReport;
use super::{Action, End, Machine, STORAGE_PATIENCE, Surroundings};
use crate::micros::Micros;

/// A page that has begun to be left and is still there after this has stayed.
pub(super) const LONGEST_NAVIGATION: Micros = Micros::from_secs(30);

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

    /// Whether the page may end at any time.
    pub(super) fn may_end(&self) -> bool {
        let since = self.page.unloading_since;
        self.page.is_hidden || since.is_some_and(|since| self.now.saturating_sub(since) < LONGEST_NAVIGATION)
    }

    /// The page is asked whether it may be left, and stays or is left. Firefox ends the scripts of a tab that is closed as soon as that has
    /// been answered, mostly those of `pagehide`: what is under way, or waits, has a copy by then.
    pub(super) fn unload(&mut self, now: Micros) {
        // Of what a link or a script does, `pagehide` tells soon enough; and Firefox keeps no page for the way back that holds a lock.
        let is_told = self.page.leaving_since.is_some_and(|since| now.saturating_sub(since) < LONGEST_NAVIGATION);
        if is_told || self.page.is_left || !self.config.spools() || self.end != End::None {
            return;
        }
        self.page.unloading_since = Some(now);
        self.page.is_unloading = true;
        // Before anything is written: whose record is seen, and lock is not, is taken for gone.
        self.is_claimed = true;
        self.out.push_back(Action::Claim { is_held: true });
        let sending: Vec<Id> = self.batches.iter().filter(|batch| batch.is_sending()).map(|batch| batch.id).collect();
        sending.into_iter().for_each(|id| self.note_doubt(id));
        self.hide(now);
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
        (self.page.leaving_since, self.page.unloading_since) = (None, None);
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
    pub(super) fn interrupt_compression(&mut self, around: &Surroundings, room: usize) {
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
            if self.page.is_left || self.page.is_unloading {
                // Before the request: a browser may end the script while that is made.
                self.note_doubt(id);
            }
            let timeout = self.config.batch_timeout;
            return Some(self.send(id, None, timeout));
        }
        if around.room == 0 { self.out.pop_front() } else { self.cut_next(around, around.room) }
    }

    fn defer_next(&mut self, around: &Surroundings) -> Option<Action> {
        let room = around.deferrable.unwrap_or_default();
        if let Some(id) = self.ready() {
            if let Some(batch) = self.batch(id) {
                batch.state = State::Deferred;
                self.note_doubt(id);
            }
            self.out.push_back(Action::Defer { id });
            return self.out.pop_front();
        }
        if room == 0 { self.out.pop_front() } else { self.cut_next(around, room) }
    }

    pub(super) fn deferred(&mut self, now: Micros, id: Id, is_taken: bool) {
        if !is_taken {
            self.wait_again(now, id);
            self.stage = Stage::Spool;
        }
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
