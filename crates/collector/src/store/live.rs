//! Which blocks still have spans of traces that are kept, and what is due in the database because some have none any more.

use std::collections::HashSet;

use super::{clock::date, gone::Gone, slab::Slab};
use crate::{measures, model::TraceId};

/// The blocks, by number.
#[derive(Debug, Default)]
pub struct Live {
    blocks: Slab<Info>,
    /// The last block that came, or that the database has.
    newest: u64,
    /// The first block of this run; none while those of earlier runs are read.
    began: Option<u64>,
    /// Whether it is known when the blocks of earlier runs arrived.
    dated: bool,
    /// What the live spans take, with what their blocks take beside them.
    pub bytes: usize,
    gone: Gone,
    due: Due,
}

#[derive(Debug)]
pub struct Info {
    pub sequence: u64,
    /// In milliseconds since this run began; since 1970 until it is dated.
    arrival: i64,
    /// As it is in the database.
    size: usize,
    overhead: usize,
    spans: usize,
    bytes: usize,
    /// Whether spans came with it that were not kept: they were there already, or beyond a bound.
    unclean: bool,
    /// Traces that went, and left dead spans here.
    dead: Vec<TraceId>,
}

impl Info {
    /// Whether it is to be written again with its live spans only.
    fn is_due(&self) -> bool {
        self.unclean || 2 * (self.overhead + self.bytes) <= self.size
    }
}

/// How many bytes of blocks one commit writes again, beside those that are not clean.
const AGAIN: usize = 16 << 20;

/// What the next commit has to do, beside what comes new.
#[derive(Debug, Default)]
pub struct Due {
    /// Blocks without a live span.
    pub removed: Vec<u64>,
    /// Blocks, by number, that are to be written again.
    pub rewritten: Vec<u32>,
    pub gone: Vec<(TraceId, u64)>,
    /// No longer needed to be known as gone.
    pub forgotten: Vec<TraceId>,
    /// All traces that went since the last commit.
    went: HashSet<TraceId>,
    /// Whether what is answered would not hold if the program ended before this commit.
    is_urgent: bool,
}

impl Live {
    /// To be called first, with the last block of the database.
    pub fn load(&mut self, newest: Option<u64>) {
        self.newest = newest.unwrap_or_default();
    }

    /// To be called when all blocks of the database are known, with the first one of this run.
    pub fn loaded(&mut self, began: u64) {
        self.began = Some(began);
        let unneeded = self.gone.complete();
        self.due.forgotten.extend(unneeded);
    }

    /// A block whose spans are yet to be added.
    pub fn open(&mut self, sequence: u64, arrival: i64, size: usize, overhead: usize) -> u32 {
        self.bytes += overhead;
        self.newest = self.newest.max(sequence);
        let (spans, bytes, unclean, dead) = (0, 0, false, Vec::new());
        self.blocks.add(Info { sequence, arrival, size, overhead, spans, bytes, unclean, dead })
    }

    pub fn add(&mut self, number: u32, length: u32) {
        if let Some(block) = self.blocks.get_mut(number) {
            block.spans += 1;
            block.bytes += length as usize;
            self.bytes += length as usize;
        }
    }

    /// A span of the block is not kept.
    pub fn leave_out(&mut self, number: u32) {
        if let Some(block) = self.blocks.get_mut(number) {
            block.unclean = true;
        }
    }

    /// A sender is told that a span is refused, which it would not be with other bounds.
    pub fn refuse(&mut self, number: u32) {
        self.leave_out(number);
        self.due.is_urgent = true;
    }

    /// A trace begins. If it went just now, what was there of it must not be mixed up with what comes.
    pub fn begin(&mut self, id: TraceId) {
        self.due.is_urgent |= self.due.went.contains(&id);
    }

    /// A span of the block is of a trace that is gone.
    pub fn bury(&mut self, number: u32, id: TraceId) {
        if let Some(block) = self.blocks.get_mut(number).filter(|block| !block.dead.contains(&id)) {
            block.dead.push(id);
            self.gone.remains(id);
        }
    }

    pub fn remove(&mut self, number: u32, length: u32) {
        if let Some(block) = self.blocks.get_mut(number) {
            block.spans -= 1;
            block.bytes -= length as usize;
            self.bytes -= length as usize;
        }
        self.settle(number);
    }

    /// To be called when all spans of the block are added: some may have been known already.
    pub fn settle(&mut self, number: u32) {
        let Some(block) = self.blocks.get(number) else { return };
        if block.spans > 0 {
            if block.is_due() && self.due.rewritten.last() != Some(&number) {
                self.due.rewritten.push(number);
            }
        } else if let Some(block) = self.blocks.remove(number) {
            self.bytes -= block.overhead;
            self.due.removed.push(block.sequence);
            self.release(&block.dead);
        }
    }

    pub fn is_urgent(&self) -> bool {
        self.due.is_urgent
    }

    pub fn get(&self, number: u32) -> Option<&Info> {
        self.blocks.get(number)
    }

    /// The block was written again, with its live spans only.
    pub fn rewritten(&mut self, number: u32, size: usize, overhead: usize) {
        if let Some(block) = self.blocks.get_mut(number) {
            self.bytes = self.bytes - block.overhead + overhead;
            (block.size, block.overhead, block.unclean) = (size, overhead, false);
            let dead = std::mem::take(&mut block.dead);
            self.release(&dead);
        }
    }

    fn release(&mut self, dead: &[TraceId]) {
        let forgotten = dead.iter().filter(|id| self.gone.released(**id));
        self.due.forgotten.extend(forgotten);
    }

    /// A trace went whose spans were in these blocks; what remains of them there is not to come back.
    pub fn forget(&mut self, id: TraceId, blocks: impl Iterator<Item = u32>) {
        measures::trace_evicted();
        self.due.went.insert(id);
        let remaining: Vec<_> = blocks.filter(|number| self.blocks.get(*number).is_some()).collect();
        // More of it may be yet to be read.
        if remaining.is_empty() && self.began.is_some() {
            return;
        }
        self.gone.add(id, self.newest);
        self.due.gone.push((id, self.newest));
        remaining.into_iter().for_each(|number| self.bury(number, id));
    }

    /// As the database has it.
    pub fn known_gone(&mut self, id: TraceId, up_to: u64) {
        self.gone.add(id, up_to);
    }

    pub fn is_gone(&self, id: TraceId, sequence: u64) -> bool {
        self.gone.has(id, sequence)
    }

    /// When the block arrived, in milliseconds since this run began. What is not known yet is not over.
    pub fn arrival(&self, number: u32) -> Option<i64> {
        let block = self.blocks.get(number)?;
        let is_known = self.dated || self.began.is_some_and(|began| block.sequence >= began);
        Some(if is_known { block.arrival } else { i64::MAX })
    }

    /// Makes it known when the blocks of earlier runs arrived, if this run began so many milliseconds after 1970.
    pub fn date(&mut self, origin: u64) {
        if self.dated {
            return;
        }
        let earlier = |block: &&mut Info| self.began.is_some_and(|began| block.sequence < began);
        let mut blocks: Vec<_> = self.blocks.values_mut().filter(earlier).collect();
        blocks.sort_unstable_by_key(|block| block.sequence);
        date(blocks.into_iter().map(|block| &mut block.arrival), origin);
        self.dated = true;
    }

    /// Takes what is due; it comes back by [`Live::put_back`] if it cannot be done.
    pub fn take_due(&mut self) -> Due {
        let mut due = std::mem::take(&mut self.due);
        due.rewritten.sort_unstable();
        due.rewritten.dedup();
        let mut bytes = 0;
        due.rewritten.retain(|number| {
            // A number may belong to another block by now.
            let Some(block) = self.blocks.get(*number).filter(|block| block.is_due()) else { return false };
            bytes += block.size;
            let now = block.unclean || bytes <= AGAIN;
            if !now {
                self.due.rewritten.push(*number);
            }
            now
        });
        due.gone.retain(|(id, up_to)| self.gone.is_up_to(*id, *up_to));
        due
    }

    pub fn put_back(&mut self, mut due: Due) {
        due.removed.append(&mut self.due.removed);
        due.rewritten.append(&mut self.due.rewritten);
        due.gone.append(&mut self.due.gone);
        due.forgotten.append(&mut self.due.forgotten);
        due.went.extend(self.due.went.drain());
        due.is_urgent |= self.due.is_urgent;
        self.due = due;
    }
}
