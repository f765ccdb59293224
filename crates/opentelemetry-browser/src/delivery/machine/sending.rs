//! The ordinary life of a batch: cut, sent, answered, or tried again.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::super::outage::Failures;
use super::super::queue::{Measure, Range};
use super::failing::least_left;
use super::{Action, End, MARKING_PATIENCE, Machine, Surroundings};
use crate::micros::Micros;

/// How late it is, when the time of a request is over, in a page that did not run meanwhile: a dialog was open, or the computer slept.
const LATE: Micros = Micros::from_millis(500);

/// How long an answer is waited for then that may have come in meanwhile.
const GRACE: Micros = Micros::from_secs(1);

/// What is sent next.
enum Pick {
    Queue,
    Batch(Id),
}

impl Machine {
    pub(super) fn pump(&mut self, now: Micros, around: &Surroundings) -> Option<Action> {
        if matches!(self.end, End::Closed | End::Storing { .. }) {
            return None;
        }
        if self.page.is_left {
            // What is under way is still given up when its time is over.
            let id = self.current.filter(|id| self.batches.iter().any(|batch| batch.id == *id && batch.is_sending()));
            return id.and_then(|id| self.drive(id, now));
        }
        loop {
            if let Some(id) = self.current {
                return self.drive(id, now);
            }
            let Some(pick) = self.pick(now) else {
                if self.outage.tries_another && !self.batches.iter().any(Batch::is_sending) {
                    // There is no other.
                    self.begin_outage(now, None);
                }
                // A transport may be long in giving an answer: one question at a time.
                if self.is_asking || !std::mem::take(&mut self.asks) {
                    return None;
                }
                self.is_asking = true;
                return Some(Action::Ask);
            };
            let id = match pick {
                Pick::Batch(id) => id,
                Pick::Queue => {
                    let most = self.queue.len().min(self.config.max_batch_size);
                    let unencoded = self.queue.unencoded(most);
                    if unencoded > 0 && !self.config.is_foreign {
                        return Some(Action::Encode { most: unencoded });
                    }
                    let room = self.room(now, around);
                    let Some((count, compresses)) = self.cut_for(most, around, room) else {
                        // There is no room just now.
                        self.due = Some(now + self.config.scheduled_delay);
                        return None;
                    };
                    self.cut(count, compresses.map_or(State::Ready, |room| State::Compressing { room }))
                }
            };
            let (first, batch_timeout) = (self.config.retry.initial_backoff.into(), self.config.batch_timeout);
            let batch = self.batch(id)?;
            batch.attempts = 0;
            batch.backoff = first;
            batch.deadline = now + batch_timeout;
            if let State::Waiting { .. } = batch.state {
                batch.state = State::Ready;
            }
            self.current = Some(id);
            if let Some(action) = self.out.pop_front() {
                return Some(action);
            }
        }
    }

    /// The batch, or the queue, whose turn it is.
    fn pick(&self, now: Micros) -> Option<Pick> {
        let outage = &self.outage;
        if outage.level > 0 && now < outage.until && !outage.tries_another {
            return None;
        }
        let is_due = |batch: &&Batch| match batch.state {
            State::Waiting { due } => due <= now && !(outage.tries_another && batch.failures.cycle == outage.cycle),
            _ => false,
        };
        // What failed in its own way comes after what did not; else the oldest comes first.
        let key = |from: u64, failures: &Failures| {
            let rounds = if outage.tries_another { failures.rounds } else { 0 };
            (failures.is_suspect, failures.asked > 1, rounds, from)
        };
        let first = self.batches.iter().filter(is_due).min_by_key(|batch| key(batch.range.from, &batch.failures));
        let queue = self.is_queue_due(now).then(|| key(self.queue.front(), &Failures::default()));
        match (first, queue) {
            (Some(batch), Some(queue)) if queue < key(batch.range.from, &batch.failures) => Some(Pick::Queue),
            (Some(batch), _) => Some(Pick::Batch(batch.id)),
            (None, Some(_)) => Some(Pick::Queue),
            (None, None) => None,
        }
    }

    pub(super) fn is_queue_due(&self, now: Micros) -> bool {
        if self.queue.is_empty() || !self.has_room_been_found(now) {
            return false;
        }
        let front = self.queue.front();
        let is_full = self.queue.len() >= self.config.max_batch_size;
        let is_old = self.due.is_some_and(|due| due <= now);
        let is_wanted = self.wanted > front || self.tickets.wants(front);
        is_full || is_old || is_wanted || self.outage.tries_another || self.outage.level > 0
    }

    /// Whether there was no want of room just now.
    fn has_room_been_found(&self, now: Micros) -> bool {
        !self.may_end() || !self.lacks_room || self.due.is_none_or(|due| due <= now)
    }

    /// When the next attempt is due, if no answer is waited for.
    pub(super) fn next_send(&self) -> Option<Micros> {
        if matches!(self.end, End::Closed | End::Storing { .. }) {
            return None;
        }
        let current = self.current.and_then(|id| self.batches.iter().find(|batch| batch.id == id));
        match current.map(|batch| batch.state) {
            Some(State::Marking { until } | State::Pausing { until }) => return (!self.page.is_left).then_some(until),
            Some(State::Sending { deadline, .. }) => return deadline,
            Some(_) => return None,
            None if self.page.is_left => return None,
            None => {}
        }
        let waiting = self.batches.iter().filter_map(|batch| match batch.state {
            State::Waiting { due } => Some(due),
            _ => None,
        });
        if self.outage.tries_another {
            return None;
        }
        let lacks_room = self.lacks_room && self.may_end();
        let hurries = self.outage.level > 0 || self.queue.len() >= self.config.max_batch_size;
        let queue = self.due.filter(|_| !self.queue.is_empty());
        let queue = queue.map(|due| if hurries && !lacks_room { Micros::ZERO } else { due });
        let next = waiting.chain(queue).min()?;
        Some(if self.outage.level > 0 { next.max(self.outage.until) } else { next })
    }

    fn drive(&mut self, id: Id, now: Micros) -> Option<Action> {
        let batch = self.batch(id)?;
        let (range, deadline, state) = (batch.range, batch.deadline, batch.state);
        match state {
            State::Marking { until } | State::Pausing { until } if until > now => None,
            State::Ready | State::Pausing { .. } if self.is_to_be_marked(range) => {
                self.batch(id)?.state = State::Marking { until: now + MARKING_PATIENCE };
                self.before_sending(range);
                self.out.push_back(Action::Settle { id });
                self.out.pop_front()
            }
            State::Ready | State::Marking { .. } | State::Pausing { .. } => {
                let batch_timeout = self.config.batch_timeout;
                let is_late = deadline.saturating_sub(now) < least_left(batch_timeout) / 2;
                // The page did not run, or a hidden page's timers run once a minute: that time does not count.
                let deadline = if is_late { now + batch_timeout } else { deadline };
                self.batch(id)?.deadline = deadline;
                Some(self.send(id, Some(deadline), deadline.saturating_sub(now)))
            }
            State::Sending { deadline: Some(until), outlives_page }
                if until == deadline && now.saturating_sub(deadline) > LATE =>
            {
                self.batch(id)?.state = State::Sending { deadline: Some(now + GRACE), outlives_page };
                None
            }
            State::Sending { deadline: Some(deadline), .. } if deadline <= now => {
                let has_failed = self.batch(id)?.attempts > 1;
                let after = self.config.batch_timeout;
                self.out.push_back(Action::TellTimeout { after, has_failed });
                if self.config.is_foreign {
                    self.settle(id, Place::Dropped(DropReason::ExportFailed), 0);
                } else {
                    self.fail(now, id, None);
                }
                Some(Action::Abort { id })
            }
            _ => None,
        }
    }

    /// Whether the next page would send these a second time, if this one were killed just after it has sent them.
    fn is_to_be_marked(&self, range: Range) -> bool {
        !self.page.is_left && !self.config.resends_in_doubt && self.copies.are_sound(range)
    }

    /// Sends a batch; its copies say then that it is in doubt.
    pub(super) fn send(&mut self, id: Id, deadline: Option<Micros>, timeout: Micros) -> Action {
        let mut is_retry = false;
        let mut attempt = 1;
        let mut range = Range { from: 0, to: 0 };
        // Until it is known, what was begun while the page is left has to be taken for something that goes on.
        let outlives_page = self.page.is_left;
        if let Some(batch) = self.batch(id) {
            is_retry = batch.attempts + batch.failures.rounds > 0;
            batch.attempts += 1;
            attempt = batch.attempts;
            range = batch.range;
            batch.state = State::Sending { outlives_page, deadline };
        }
        self.before_sending(range);
        // A keepalive request may have failed for no other reason than that the page's own had used up the budget.
        self.out.push_back(Action::Send { id, keepalive: attempt % 2 == 1, timeout, is_retry });
        self.out.pop_front().unwrap_or(Action::Disarm)
    }

    pub(super) fn before_sending(&mut self, range: Range) {
        if self.copies.disarm(range) {
            self.out.push_back(Action::Disarm);
            let now = self.now;
            self.protect_at.get_or_insert(now);
        }
        if self.config.resends_in_doubt {
            return;
        }
        let marked = self.copies.mark_within(range, true);
        self.out.mark(marked, true);
        let others = self.copies.take(&|copy| copy.range.overlaps(range) && !copy.is_marked);
        self.out.discard(others);
    }

    pub(super) fn len_of(&self, id: Id, frame: usize) -> usize {
        let batch = self.batches.iter().find(|batch| batch.id == id);
        batch.map_or(0, |batch| Measure::of(frame, &batch.items))
    }
}
