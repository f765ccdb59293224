//! Which blocks still have spans of traces that are kept, and what is due in the database because some have none any more.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::slab::Slab;
use crate::model::TraceId;

/// The blocks in the order in which they came.
#[derive(Debug, Default)]
pub struct Live {
    blocks: Slab<Info>,
    order: VecDeque<(u64, u32)>,
    /// When the last block arrived.
    pub latest: u64,
    /// What the live spans take, with what their blocks take beside them.
    pub bytes: usize,
    due: Due,
    /// Traces that went while blocks up to the sequence number may still have spans of them.
    gone: HashMap<TraceId, u64>,
    gone_up_to: BTreeMap<u64, Vec<TraceId>>,
}

#[derive(Debug)]
pub struct Info {
    pub sequence: u64,
    pub arrival: u64,
    /// As it is in the database.
    size: usize,
    overhead: usize,
    spans: usize,
    bytes: usize,
}

impl Info {
    fn is_sparse(&self) -> bool {
        2 * (self.overhead + self.bytes) <= self.size
    }
}

/// What the next commit has to do, beside what comes new.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Due {
    /// Blocks without a live span.
    pub dead: Vec<u64>,
    /// Blocks, by number, of which at least half is dead.
    pub sparse: Vec<u32>,
    pub gone: Vec<(TraceId, u64)>,
    /// No longer needed to be known as gone.
    pub forgotten: Vec<TraceId>,
}

impl Live {
    /// A block whose spans are yet to be added.
    pub fn open(&mut self, sequence: u64, arrival: u64, size: usize, overhead: usize) -> u32 {
        self.bytes += overhead;
        self.latest = arrival;
        let number = self.blocks.add(Info { sequence, arrival, size, overhead, spans: 0, bytes: 0 });
        self.order.push_back((sequence, number));
        number
    }

    pub fn add(&mut self, number: u32, length: u32) {
        if let Some(block) = self.blocks.get_mut(number) {
            block.spans += 1;
            block.bytes += length as usize;
            self.bytes += length as usize;
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
        if block.spans == 0 {
            self.bytes -= block.overhead;
            self.due.dead.push(block.sequence);
            self.blocks.remove(number);
        } else if block.is_sparse() && self.due.sparse.last() != Some(&number) {
            self.due.sparse.push(number);
        }
    }

    pub fn get(&self, number: u32) -> Option<&Info> {
        self.blocks.get(number)
    }

    /// The block was written again, with its live spans only.
    pub fn resized(&mut self, number: u32, size: usize) {
        if let Some(block) = self.blocks.get_mut(number) {
            block.size = size;
        }
    }

    /// The last block that came.
    pub fn newest(&self) -> Option<u64> {
        self.order.back().map(|(sequence, _)| *sequence)
    }

    /// A trace went whose spans in blocks up to this one are not to come back.
    pub fn forget(&mut self, id: TraceId, up_to: u64) {
        self.known_gone(id, up_to);
        self.due.gone.push((id, up_to));
    }

    /// As the database has it.
    pub fn known_gone(&mut self, id: TraceId, up_to: u64) {
        self.gone.insert(id, up_to);
        self.gone_up_to.entry(up_to).or_default().push(id);
    }

    pub fn is_gone(&self, id: TraceId, sequence: u64) -> bool {
        self.gone.get(&id).is_some_and(|up_to| sequence <= *up_to)
    }

    /// Takes what is due; it comes back by [`Live::put_back`] if it cannot be done.
    pub fn take_due(&mut self) -> Due {
        self.purge();
        let mut due = std::mem::take(&mut self.due);
        due.sparse.sort_unstable();
        due.sparse.dedup();
        // A number may belong to another block by now.
        due.sparse.retain(|number| self.blocks.get(*number).is_some_and(Info::is_sparse));
        due.gone.retain(|(id, up_to)| self.gone.get(id) == Some(up_to));
        due
    }

    pub fn put_back(&mut self, mut due: Due) {
        due.dead.append(&mut self.due.dead);
        due.sparse.append(&mut self.due.sparse);
        due.gone.append(&mut self.due.gone);
        due.forgotten.append(&mut self.due.forgotten);
        self.due = due;
    }

    /// Forgets who is gone from blocks that are all gone too.
    fn purge(&mut self) {
        let alive =
            |(sequence, number): &(u64, u32)| self.blocks.get(*number).is_some_and(|block| block.sequence == *sequence);
        while self.order.len() > 1 && !self.order.front().is_some_and(alive) {
            self.order.pop_front();
        }
        let oldest = self.order.front().map_or(u64::MAX, |(sequence, _)| *sequence);
        while let Some(entry) = self.gone_up_to.first_entry().filter(|entry| *entry.key() < oldest) {
            let (up_to, ids) = entry.remove_entry();
            for id in ids {
                if self.gone.get(&id) == Some(&up_to) {
                    self.gone.remove(&id);
                    self.due.forgotten.push(id);
                }
            }
        }
    }
}
