//! Bounds the memory that a message takes. An empty span is two bytes in a body and three hundred in memory: a body within
//! its cap could still fill the machine, and end a collector that holds what others have sent.

use std::cell::Cell;

/// So much may still be taken. Cells, because readers of nested messages share it.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    exhausted: Cell<bool>,
}

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self { left: Cell::new(bytes), exhausted: Cell::new(false) }
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
}
