//! The records that were found, read a block at a time: no more of them is held than is bounded.

use std::{collections::HashMap, sync::Arc};

use super::{
    Found, Inner,
    block::{Block, Record},
    search::damaged,
};
use crate::store::blocks::Failed;

/// How many bytes of blocks are held, beside the last one.
const HELD: usize = 16 << 20;

pub struct Records<'a> {
    inner: &'a Inner,
    found: std::vec::IntoIter<Found>,
    /// None for one that went meanwhile.
    blocks: HashMap<u64, Option<Arc<Block>>>,
    held: usize,
}

/// Records that follow each other and share resource and scope. There is at least one.
pub struct Run {
    block: Arc<Block>,
    ordinals: Vec<usize>,
}

impl<'a> Records<'a> {
    pub(super) fn new(inner: &'a Inner, found: Vec<Found>) -> Self {
        Self { inner, found: found.into_iter(), blocks: HashMap::new(), held: 0 }
    }

    fn block(&mut self, sequence: u64) -> Result<Option<Arc<Block>>, Failed> {
        if let Some(known) = self.blocks.get(&sequence) {
            return Ok(known.clone());
        }
        if self.held > HELD {
            (self.blocks, self.held) = (HashMap::new(), 0);
        }
        let bytes = self.inner.blocks.read(sequence)?;
        self.held += bytes.as_ref().map_or(0, |bytes| bytes.len());
        let block = bytes.map(|bytes| Block::decode_whole(&bytes).ok_or_else(|| damaged(sequence))).transpose()?;
        let block = block.map(Arc::new);
        self.blocks.insert(sequence, block.clone());
        Ok(block)
    }

    fn next_run(&mut self) -> Result<Option<Run>, Failed> {
        while let Some(first) = self.found.next() {
            let Some(block) = self.block(first.sequence)? else { continue };
            let mut ordinals = vec![first.ordinal];
            let shares = |next: &Found| {
                next.sequence == first.sequence && block.origin(next.ordinal) == block.origin(first.ordinal)
            };
            while let Some(next) = self.found.as_slice().first().copied().filter(shares) {
                ordinals.push(next.ordinal);
                self.found.next();
            }
            return Ok(Some(Run { block, ordinals }));
        }
        Ok(None)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Run, Failed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_run().transpose()
    }
}

impl Run {
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.ordinals.iter().filter_map(|ordinal| self.block.record(*ordinal))
    }
}
