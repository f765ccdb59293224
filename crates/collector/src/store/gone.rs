//! Traces that went while blocks in the database still have spans of them.

use std::collections::HashMap;

use crate::model::TraceId;

/// Each trace is known for as long as such a block is there, and no longer.
#[derive(Debug, Default)]
pub struct Gone {
    traces: HashMap<TraceId, Remains>,
    /// Whether all blocks of the database were looked at.
    is_complete: bool,
}

#[derive(Debug, Default)]
struct Remains {
    /// The spans of later blocks are those of a trace that began anew.
    up_to: u64,
    /// How many blocks have dead spans of the trace.
    blocks: usize,
}

impl Gone {
    /// The trace went, with its spans in blocks up to this one.
    pub fn add(&mut self, id: TraceId, up_to: u64) {
        self.traces.entry(id).or_default().up_to = up_to;
    }

    /// Whether spans of the trace in this block are dead.
    pub fn has(&self, id: TraceId, sequence: u64) -> bool {
        self.traces.get(&id).is_some_and(|remains| sequence <= remains.up_to)
    }

    /// Whether the trace is still known as gone up to this block.
    pub fn is_up_to(&self, id: TraceId, up_to: u64) -> bool {
        self.traces.get(&id).is_some_and(|remains| remains.up_to == up_to)
    }

    /// One more block has dead spans of the trace.
    pub fn remains(&mut self, id: TraceId) {
        if let Some(remains) = self.traces.get_mut(&id) {
            remains.blocks += 1;
        }
    }

    /// A block has no spans of the trace any more. True if it is known that no other block has: the trace is forgotten.
    pub fn released(&mut self, id: TraceId) -> bool {
        let Some(remains) = self.traces.get_mut(&id) else { return false };
        remains.blocks = remains.blocks.saturating_sub(1);
        let last = remains.blocks == 0 && self.is_complete;
        if last {
            self.traces.remove(&id);
        }
        last
    }

    /// All blocks of the database were looked at. Forgets the traces of which none has spans, and tells which.
    pub fn complete(&mut self) -> Vec<TraceId> {
        self.is_complete = true;
        self.traces.extract_if(|_, remains| remains.blocks == 0).map(|(id, _)| id).collect()
    }
}
