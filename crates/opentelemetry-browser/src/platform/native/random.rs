//! Chance: the standard library seeds each hasher anew.

use std::hash::{BuildHasher, RandomState};

pub(crate) fn random() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}

pub(crate) fn fill_random(bytes: &mut [u8]) {
    for (place, chunk) in bytes.chunks_mut(8).enumerate() {
        let random = RandomState::new().hash_one(place).to_le_bytes();
        chunk.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
    }
}
