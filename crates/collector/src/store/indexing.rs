//! The index of traces as the committer keeps it: what is added to it, and what has to be done for what goes.

use std::sync::Arc;

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource};

use super::{
    Inner, Inserted,
    block::Block,
    blocks::{Batch, Blocks},
    clock::Now,
    commit::{Committed, Index},
    live::Due,
    unindexed::Unindexed,
};
use crate::model::Origin;

impl Index for Inner {
    type New = Unindexed;
    type Outcome = Inserted;
    type Due = Due;

    fn blocks(&self) -> &dyn Blocks {
        &*self.blocks
    }

    fn expire(&self, now: Now) {
        let mut kept = self.write();
        if let Some(origin) = now.origin {
            kept.live.date(origin);
        }
        kept.expire(now.before(self.limits.age));
    }

    fn take_due(&self) -> (Due, Batch) {
        let due = self.write().live.take_due();
        let batch = self.batch(&due);
        (due, batch)
    }

    fn take_urgent(&self) -> Option<(Due, Batch)> {
        let is_urgent = self.read().live.is_urgent();
        is_urgent.then(|| self.take_due())
    }

    fn committed(&self, due: Due, batch: &Batch) {
        let mut kept = self.write();
        // In the order of `batch`; those that could not be read are missing there.
        let mut written = batch.put.iter().peekable();
        for number in &due.rewritten {
            let sequence = kept.live.get(*number).map(|block| block.sequence);
            if let Some((_, bytes)) = written.next_if(|(of, _)| Some(*of) == sequence) {
                let overhead = Block::new(bytes).map_or(0, |block| block.overhead(bytes.len()));
                kept.live.rewritten(*number, bytes.len(), overhead);
            }
        }
    }

    fn put_back(&self, due: Due) {
        self.write().live.put_back(due);
    }

    fn add(&self, new: Unindexed, committed: Committed) -> Inserted {
        self.write().index(&new, committed, &self.limits)
    }
}

impl Inner {
    fn batch(&self, due: &Due) -> Batch {
        let mut batch = Batch {
            remove: due.removed.clone(),
            gone: due.gone.clone(),
            forgotten: due.forgotten.clone(),
            put: Vec::new(),
        };
        for number in &due.rewritten {
            batch.put.extend(self.again(*number));
        }
        batch
    }

    /// The block with nothing but its live spans. None if it cannot be read: then it stays as it is.
    fn again(&self, number: u32) -> Option<(u64, Vec<u8>)> {
        let sequence = self.read().live.get(number)?.sequence;
        let bytes = self.block(sequence).ok()??;
        let block = Block::new(&bytes)?;
        // What they come from does not matter here.
        let origin = Arc::new(Origin::new(Resource::default(), InstrumentationScope::default()));
        let traces = (0..block.len()).filter_map(|ordinal| Some(block.span(ordinal, &origin)?.trace_id)).collect();
        let live = self.read().ordinals(&traces, number);
        Some((sequence, block.only(|ordinal| live.contains(&ordinal))?))
    }
}
