//! Which tags the spans of a trace have, as hashes: what lacks a tag is told without a look at the spans themselves.
//!
//! An index from each tag to its traces would answer faster and take far more memory, because most tags (ids, URLs, sizes)
//! occur once. Here a tag is eight bytes for up to 32 spans of a trace that share it, and goes when its trace goes.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

/// Of how many spans one signature is.
pub const SPANS: usize = u32::BITS as usize;

/// Stands for every tag: of what has more of them than are in the index.
pub const MANY: u32 = 0;

/// Hashes alike for all traces of a store, and in no way that a sender could foresee.
#[derive(Debug, Default)]
pub struct Hasher(RandomState);

impl Hasher {
    pub fn hash(&self, key: &str, text: &str) -> u32 {
        // The upper half is as good as the lower one.
        (self.0.hash_one((key, text)) >> 32) as u32
    }

    /// Of all that a span is, with its service: to tell spans of one id apart. Fast rather than safe from collisions on purpose,
    /// which would only cost whoever makes them a span.
    pub fn content(service: &str, span: &[u8]) -> u32 {
        (mixed(mixed(0, service.as_bytes()), span) >> 32) as u32
    }
}

fn mixed(seed: u64, bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    words.fold(seed ^ bytes.len() as u64 ^ ODD, |mixed, word| {
        let product = u128::from(mixed ^ word) * u128::from(ODD);
        (product as u64 ^ (product >> 64) as u64).wrapping_add(ODD)
    })
}

/// The hashes of tags, each with a bit for every span that has it. Sorted once it is settled.
#[derive(Debug, Default)]
pub struct Signature(Vec<(u32, u32)>);

impl Signature {
    /// The tags of the span of this number, below [`SPANS`].
    pub fn add(&mut self, span: usize, tags: impl Iterator<Item = u32>) {
        let bit = 1_u32 << (span % SPANS);
        self.0.extend(tags.map(|hash| (hash, bit)));
    }

    /// To be called when all is added for now, before it is asked.
    pub fn settle(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by(|(hash, spans), (kept, all)| {
            let same = hash == kept;
            if same {
                *all |= *spans;
            }
            same
        });
        self.0.shrink_to_fit();
    }

    /// A bit for each span that has all of these, unless two tags have the same hash.
    pub fn with_all(&self, hashes: &[u32]) -> u32 {
        let many = self.0.first().filter(|(hash, _)| *hash == MANY).map_or(0, |(_, having)| *having);
        hashes.iter().fold(u32::MAX, |spans, hash| {
            let found = if spans == 0 { None } else { self.0.binary_search_by_key(hash, |(known, _)| *known).ok() };
            spans & (many | found.and_then(|place| self.0.get(place)).map_or(0, |(_, having)| *having))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_which_spans_have_all() {
        let mut signature = Signature::default();
        signature.add(0, [5, 3].into_iter());
        signature.settle();
        signature.add(31, [3, 9, 3].into_iter());
        signature.settle();
        assert_eq!(signature.with_all(&[3]), 1 | 1 << 31);
        assert_eq!(signature.with_all(&[3, 9]), 1 << 31);
        assert_eq!(signature.with_all(&[5, 9]), 0);
        assert_eq!(signature.with_all(&[4]), 0);
        assert_eq!(signature.with_all(&[]), u32::MAX);
        signature.add(7, [9, MANY].into_iter());
        signature.settle();
        assert_eq!((signature.with_all(&[4]), signature.with_all(&[9])), (1 << 7, 1 << 7 | 1 << 31));
    }
}
