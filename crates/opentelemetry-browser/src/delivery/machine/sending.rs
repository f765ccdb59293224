//! The ordinary life of a batch: cut, sent, answered, or tried again.

use super::super::batch::{Batch, Id, State};
use super::super::ledger::{DropReason, Place};
use super::super::outage::{self, Failures, LONGEST_RETRY_AFTER, MOST_FAILURES_ALONE, SUSPECT_PAUSE};
use super::super::queue::{Measure, Range, weight_of};
use super::leaving::Stage;
use super::{Action, Answer, Compressing, End, Machine, Surroundings};
use crate::micros::Micros;

/// How many times longer than its compressed form a request is at most assumed to be, before that is known.
pub(super) const MOST_COMPRESSED: usize = 10;

/// How long a request may be at most, in bytes: receivers have limits, and so has the time for which a task may keep the page.
const MAX_BYTES: usize = 1024 * 1024;

/// With less time left for its attempts, a batch is not tried again at once.
const LEAST_LEFT: Micros = Micros::from_millis(200);

/// A page that has begun to be left and is still there after this has stayed.
const LONGEST_NAVIGATION: Micros = Micros::from_secs(30);

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
                return std::mem::take(&mut self.asks).then_some(Action::Ask);
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
        !self.page.is_hidden || !self.lacks_room || self.due.is_none_or(|due| due <= now)
    }

    /// When the next attempt is due, if no answer is waited for.
    pub(super) fn next_send(&self) -> Option<Micros> {
        if matches!(self.end, End::Closed | End::Storing { .. }) {
            return None;
        }
        let current = self.current.and_then(|id| self.batches.iter().find(|batch| batch.id == id));
        match current.map(|batch| batch.state) {
            Some(State::Pausing { until }) => return (!self.page.is_left).then_some(until),
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
        let lacks_room = self.lacks_room && self.page.is_hidden;
        let hurries = self.outage.level > 0 || self.queue.len() >= self.config.max_batch_size;
        let queue = self.due.filter(|_| !self.queue.is_empty());
        let queue = queue.map(|due| if hurries && !lacks_room { Micros::ZERO } else { due });
        let next = waiting.chain(queue).min()?;
        Some(if self.outage.level > 0 { next.max(self.outage.until) } else { next })
    }

    /// How long a request may be, and whether that is meant of its compressed form. No more than what can outlive the page, so that
    /// nothing is in doubt if the page is left while it is under way; a hidden page, which may end at any time, does not even send what
    /// has to wait for room.
    ///
    /// A full batch is the exception, since a request costs the main thread the most by being one, whatever its length: it is sent
    /// whole where the page is told before it is left, so that there is time for an answer. A tab that is closed has no such notice.
    fn room(&self, now: Micros, around: &Surroundings) -> usize {
        let is_leaving = self.page.leaving_since.is_some_and(|since| now.saturating_sub(since) < LONGEST_NAVIGATION);
        let stays = around.tells_of_leaving && !is_leaving;
        if self.config.is_foreign {
            usize::MAX
        } else if self.page.is_hidden {
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
        let is_tight = self.page.is_hidden || self.stage != Stage::Idle;
        let compresses = match around.compression() {
            Compressing::AtOnce if is_tight => Some(Some(room)),
            Compressing::AtOnce => Some(None),
            Compressing::Later if !is_tight => Some(None),
            _ => None,
        };
        let limit = if compresses == Some(Some(room)) { room.saturating_mul(MOST_COMPRESSED) } else { room };
        let (mut count, _) = self.queue.fitting(self.queue.front(), most, around.frame, limit);
        if self.config.is_foreign {
            count = most;
        }
        // A record that could never outlive its page must not hold up the others: it goes by itself, as a plain request.
        if count == 0 && limit >= self.config.max_unload_bytes && self.stage == Stage::Idle {
            count = 1;
        }
        self.lacks_room = count == 0;
        (count > 0).then_some((count, compresses))
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

    fn drive(&mut self, id: Id, now: Micros) -> Option<Action> {
        let batch = self.batch(id)?;
        match batch.state {
            State::Pausing { until } if until > now => None,
            State::Ready | State::Pausing { .. } => {
                let deadline = batch.deadline;
                Some(self.send(id, Some(deadline), deadline.saturating_sub(now)))
            }
            State::Sending { deadline: Some(deadline), .. } if deadline <= now => {
                let after = self.config.batch_timeout;
                self.out.push_back(Action::TellTimeout { after });
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

    /// Sends a batch; its copies say then that it is in doubt.
    pub(super) fn send(&mut self, id: Id, deadline: Option<Micros>, timeout: Micros) -> Action {
        let mut is_retry = false;
        let mut attempt = 1;
        let mut range = Range { from: 0, to: 0 };
        if let Some(batch) = self.batch(id) {
            is_retry = batch.attempts + batch.failures.rounds > 0;
            batch.attempts += 1;
            attempt = batch.attempts;
            range = batch.range;
            batch.state = State::Sending { outlives_page: false, deadline };
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
        self.out.extend(marked.into_iter().map(|copy| Action::Mark { copy, is_in_doubt: true }));
        let others = self.copies.take(&|copy| copy.range.overlaps(range) && !copy.is_marked);
        self.out.extend(others.into_iter().map(|copy| Action::Discard { copy }));
    }

    pub(super) fn answered(&mut self, now: Micros, id: Id, answer: Answer) {
        if !self.batch(id).is_some_and(|batch| batch.is_sending()) {
            return;
        }
        self.lacks_room = false;
        match answer {
            Answer::Accepted { rejected } => {
                self.drains |= self.outage.succeeded() && self.config.spools();
                self.settle(id, Place::Exported, rejected);
                for batch in &mut self.batches {
                    if let State::Waiting { due } = &mut batch.state
                        && !batch.failures.is_suspect
                    {
                        *due = now;
                    }
                }
            }
            Answer::Refused => {
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
        self.out.extend(unmarked.into_iter().map(|copy| Action::Mark { copy, is_in_doubt: false }));
    }

    fn fail(&mut self, now: Micros, id: Id, retry_after: Option<Micros>) {
        let is_current = self.current == Some(id);
        let chance = self.chance();
        let (successes, cycle) = (self.outage.successes, self.outage.cycle);
        let policy = self.config.retry.clone();
        let Some(batch) = self.batch(id) else { return };
        let range = batch.range;
        if is_current {
            let most = if batch.failures.rounds > 0 { 1 } else { policy.max_attempts };
            let left = batch.deadline.saturating_sub(now);
            // A short time for all attempts has room for more than one all the same.
            let pause = retry_after.unwrap_or_else(|| policy.pause(batch.backoff, chance).min(left / 2));
            let is_worth_it = retry_after.map_or(left > LEAST_LEFT, |asked| asked <= policy.max_retry_after.into());
            if batch.attempts < most && is_worth_it && pause < left {
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

    fn begin_outage(&mut self, now: Micros, retry_after: Option<Micros>) {
        self.outage.begin(now, retry_after);
        // What the receiver turns away again and again may still have itself to blame, if all that could be tried is of its kind.
        let is_odd = |batch: &Batch| batch.failures.rounds > 1 && batch.failures.is_answer;
        self.asks = retry_after.is_none() && self.batches.iter().any(is_odd);
    }

    /// Others are delivered, and this one has failed again: it is looked at by itself, and without holding up the others.
    fn suspect(&mut self, now: Micros, id: Id, retry_after: Option<Micros>) {
        let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        let other = self.next_id + 1;
        let Some(batch) = self.batch(id) else { return };
        batch.failures.is_suspect = true;
        let count = batch.items.len();
        if count == 1 {
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
        let at = count / 2;
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
        let soon = now + super::TICK;
        self.protect_at = Some(self.protect_at.map_or(soon, |at| at.min(soon)));
    }

    pub(super) fn len_of(&self, id: Id, frame: usize) -> usize {
        let batch = self.batches.iter().find(|batch| batch.id == id);
        batch.map_or(0, |batch| Measure::of(frame, &batch.items))
    }
}
