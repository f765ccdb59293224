//! Which tags occur anywhere in a trace, as hashes: most traces that lack a tag are told without a look at their spans.
//!
//! An index from each tag to its traces would answer faster and take far more memory, because most tags (ids, URLs, sizes)
//! occur once. A hash is four bytes, and goes when its trace goes.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::Arc,
};

use crate::model::{Origin, Span, tags};

#[derive(Debug, Default)]
pub struct Signature(HashSet<u32>);

/// Hashes alike for all traces of a store, and in no way that a sender could foresee.
#[derive(Debug, Default)]
pub struct Hasher(RandomState);

impl Hasher {
    pub fn hash(&self, key: &str, text: &str) -> u32 {
        // The upper half is as good as the lower one.
        (self.0.hash_one((key, text)) >> 32) as u32
    }
}

impl Signature {
    pub fn add_span(&mut self, span: &Span, hasher: &Hasher) {
        tags::each(span, |key, text| self.add(hasher.hash(key, text)));
    }

    pub fn add_origin(&mut self, origin: &Arc<Origin>, hasher: &Hasher) {
        tags::each_of_process(origin, |key, text| self.add(hasher.hash(key, text)));
    }

    fn add(&mut self, hash: u32) {
        self.0.insert(hash);
    }

    /// False only if the trace lacks one of these.
    pub fn may_have(&self, hashes: &[u32]) -> bool {
        hashes.iter().all(|hash| self.0.contains(hash))
    }
}
