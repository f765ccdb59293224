//! Which tags and operations a trace may have at all: a Bloom filter of a fixed size for each trace, all of them side by side.
//!
//! A search that finds little walks through every trace. What a trace knows of its spans lies in several places of the memory,
//! and fetching those takes nearly all of the time; most traces are passed over for what stands here, in half a cache line. A
//! trace of many spans has most bits set, but there can be few such traces.

use super::{catalogue::Fitting, signature::MANY};

const WORDS: usize = 4;

/// So many operations at most are looked for one by one.
const OPERATIONS: usize = 8;

#[derive(Debug, Clone, Copy, Default)]
pub struct Sketch([u64; WORDS]);

/// What a filter wants, as far as a sketch can tell.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of each tag: as a span's own, as its resource's.
    tags: Vec<[u32; 2]>,
    service: Option<u32>,
    /// One of them; any, if it is empty.
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    item: u32,
    /// Each tag together with this operation.
    tags: Vec<u32>,
}

impl Sketch {
    /// A span of this operation, with the hashes of its own tags.
    pub fn add(&mut self, operation: u32, tags: &[u32]) {
        self.set(of_operation(operation));
        for hash in tags {
            self.set(of_span(*hash));
            self.set(together(operation, *hash));
        }
        self.fill_with(tags);
    }

    /// What spans come from: a service, with the hashes of its resource's tags.
    pub fn add_process(&mut self, service: u32, tags: &[u32]) {
        self.set(of_service(service));
        tags.iter().for_each(|hash| self.set(of_process(*hash)));
        self.fill_with(tags);
    }

    /// Where there are too many tags to be known, all are possible.
    fn fill_with(&mut self, tags: &[u32]) {
        if tags.last() == Some(&MANY) {
            *self = Self([u64::MAX; WORDS]);
        }
    }

    #[inline]
    fn set(&mut self, item: u32) {
        let [(first, one), (second, other)] = places(item);
        self.0[first] |= one;
        self.0[second] |= other;
    }

    #[inline]
    fn has(&self, item: u32) -> bool {
        let [(first, one), (second, other)] = places(item);
        self.0[first] & one != 0 && self.0[second] & other != 0
    }
}

impl Wanted {
    /// The operations are those of the service, if one is wanted.
    pub fn new(hashes: &[u32], service: Option<u32>, operations: Option<&Fitting>) -> Self {
        let numbers: Vec<_> = operations.into_iter().flat_map(Fitting::numbers).take(OPERATIONS + 1).collect();
        let few = Some(&numbers).filter(|numbers| numbers.len() <= OPERATIONS);
        Self::with(hashes, service, few.map_or(&[], Vec::as_slice))
    }

    fn with(hashes: &[u32], service: Option<u32>, operations: &[u32]) -> Self {
        let operation = |number: &u32| Operation {
            item: of_operation(*number),
            tags: hashes.iter().map(|hash| together(*number, *hash)).collect(),
        };
        Self {
            tags: hashes.iter().map(|hash| [of_span(*hash), of_process(*hash)]).collect(),
            service: service.map(of_service),
            operations: operations.iter().map(operation).collect(),
        }
    }

    /// False if no span of the trace can fit.
    pub fn possible(&self, sketch: &Sketch) -> bool {
        let with = |operation: &Operation| {
            let mut tags = operation.tags.iter().zip(&self.tags);
            sketch.has(operation.item)
                && tags.all(|(together, [_, process])| sketch.has(*together) || sketch.has(*process))
        };
        self.service.is_none_or(|service| sketch.has(service))
            && self.tags.iter().all(|[span, process]| sketch.has(*span) || sketch.has(*process))
            && (self.operations.is_empty() || self.operations.iter().any(with))
    }
}

fn of_operation(operation: u32) -> u32 {
    mixed(operation, 1)
}

fn of_service(hash: u32) -> u32 {
    mixed(hash, 4)
}

fn of_span(hash: u32) -> u32 {
    mixed(hash, 2)
}

fn of_process(hash: u32) -> u32 {
    mixed(hash, 3)
}

fn together(operation: u32, hash: u32) -> u32 {
    mixed(hash, operation.wrapping_add(5))
}

/// The end of MurmurHash3's 32 bits, which lets each bit depend on all others.
#[inline]
fn mixed(value: u32, salt: u32) -> u32 {
    let mut mixed = value ^ salt.wrapping_mul(0x9e37_79b9);
    mixed = (mixed ^ mixed >> 16).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    mixed ^ mixed >> 16
}

/// Two bits for each item, which is best for some 90 items.
#[inline]
fn places(item: u32) -> [(usize, u64); 2] {
    [place(item), place(item >> 16)]
}

#[inline]
fn place(bits: u32) -> (usize, u64) {
    (bits as usize >> 6 & (WORDS - 1), 1 << (bits & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_possible() {
        let mut sketch = Sketch::default();
        for (service, operation, tags) in [(5, 7, &[1, 2][..]), (6, 8, &[4])] {
            sketch.add(operation, tags);
            sketch.add_process(service, &[3]);
        }
        for (hashes, operations) in
            [(&[][..], &[][..]), (&[1, 3, 4], &[]), (&[], &[7]), (&[1, 2, 3], &[7]), (&[4, 3], &[6, 8])]
        {
            for service in [None, Some(5), Some(6)] {
                assert!(Wanted::with(hashes, service, operations).possible(&sketch), "{hashes:?} {operations:?}");
            }
        }
    }

    #[test]
    fn most_of_what_is_not_there_is_impossible() {
        let mut sketch = Sketch::default();
        for (service, operation, tags) in [(5, 7, &[1, 2][..]), (6, 8, &[4])] {
            sketch.add(operation, tags);
            sketch.add_process(service, &[3]);
        }
        let possible = |hashes: &[u32], operations: &[u32]| Wanted::with(hashes, None, operations).possible(&sketch);
        let by_chance = (1_000..2_000).filter(|hash| possible(&[*hash], &[])).count();
        assert!(by_chance < 50, "{by_chance} of 1,000 tags");
        let by_chance = (1_000..2_000).filter(|operation| possible(&[], &[*operation])).count();
        assert!(by_chance < 50, "{by_chance} of 1,000 operations");
        let by_chance = (1_000..2_000).filter(|hash| Wanted::with(&[], Some(*hash), &[]).possible(&sketch)).count();
        assert!(by_chance < 50, "{by_chance} of 1,000 services");
        assert!(!possible(&[4], &[7]) && !possible(&[1], &[8]), "a tag of another operation");
    }
}
