//! Where blocks are: under their sequence numbers in a database, or in memory.
//!
//! In: what changes, all at once or not at all. Out: blocks by number.

mod disk;
mod memory;
mod place;
mod staged;

use std::{fmt, sync::Arc};

use crate::model::TraceId;
pub use disk::Disk;
pub use memory::Memory;
pub use place::Place;

pub trait Blocks: fmt::Debug + Send + Sync {
    /// When this returns, all of it is done and would survive the end of the machine; or nothing is, and why. Then what was
    /// committed before can still be read, and a later commit may succeed.
    fn commit(&self, batch: &Batch) -> Result<(), Failed>;

    /// Whether what is committed is where it will be looked for; if not, there is no use in going on.
    fn check(&self) -> Result<(), Failed>;

    /// None if there is no such block.
    fn read(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed>;

    /// The number of the last block.
    fn last(&self) -> Result<Option<u64>, Failed>;

    /// Calls back with every trace that is gone, and then with every block in order. Nothing is changed by that.
    fn load(&self, found: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed>;

    /// Nothing is committed or read from then on.
    fn close(&self);
}

/// What a commit changes.
#[derive(Debug, Default)]
pub struct Batch {
    pub put: Vec<(u64, Vec<u8>)>,
    pub remove: Vec<u64>,
    pub gone: Vec<(TraceId, u64)>,
    pub forgotten: Vec<TraceId>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty() && self.gone.is_empty() && self.forgotten.is_empty()
    }
}

/// What is there at the start.
#[derive(Debug, Clone, Copy)]
pub enum Stored<'a> {
    Gone(TraceId, u64),
    Block(u64, &'a [u8]),
}

/// What went wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
impl<T: Blocks> Blocks for Arc<T> {
    fn commit(&self, batch: &Batch) -> Result<(), Failed> {
        (**self).commit(batch)
    }

    fn check(&self) -> Result<(), Failed> {
        (**self).check()
    }

    fn read(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        (**self).read(sequence)
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        (**self).last()
    }

    fn load(&self, found: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        (**self).load(found)
    }

    fn close(&self) {
        (**self).close();
    }
}
