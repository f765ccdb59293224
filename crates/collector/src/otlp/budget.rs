//! Bounds what a message takes: its memory and its depth. An empty span is two bytes in a body and three hundred in memory: a
//! body within its cap could still fill the machine, and end a collector that holds what others have sent.

use std::cell::Cell;

/// How deep messages may be nested in a request. prost reads as deep, so JSON and protobuf take the same.
pub const DEPTH: usize = 100;

/// So much may still be taken. Cells, because readers of nested messages share it.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    exhausted: Cell<bool>,
    levels: Cell<usize>,
}

impl Budget {
    pub fn new(bytes: usize) -> Self {
        // The request itself is a level too.
        Self { left: Cell::new(bytes), exhausted: Cell::new(false), levels: Cell::new(DEPTH + 1) }
    }

    /// Takes so much; false if there is not so much left.
    pub fn take(&self, bytes: usize) -> bool {
        match self.left.get().checked_sub(bytes) {
            Some(left) => self.left.set(left),
            None => self.exhausted.set(true),
        }
        !self.exhausted.get()
    }

    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Goes so many levels deeper for as long as the value lives; none if that is too deep.
    pub fn deeper(&self, levels: usize) -> Option<Deeper<'_>> {
        self.levels.set(self.levels.get().checked_sub(levels)?);
        Some(Deeper { budget: self, levels })
    }
}

#[must_use]
#[derive(Debug)]
pub struct Deeper<'b> {
    budget: &'b Budget,
    levels: usize,
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.budget.levels.set(self.budget.levels.get() + self.levels);
    }
}
