//! Answers, and what is done about requests that fail: they wait, they begin an outage, or they are looked at by themselves.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::super::outage::{self, LONGEST_RETRY_AFTER, MOST_FAILURES_ALONE, SUSPECT_PAUSE};
use super::super::queue::Range;
use super::leaving::Stage;
use super::{Action, Answer, End, Machine, TICK};
use crate::micros::Micros;

/// What an attempt has to have for its answer, unless all attempts together have only a few times as much: a receiver on a slow way takes
/// what is given up before it has answered, and gets it twice.
pub(super) fn least_left(batch_timeout: Micros) -> Micros {
    Micros::from_secs(1).min(batch_timeout / 10)
}

impl Machine {
    pub(super) fn answered(&mut self, now: Micros, id: Id, answer: Answer) {
        if !self.batch(id).is_some_and(|batch| batch.is_sending()) {
            return;
        }
        self.lacks_room = false;
        match answer {
            Answer::Accepted { rejected } => {
                self.drains |= self.outage.succeeded() && self.config.spools();
                self.was_not_too_long();
                self.settle(id, Place::Exported, rejected);
                for batch in &mut self.batches {
                    if let State::Waiting { due } = &mut batch.state
                        && !batch.failures.is_suspect
                    {
                        *due = now;
                    }
                }
            }
            // Each half may do: a receiver's limit is of requests. It is asked at once, for it has just answered.
            Answer::TooLong if self.batch(id).is_some_and(|batch| batch.items.len() > 1) && !self.page.is_left => {
                self.current = self.current.filter(|current| *current != id);
                self.was_too_long(id);
                self.wait_again(now, id);
                self.split(id);
            }
            Answer::Refused | Answer::TooLong => {
                self.outage = outage::Outage { successes: self.outage.successes, ..Default::default() };
                let reason = if self.config.is_foreign { DropReason::ExportFailed } else { DropReason::Refused };
                self.settle(id, Place::Dropped(reason), 0);
            }
            Answer::Lost => self.settle(id, Place::InDoubt, 0),
            Answer::Unavailable { retry_after, is_answer } => {
                if let Some(batch) = self.batch(id) {
                    batch.failures.is_answer = is_answer;
                }
                self.fail(now, id, retry_after);
            }
        }
    }

    /// Makes a batch wait, after it has failed elsewhere than at the receiver.
    pub(super) fn wait_again(&mut self, now: Micros, id: Id) {
        let Some(batch) = self.batch(id) else { return };
        batch.state = State::Waiting { due: now };
        let range = batch.range;
        self.copies_hold_again(range);
    }

    /// Nobody has these records: their copies are not in doubt.
    pub(super) fn copies_hold_again(&mut self, range: Range) {
        let unmarked = self.copies.mark_within(range, false);
        self.out.mark(unmarked, false);
    }

    pub(super) fn fail(&mut self, now: Micros, id: Id, retry_after: Option<Micros>) {
        let is_current = self.current == Some(id);
        let chance = self.chance();
        let (successes, cycle) = (self.outage.successes, self.outage.cycle);
        let (policy, batch_timeout) = (self.config.retry.clone(), self.config.batch_timeout);
        let Some(batch) = self.batch(id) else { return };
        let range = batch.range;
        if is_current {
            let most = if batch.failures.rounds > 0 { 1 } else { policy.max_attempts };
            let left = batch.deadline.saturating_sub(now);
            let least = least_left(batch_timeout);
            // A short time for all attempts has room for more than one all the same.
            let pause = retry_after.unwrap_or_else(|| policy.pause(batch.backoff, chance).min(left / 2));
            let is_worth_it = retry_after.is_none_or(|asked| asked <= policy.max_retry_after.into());
            if batch.attempts < most && is_worth_it && pause + least <= left {
                batch.backoff = policy.next(batch.backoff);
                batch.state = State::Pausing { until: now + pause };
                self.copies_hold_again(range);
                self.protect_soon(now);
                return;
            }
            self.current = None;
        }
        let Some(batch) = self.batch(id) else { return };
        let before = batch.failures.at.replace(successes);
        let is_suspect = batch.failures.is_suspect;
        batch.failures.rounds += 1;
        batch.failures.cycle = cycle;
        batch.failures.asked = if retry_after.is_some() { batch.failures.asked + 1 } else { 0 };
        batch.state = State::Waiting { due: now };
        self.copies_hold_again(range);
        self.protect_soon(now);
        if matches!(self.end, End::Closed | End::Storing { .. }) {
            self.stage = Stage::Spool;
        } else if before.is_some_and(|before| before < successes) {
            self.suspect(now, id, retry_after);
        } else if is_suspect {
            // It says nothing of the others. If there are none, the receiver is asked, and the next failure counts.
            self.asks = true;
            if let Some(batch) = self.batch(id) {
                batch.state = State::Waiting { due: now + outage::pause(batch.failures.alone) };
            }
        } else if self.page.is_left || (self.outage.level > 0 && now < self.outage.until && !self.outage.tries_another)
        {
            // It is an outage already.
        } else if retry_after.is_some() || self.outage.tries_another {
            self.begin_outage(now, retry_after);
        } else {
            self.outage.tries_another = true;
        }
    }

    pub(super) fn begin_outage(&mut self, now: Micros, retry_after: Option<Micros>) {
        self.outage.begin(now, retry_after);
        // What the receiver turns away again and again may still have itself to blame, if all that could be tried is of its kind.
        let is_odd = |batch: &Batch| batch.failures.rounds > 1 && batch.failures.is_answer;
        self.asks = retry_after.is_none() && self.batches.iter().any(is_odd);
    }

    /// Others are delivered, and this one has failed again: it is looked at by itself, and without holding up the others.
    fn suspect(&mut self, now: Micros, id: Id, retry_after: Option<Micros>) {
        let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        let Some(batch) = self.batch(id) else { return };
        batch.failures.is_suspect = true;
        if batch.items.len() == 1 {
            batch.failures.alone += 1;
            let alone = batch.failures.alone;
            if alone >= MOST_FAILURES_ALONE {
                self.out.push_back(Action::TellUndeliverable);
                self.settle(id, Place::Dropped(DropReason::Undeliverable), 0);
            } else {
                batch.state = State::Waiting { due: now + outage::pause(alone).max(asked) };
            }
            return;
        }
        batch.state = State::Waiting { due: now + SUSPECT_PAUSE.max(asked) };
        self.split(id);
    }

    /// Makes two batches of one, which go on from the same state.
    fn split(&mut self, id: Id) {
        let other = self.next_id + 1;
        let Some(batch) = self.batch(id) else { return };
        let at = batch.items.len() / 2;
        let middle = batch.range.from + at as u64;
        let half = Batch {
            id: other,
            range: Range { from: middle, to: batch.range.to },
            items: batch.items.split_off(at),
            failures: batch.failures,
            ..*batch
        };
        batch.range.to = middle;
        self.next_id = other;
        self.batches.push(half);
        self.out.push_back(Action::Split { id, at, other });
    }

    /// What has failed is here only.
    fn protect_soon(&mut self, now: Micros) {
        let soon = now + TICK;
        self.protect_at = Some(self.protect_at.map_or(soon, |at| at.min(soon)));
    }
}
