//! The numbers of the traces by their ids. An id stands in its trace alone: here each trace takes five bytes.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::{slab::Slab, trace::Trace};
use crate::model::TraceId;

#[derive(Debug, Default)]
pub struct Numbers {
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Numbers {
    pub fn get(&self, id: TraceId, traces: &Slab<Trace>) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(id), |number| is(*number, id, traces)).copied()
    }

    /// For a trace that is there, and has no number here.
    pub fn add(&mut self, number: u32, id: TraceId, traces: &Slab<Trace>) {
        let Self { numbers, hasher } = self;
        let hash = |number: &u32| traces.get(*number).map_or(0, |trace| hasher.hash_one(trace.id));
        numbers.insert_unique(hasher.hash_one(id), number, hash);
    }

    /// For a trace that is still there.
    pub fn remove(&mut self, id: TraceId, traces: &Slab<Trace>) {
        let hash = self.hasher.hash_one(id);
        if let Ok(entry) = self.numbers.find_entry(hash, |number| is(*number, id, traces)) {
            entry.remove();
        }
    }
}

fn is(number: u32, id: TraceId, traces: &Slab<Trace>) -> bool {
    traces.get(number).is_some_and(|trace| trace.id == id)
}
