//! Which tags the spans of a trace have, as hashes: what lacks a tag is told without a look at the spans themselves.
//!
//! An index from each tag to its traces would answer faster and take far more memory, because most tags (ids, URLs, sizes)
//! occur once. Here a tag is four bytes for up to 8 spans of a trace that share it, and goes when its trace goes.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

/// Of how many spans one signature is.
pub const SPANS: usize = u8::BITS as usize;

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

    /// Of a service, which is no tag.
    pub fn service(&self, name: &str) -> u32 {
        self.hash("\0service", name)
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

/// The hashes of tags without their lowest byte, in which each has a bit for every span that has it. Sorted once it is settled.
#[derive(Debug, Default)]
pub struct Signature(Vec<u32>);

/// All of a hash that is kept.
const HASH: u32 = u32::MAX << SPANS;

impl Signature {
    /// The tags that these spans have, a bit for each.
    pub fn add(&mut self, spans: u8, tags: &[u32]) {
        self.0.extend(tags.iter().map(|hash| hash & HASH | u32::from(spans)));
    }

    /// To be called when all is added for now, before it is asked.
    pub fn settle(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by(|next, kept| {
            let same = *next & HASH == *kept & HASH;
            if same {
                *kept |= *next;
            }
            same
        });
        tighten(&mut self.0);
    }

    /// A bit for each span that has all of these, unless two tags have the same hash.
    pub fn with_all(&self, hashes: &[u32]) -> u32 {
        let having = |hash: u32| {
            let found = self.0.binary_search_by_key(&(hash & HASH), |known| known & HASH).ok();
            found.and_then(|place| self.0.get(place)).map_or(0, |known| known & !HASH)
        };
        let many = having(MANY);
        hashes.iter().fold(!HASH, |spans, hash| if spans == 0 { 0 } else { spans & (many | having(*hash)) })
    }
}

/// Lets go the room that is not used. What shrinks where it is leaves pieces of memory that are too small for anything else.
pub fn tighten<T: Copy>(list: &mut Vec<T>) {
    if list.capacity() > list.len() {
        *list = list.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_which_spans_have_all() {
        let [three, four, five, nine] = [3, 4, 5, 9].map(|hash: u32| hash << SPANS);
        let mut signature = Signature::default();
        signature.add(1, &[five, three]);
        signature.settle();
        signature.add(1 << 7, &[three, nine, three]);
        signature.settle();
        assert_eq!(signature.with_all(&[three]), 1 | 1 << 7);
        assert_eq!(signature.with_all(&[three, nine]), 1 << 7);
        assert_eq!(signature.with_all(&[five, nine]), 0);
        assert_eq!(signature.with_all(&[four]), 0);
        assert_eq!(signature.with_all(&[]), 0xff);
        signature.add(1 << 5, &[nine, MANY]);
        signature.settle();
        assert_eq!((signature.with_all(&[four]), signature.with_all(&[nine])), (1 << 5, 1 << 5 | 1 << 7));
    }
}
