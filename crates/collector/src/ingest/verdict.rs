//! What is said about a request that was taken.

use std::{collections::HashMap, mem};

use super::Signal;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The records of it that are kept.
    pub taken: usize,
    /// The records of it that were not taken.
    pub rejected: usize,
    /// Why, or what is odd about those that were. Empty when there is nothing to say.
    pub message: String,
}

/// What is said about some records: the words for the first of them, and how many there are.
#[derive(Debug, Default)]
pub struct Remarks {
    pub records: usize,
    first: String,
}

impl Remarks {
    pub fn add(&mut self, records: usize, words: impl FnOnce() -> String) {
        if self.records == 0 && records > 0 {
            self.first = words();
        }
        self.records += records;
    }

    /// None if there is nothing to say.
    pub fn message(&self, signal: Signal) -> Option<String> {
        match self.records {
            0 => None,
            1 => Some(self.first.clone()),
            records => Some(format!("{} (the first of {records} such {}s)", self.first, signal.record())),
        }
    }
}

/// What is said about a request while it is read.
#[derive(Debug, Default)]
pub struct Heard {
    /// Of records that are not taken.
    pub rejected: Remarks,
    /// What was passed over, or changed, in words.
    notes: Vec<String>,
    /// Whether something of it is not kept as it came.
    pub is_mended: bool,
    /// What JSON had that OTLP has no name for, by the numbers of the resource, the scope and the record that it is of.
    pub members: HashMap<Vec<usize>, String>,
}

/// How many notes a message has; what follows is mostly the same.
const NOTES: usize = 4;

impl Heard {
    pub fn note(&mut self, words: String) {
        if self.notes.len() < NOTES && !self.notes.contains(&words) {
            self.notes.push(words);
        }
    }

    /// What was heard of a further part of the request.
    pub fn absorb(&mut self, more: Self) {
        let Self { rejected, notes, is_mended, .. } = more;
        self.is_mended |= is_mended;
        self.rejected.add(rejected.records, || rejected.first);
        notes.into_iter().for_each(|note| self.note(note));
    }

    /// What was heard of a part that begins with the resource of this number.
    pub fn absorb_from(&mut self, first: usize, mut more: Self) {
        self.members.extend(mem::take(&mut more.members).into_iter().map(|(mut place, text)| {
            place.iter_mut().take(1).for_each(|resource| *resource += first);
            (place, text)
        }));
        self.absorb(more);
    }

    /// Whether all of it is taken as it came.
    pub fn is_whole(&self) -> bool {
        self.rejected.records == 0 && self.notes.is_empty() && !self.is_mended
    }

    /// What the sender is told, with these words of others.
    pub fn verdict(self, signal: Signal, taken: usize, more: impl IntoIterator<Item = String>) -> Verdict {
        let messages: Vec<_> = self.rejected.message(signal).into_iter().chain(self.notes).chain(more).collect();
        Verdict { taken, rejected: self.rejected.records, message: messages.join("; ") }
    }
}

/// A record by its name, as far as that is short.
pub fn named(signal: Signal, name: &str) -> String {
    format!("{} {:?}", signal.record(), short(name))
}

/// As far as words have room for it.
pub fn short(name: &str) -> String {
    name.chars().take(64).collect()
}
