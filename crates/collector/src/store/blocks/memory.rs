//! Blocks in memory: they go when the program ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::{Batch, Blocks, Failed, Stored};

#[derive(Debug, Default)]
pub struct Memory(RwLock<BTreeMap<u64, Arc<[u8]>>>);

#[cfg(any(test, fuzzing))]
impl Memory {
    /// With blocks that are there at the start.
    pub fn of(blocks: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(RwLock::new((0..).zip(blocks.into_iter().map(Into::into)).collect()))
    }
}

impl Blocks for Memory {
    fn commit(&self, batch: &Batch) -> Result<(), Failed> {
        let mut blocks = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (sequence, bytes) in &batch.put {
            blocks.insert(*sequence, bytes.as_slice().into());
        }
        for sequence in &batch.remove {
            blocks.remove(sequence);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Failed> {
        Ok(())
    }

    fn read(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).get(&sequence).cloned())
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).keys().next_back().copied())
    }

    fn load(&self, found: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        let blocks = self.0.read().unwrap_or_else(PoisonError::into_inner);
        blocks.iter().try_for_each(|(sequence, bytes)| found(Stored::Block(*sequence, bytes)))
    }

    fn close(&self) {}
}
