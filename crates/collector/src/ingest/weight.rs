//! Bounds what a message takes: its memory and its depth. An empty span is two bytes in a body and three hundred in memory: a
//! body within its cap could still fill the machine, and end a collector that holds what others have sent.

use std::cell::{Cell, RefCell};

use super::{Refusal, budget::Held};

/// How deep messages may be nested in a request. prost reads as deep, so JSON and protobuf take the same.
pub const DEPTH: usize = 100;
/// In which steps room is taken for what is read.
const STEP: usize = 256 << 10;

/// So much may still be taken. Cells, because readers of nested messages share it.
#[derive(Debug)]
pub struct Weight {
    most: usize,
    left: Cell<usize>,
    why: RefCell<Option<Refusal>>,
    levels: Cell<usize>,
    /// The room among all requests, and how much of it is taken for this message.
    held: RefCell<Option<Held>>,
    charged: Cell<usize>,
}

impl Weight {
    /// For a message of at most so many bytes.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            left: Cell::new(most),
            why: RefCell::default(),
            // The request itself is a level too.
            levels: Cell::new(DEPTH + 1),
            held: RefCell::default(),
            charged: Cell::default(),
        }
    }

    /// The same, for which there is also to be room among all requests.
    pub fn within(most: usize, held: Held) -> Self {
        Self { held: Some(held).into(), ..Self::new(most) }
    }

    /// Takes so much; false if there is not so much left.
    pub fn take(&self, bytes: usize) -> bool {
        let Some(left) = self.left.get().checked_sub(bytes) else {
            let limit = self.most >> 20;
            let message = format!("what is in the body takes more than {limit} MiB of memory; send smaller batches");
            self.why.borrow_mut().get_or_insert(Refusal::TooLarge(message));
            return false;
        };
        self.left.set(left);
        let taken = self.most - left;
        if let Some(more) = taken.checked_sub(self.charged.get()).filter(|more| *more > 0)
            && let Some(held) = &mut *self.held.borrow_mut()
        {
            let more = more.max(STEP);
            if let Err(refusal) = held.reserve(more) {
                self.why.borrow_mut().get_or_insert(refusal);
                return false;
            }
            self.charged.set(self.charged.get() + more);
        }
        !self.is_exhausted()
    }

    /// What was read is dropped, and is read again.
    pub fn reset(&self) {
        self.left.set(self.most);
    }

    pub fn is_exhausted(&self) -> bool {
        self.why.borrow().is_some()
    }

    /// Why nothing more could be taken, if something could not; and the room that was taken.
    pub fn end(self) -> (Option<Refusal>, Option<Held>) {
        (self.why.into_inner(), self.held.into_inner())
    }

    /// Goes so many levels deeper for as long as the value lives; none if that is too deep.
    pub fn deeper(&self, levels: usize) -> Option<Deeper<'_>> {
        self.levels.set(self.levels.get().checked_sub(levels)?);
        Some(Deeper { weight: self, levels })
    }
}

#[must_use]
#[derive(Debug)]
pub struct Deeper<'w> {
    weight: &'w Weight,
    levels: usize,
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.weight.levels.set(self.weight.levels.get() + self.levels);
    }
}
