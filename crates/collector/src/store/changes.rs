//! Which traces have changed lately, for those who follow what arrives.
//!
//! A bounded memory: who was away for too long is told to look at everything anew.

use std::{
    collections::{VecDeque, hash_map::RandomState},
    hash::BuildHasher,
};

use tokio::sync::watch;

use crate::model::TraceId;

/// How many changes are remembered.
const REMEMBERED: usize = 4_096;

/// A place in the sequence of all changes.
pub type Version = u64;

#[derive(Debug)]
pub struct Changes {
    version: watch::Sender<Version>,
    latest: VecDeque<TraceId>,
}

impl Default for Changes {
    /// From a random number on: a version of an earlier run is then far from all of this run, and never taken for one of them.
    fn default() -> Self {
        // A number that JavaScript can tell from the next one.
        let version = RandomState::new().hash_one(()) >> 12;
        Self { version: watch::Sender::new(version), latest: VecDeque::new() }
    }
}

impl Changes {
    /// The traces of one request, each as often as it has spans there; followers are told once.
    pub fn add(&mut self, changed: impl IntoIterator<Item = TraceId>) {
        let mut more = 0;
        for id in changed {
            // Spans of one trace mostly come together.
            if more > 0 && self.latest.back() == Some(&id) {
                continue;
            }
            self.latest.push_back(id);
            more += 1;
        }
        let forgotten = self.latest.len().saturating_sub(REMEMBERED);
        self.latest.drain(..forgotten);
        if more > 0 {
            self.version.send_modify(|version| *version += more);
        }
    }

    pub fn version(&self) -> Version {
        *self.version.borrow()
    }

    pub fn follow(&self) -> watch::Receiver<Version> {
        self.version.subscribe()
    }

    /// The traces that have changed since, each once; none if that is not remembered any more.
    pub fn since(&self, version: Version) -> Option<Vec<TraceId>> {
        let missed = usize::try_from(self.version().checked_sub(version)?).ok()?;
        let from = self.latest.len().checked_sub(missed)?;
        let mut ids: Vec<_> = self.latest.range(from..).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> TraceId {
        TraceId::parse(&format!("{number:x}")).unwrap()
    }

    #[test]
    fn each_once_until_forgotten() {
        let mut changes = Changes::default();
        let start = changes.version();
        changes.add([id(1), id(1), id(2), id(1)]);
        let middle = changes.version();
        changes.add([id(1)]);
        assert_eq!(changes.since(start), Some(vec![id(1), id(2)]));
        assert_eq!(changes.since(middle), Some(vec![id(1)]));
        assert_eq!(changes.since(changes.version()), Some(vec![]));
        assert_eq!(changes.since(changes.version() + 1), None, "of another store");
        changes.add((1..=REMEMBERED as u64).map(id));
        assert_eq!(changes.since(middle), None);
        assert_eq!(changes.since(changes.version() - 2).map(|ids| ids.len()), Some(2));
    }

    #[test]
    fn followers_are_woken_once_per_request() {
        let mut changes = Changes::default();
        let start = changes.version();
        let mut follower = changes.follow();
        assert!(!follower.has_changed().unwrap());
        changes.add([id(1), id(2)]);
        assert!(follower.has_changed().unwrap());
        assert_eq!(*follower.borrow_and_update(), start + 2);
        changes.add([]);
        assert!(!follower.has_changed().unwrap());
    }
}
