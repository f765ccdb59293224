//! Blocks in memory: they go when the program ends.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::{Batch, Blocks, Failed, Stored};

#[derive(Debug, Default)]
pub struct Memory(RwLock<HashMap<u64, Arc<[u8]>>>);

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

    /// Nothing is there at the start.
    fn last(&self) -> Result<Option<u64>, Failed> {
        Ok(None)
    }

    fn load(&self, _: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        Ok(())
    }

    fn close(&self) {}
}
