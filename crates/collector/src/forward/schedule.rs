//! What is sent next and when, to one target: no I/O in it, and the time comes with the question.
//!
//! In: items of the queue, and what became of each attempt. Out: the item that is to be sent now, the one that has become too old,
//! or how long to wait. While nothing gets through, one attempt at a time is made, each with another item: so a request that the
//! other side never takes is told from an outage, and does not hold up the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::Patience;
use crate::signal::Signal;

/// How many requests are on their way at once.
const CONCURRENT: usize = 4;

/// A request in the queue.
#[derive(Debug, Clone)]
pub struct Item {
    pub sequence: u64,
    pub signal: Signal,
    /// What it takes in the queue.
    pub size: usize,
    /// When it is too old.
    pub expires: Instant,
    pub attempts: u32,
}

#[derive(Debug)]
pub enum Next {
    Send(Item),
    Expired(Item),
    /// Nothing until then, or until something happens.
    Wait(Option<Instant>),
}

#[derive(Debug)]
pub struct Schedule {
    patience: Patience,
    items: BTreeMap<u64, (Instant, Item)>,
    due: BTreeSet<(Instant, u64)>,
    under_way: usize,
    /// Attempts in a row that failed.
    failures: u32,
    /// Until then the target is left alone.
    not_before: Option<Instant>,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Running,
    /// Everything is tried once more, until the first failure.
    Ending,
    Stopped,
}

impl Schedule {
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            items: BTreeMap::new(),
            due: BTreeSet::new(),
            under_way: 0,
            failures: 0,
            not_before: None,
            state: State::Running,
        }
    }

    pub fn add(&mut self, item: Item, now: Instant) {
        self.due.insert((now, item.sequence));
        self.items.insert(item.sequence, (now, item));
    }

    pub fn next(&mut self, now: Instant) -> Next {
        // The first that came is the first that is too old.
        if let Some((&sequence, (_, item))) = self.items.first_key_value()
            && item.expires <= now
        {
            return self.take(sequence).map_or(Next::Wait(None), Next::Expired);
        }
        let expiry = self.items.values().next().map(|(_, item)| item.expires);
        let most = if self.failures > 0 { 1 } else { CONCURRENT };
        let Some(&(at, sequence)) = self.due.first() else { return Next::Wait(None) };
        if self.state == State::Stopped || self.under_way >= most {
            return Next::Wait(expiry);
        }
        let at = if self.state == State::Ending { now } else { at.max(self.not_before.unwrap_or(at)) };
        if at > now {
            return Next::Wait(Some(expiry.map_or(at, |expiry| expiry.min(at))));
        }
        match self.take(sequence) {
            Some(item) => {
                self.under_way += 1;
                Next::Send(item)
            }
            None => Next::Wait(None),
        }
    }

    fn take(&mut self, sequence: u64) -> Option<Item> {
        let (at, item) = self.items.remove(&sequence)?;
        self.due.remove(&(at, sequence));
        Some(item)
    }

    /// The other side has answered: with a success, or with a refusal of this one.
    pub fn answered(&mut self) {
        self.under_way -= 1;
        self.failures = 0;
        self.not_before = None;
    }

    /// It may be sent again, after the pause that the other side asks for. Gives it back if it is too old by then.
    pub fn failed(&mut self, mut item: Item, after: Option<Duration>, now: Instant) -> Option<Item> {
        self.under_way -= 1;
        item.attempts = item.attempts.saturating_add(1);
        let again = now.checked_add(after.unwrap_or_default().max(self.patience.pause(item.attempts)));
        let Some(again) = again.filter(|again| *again <= item.expires) else { return Some(item) };
        self.failures = self.failures.saturating_add(1);
        let alone = now + after.unwrap_or_default().max(self.patience.pause(self.failures));
        self.not_before = Some(alone.max(self.not_before.unwrap_or(alone)));
        if self.state == State::Ending {
            self.state = State::Stopped;
        }
        self.due.insert((again, item.sequence));
        self.items.insert(item.sequence, (again, item));
        None
    }

    /// Nothing is sent any more, this one included.
    pub fn stop(&mut self, item: Item, now: Instant) {
        self.under_way -= 1;
        self.state = State::Stopped;
        self.add(item, now);
    }

    pub fn end(&mut self) {
        if self.state == State::Running {
            self.state = State::Ending;
        }
    }

    /// Whether nothing is sent any more, now that it ends.
    pub fn has_ended(&self) -> bool {
        self.under_way == 0 && (self.items.is_empty() || self.state == State::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn schedule(items: u64, now: Instant) -> Schedule {
        let mut schedule = Schedule::new(Patience { first: SECOND, longest: 30 * SECOND, in_all: 100 * SECOND });
        for sequence in 0..items {
            let expires = now + 100 * SECOND;
            schedule.add(Item { sequence, signal: Signal::Traces, size: 1, expires, attempts: 0 }, now);
        }
        schedule
    }

    fn send(schedule: &mut Schedule, now: Instant) -> Option<Item> {
        match schedule.next(now) {
            Next::Send(item) => Some(item),
            Next::Expired(item) => panic!("expired: {item:?}"),
            Next::Wait(_) => None,
        }
    }

    #[test]
    fn four_at_once_and_one_while_nothing_gets_through() {
        let now = Instant::now();
        let mut schedule = schedule(9, now);
        let items: Vec<_> = std::iter::from_fn(|| send(&mut schedule, now)).collect();
        assert_eq!(items.iter().map(|item| item.sequence).collect::<Vec<_>>(), [0, 1, 2, 3]);
        for item in items {
            assert!(schedule.failed(item, None, now).is_none());
        }
        assert!(send(&mut schedule, now).is_none(), "it is left alone");
        let later = now + 8 * SECOND;
        assert_eq!(send(&mut schedule, later).unwrap().sequence, 4, "another one is tried");
        assert!(send(&mut schedule, later).is_none());
        schedule.answered();
        assert_eq!(std::iter::from_fn(|| send(&mut schedule, later)).count(), 4);
    }

    #[test]
    fn one_that_always_fails_does_not_hold_up_the_others() {
        let mut now = Instant::now();
        let mut schedule = schedule(50, now);
        let mut delivered = 0;
        for _ in 0..1_000 {
            now += Duration::from_millis(100);
            while let Next::Send(item) = schedule.next(now) {
                if item.sequence == 0 {
                    schedule.failed(item, None, now);
                } else {
                    delivered += 1;
                    schedule.answered();
                }
            }
        }
        assert_eq!(delivered, 49);
    }

    #[test]
    fn what_is_too_old_is_given_up_also_while_nothing_is_sent() {
        let now = Instant::now();
        let mut schedule = schedule(3, now);
        let item = send(&mut schedule, now).unwrap();
        schedule.stop(item, now);
        assert!(matches!(schedule.next(now), Next::Wait(Some(until)) if until == now + 100 * SECOND));
        for expected in 0..3 {
            assert!(matches!(schedule.next(now + 100 * SECOND), Next::Expired(item) if item.sequence == expected));
        }
        assert!(matches!(schedule.next(now + 100 * SECOND), Next::Wait(None)));
        assert!(schedule.has_ended());
    }

    #[test]
    fn a_pause_beyond_its_age_gives_a_request_up_and_holds_up_no_other() {
        let now = Instant::now();
        let mut schedule = schedule(2, now);
        let item = send(&mut schedule, now).unwrap();
        assert!(schedule.failed(item, Some(3_600 * SECOND), now).is_some());
        assert_eq!(send(&mut schedule, now).unwrap().sequence, 1);
    }

    #[test]
    fn at_the_end_all_are_tried_until_one_fails() {
        let now = Instant::now();
        let mut schedule = schedule(3, now);
        let item = send(&mut schedule, now).unwrap();
        schedule.failed(item, None, now);
        schedule.end();
        assert_eq!(send(&mut schedule, now).unwrap().sequence, 1, "without a pause");
        schedule.answered();
        let item = send(&mut schedule, now).unwrap();
        assert!(!schedule.has_ended());
        schedule.failed(item, None, now);
        assert!(send(&mut schedule, now).is_none() && schedule.has_ended());
    }
}
