//! The index of what is kept: the outline of every block, in memory.

use std::{
    collections::{BTreeSet, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    mem,
};

use tokio::sync::watch;

use super::{filter::LogFilter, outline::Outline};
use crate::{
    measures,
    store::{Limits, Version, clock, commit::Committed},
};

#[derive(Debug)]
pub struct Kept {
    /// In the order in which they arrived.
    blocks: VecDeque<Info>,
    /// The latest time of each, and its number.
    by_time: BTreeSet<(u64, u64)>,
    records: usize,
    bytes: usize,
    /// How many of the first blocks are of earlier runs, until it is known when they arrived.
    undated: usize,
    removed: Vec<u64>,
    /// How many records there have been, from a number on that is another one in every run.
    version: watch::Sender<Version>,
}

#[derive(Debug)]
struct Info {
    committed: Committed,
    outline: Outline,
    /// The version before its first record.
    begins: Version,
    /// How many of its first records have gone.
    gone: u32,
}

/// A block that may have what is searched for.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    pub latest: u64,
    pub sequence: u64,
    /// How many of its first records do not count.
    pub skip: usize,
}

impl Default for Kept {
    fn default() -> Self {
        // A number that JavaScript can tell from the next one.
        let version = RandomState::new().hash_one(()) >> 12;
        Self {
            blocks: VecDeque::new(),
            by_time: BTreeSet::new(),
            records: 0,
            bytes: 0,
            undated: 0,
            removed: Vec::new(),
            version: watch::Sender::new(version),
        }
    }
}

impl Kept {
    pub fn add(&mut self, outline: Outline, committed: Committed, limits: &Limits) {
        let begins = self.version();
        self.records += outline.records as usize;
        self.bytes += committed.size;
        self.by_time.insert((outline.latest, committed.sequence));
        self.version.send_modify(|version| *version += u64::from(outline.records));
        self.blocks.push_back(Info { committed, outline, begins, gone: 0 });
        // The new block fits by itself: none is larger than all that may be kept.
        while self.bytes > limits.bytes && self.blocks.len() > 1 {
            self.remove();
        }
        while let Some(over) = self.records.checked_sub(limits.logs).filter(|over| *over > 0)
            && let Some(first) = self.blocks.front_mut()
        {
            let left = first.outline.records - first.gone;
            if over >= left as usize {
                self.remove();
            } else {
                // Fewer than are left, and so a number of this size.
                first.gone += u32::try_from(over).unwrap_or(left);
                measures::logs_evicted(over as u64);
                self.records -= over;
            }
        }
    }

    /// To be called when all blocks of the database are known.
    pub fn loaded(&mut self) {
        self.undated = self.blocks.len();
    }

    fn remove(&mut self) {
        let Some(Info { committed, outline, gone, .. }) = self.blocks.pop_front() else { return };
        self.undated = self.undated.saturating_sub(1);
        self.by_time.remove(&(outline.latest, committed.sequence));
        let left = outline.records - gone;
        measures::logs_evicted(left.into());
        self.records -= left as usize;
        self.bytes -= committed.size;
        self.removed.push(committed.sequence);
    }

    /// Makes it known when the blocks of earlier runs arrived, if this run began so many milliseconds after 1970.
    pub fn date(&mut self, origin: u64) {
        let undated = self.blocks.iter_mut().take(mem::take(&mut self.undated));
        clock::date(undated.map(|block| &mut block.committed.arrival), origin);
    }

    /// Lets go what arrived before this, in milliseconds since this run began. What is not known yet is not over.
    pub fn expire(&mut self, before: i64) {
        while self.undated == 0 && self.blocks.front().is_some_and(|block| block.committed.arrival < before) {
            self.remove();
        }
    }

    pub fn take_removed(&mut self) -> Vec<u64> {
        mem::take(&mut self.removed)
    }

    pub fn put_back(&mut self, mut removed: Vec<u64>) {
        removed.append(&mut self.removed);
        self.removed = removed;
    }

    pub fn version(&self) -> Version {
        *self.version.borrow()
    }

    pub fn follow(&self) -> watch::Receiver<Version> {
        self.version.subscribe()
    }

    /// How many records there are, and what they take.
    pub fn totals(&self) -> (usize, usize) {
        (self.records, self.bytes)
    }

    /// The blocks that may have what is searched for, those with the latest records first, from after the last one on; at most so
    /// many.
    pub fn candidates(
        &self,
        after: Option<Candidate>,
        filter: &LogFilter,
        wanted: &[u32],
        most: usize,
    ) -> Vec<Candidate> {
        let before = after.map_or((u64::MAX, u64::MAX), |last| (last.latest, last.sequence));
        let blocks = self.by_time.range(..before).rev();
        let blocks = blocks.take_while(|(latest, _)| latest >= filter.time.start());
        let blocks = blocks.filter_map(|(_, sequence)| self.get(*sequence));
        blocks.filter(|block| block.outline.may_fit(filter, wanted)).take(most).map(Info::candidate).collect()
    }

    /// The blocks with records that have come since; none if not all of them are here any more, or if they are more than so many.
    pub fn since(&self, version: Version, most: usize) -> Option<Vec<Candidate>> {
        let new = self.version().checked_sub(version)?;
        let known = self.blocks.front().map_or(0, |first| self.version() - first.begins - u64::from(first.gone));
        if new > known || new > most as u64 {
            return None;
        }
        let begun = self.blocks.partition_point(|block| block.begins + u64::from(block.outline.records) <= version);
        let blocks = self.blocks.range(begun..);
        let skip = |block: &Info| usize::try_from(version.saturating_sub(block.begins)).unwrap_or(usize::MAX);
        Some(blocks.map(|block| Candidate { skip: skip(block), ..block.candidate() }).collect())
    }

    fn get(&self, sequence: u64) -> Option<&Info> {
        self.blocks.get(self.blocks.partition_point(|block| block.committed.sequence < sequence))
    }
}

impl Info {
    fn candidate(&self) -> Candidate {
        Candidate { latest: self.outline.latest, sequence: self.committed.sequence, skip: self.gone as usize }
    }
}
