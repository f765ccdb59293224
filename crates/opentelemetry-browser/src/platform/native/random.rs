//! Chance, where it need not be secret: the standard library seeds each hasher anew.

use std::hash::{BuildHasher, RandomState};

pub(crate) fn random() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}
