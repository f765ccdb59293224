//! From the index to the records that fit: blocks are read and decoded without any lock, a few at a time.
//!
//! A block may go meanwhile: then its records are absent, as they would be a moment later.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{Inner, LogFilter, block::Block, kept::Candidate, outline};
use crate::store::{Version, blocks::Failed};

/// How many blocks are looked for at once.
const AT_A_TIME: usize = 256;
/// With more records than this at once, whoever follows is told to look anew.
const FOLLOWED: usize = 10_000;

/// Where a record is that fits: the newest one is the greatest, of those of one time the one that came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub time: u64,
    pub sequence: u64,
    pub ordinal: usize,
}

impl Inner {
    pub fn search(&self, filter: &LogFilter, limit: usize, wanted: &dyn Fn() -> bool) -> Result<Vec<Found>, Failed> {
        let hashes = outline::wanted(filter, &self.hasher);
        let mut newest = Newest { limit, found: BinaryHeap::new() };
        let mut last = None;
        loop {
            let candidates = self.read().candidates(last, filter, &hashes, AT_A_TIME);
            if candidates.is_empty() {
                return Ok(newest.into_vec());
            }
            for candidate in candidates {
                if newest.is_beyond(candidate.latest) || !wanted() {
                    return Ok(newest.into_vec());
                }
                self.look(candidate, filter, &mut newest)?;
                last = Some(candidate);
            }
        }
    }

    pub fn since(
        &self,
        version: Version,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<(Version, Option<Vec<Found>>), Failed> {
        let (latest, candidates) = {
            let kept = self.read();
            (kept.version(), kept.since(version, FOLLOWED))
        };
        let Some(candidates) = candidates else { return Ok((latest, None)) };
        let mut newest = Newest { limit: limit.saturating_add(1), found: BinaryHeap::new() };
        candidates.into_iter().try_for_each(|candidate| self.look(candidate, filter, &mut newest))?;
        let found = newest.into_vec();
        Ok((latest, (found.len() <= limit).then_some(found)))
    }

    fn look(&self, candidate: Candidate, filter: &LogFilter, newest: &mut Newest) -> Result<(), Failed> {
        let Candidate { sequence, skip, .. } = candidate;
        let Some(bytes) = self.blocks.read(sequence)? else { return Ok(()) };
        let block = Block::decode(&bytes).ok_or_else(|| damaged(sequence))?;
        for (ordinal, record) in block.records().enumerate().skip(skip) {
            let found = Found { time: record.time(), sequence, ordinal };
            if newest.wants(found) && filter.fits(record) {
                newest.add(found);
            }
        }
        Ok(())
    }
}

pub fn damaged(sequence: u64) -> Failed {
    Failed(format!("block {sequence} of the logs is damaged"))
}

/// The newest ones so far.
struct Newest {
    limit: usize,
    found: BinaryHeap<Reverse<Found>>,
}

impl Newest {
    /// Whether all that may come up to this time is older than enough that is here.
    fn is_beyond(&self, latest: u64) -> bool {
        self.found.len() >= self.limit && self.found.peek().is_none_or(|Reverse(oldest)| latest < oldest.time)
    }

    fn wants(&self, found: Found) -> bool {
        self.found.len() < self.limit || self.found.peek().is_some_and(|Reverse(oldest)| *oldest < found)
    }

    fn add(&mut self, found: Found) {
        if self.found.len() < self.limit {
            self.found.push(Reverse(found));
        } else if let Some(mut oldest) = self.found.peek_mut() {
            *oldest = Reverse(found);
        }
    }

    /// Newest first.
    fn into_vec(self) -> Vec<Found> {
        self.found.into_sorted_vec().into_iter().map(|Reverse(found)| found).collect()
    }
}
