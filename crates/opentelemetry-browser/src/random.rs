//! Random bytes, from the browser's own source of them: some kilobytes at a time, since each call out of WebAssembly has its price.

use std::cell::RefCell;

use crate::platform;

/// How many bytes are asked for at a time: those of some 700 spans. A call costs a browser a microsecond, and Node.js ten.
const AT_A_TIME: usize = 8192;

thread_local! {
    static LEFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that nobody can foretell, not all of which are zero.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut random = LEFT.with_borrow_mut(|left| {
        if left.len() < N {
            left.resize(AT_A_TIME, 0);
            platform::fill_random(left);
        }
        let taken = left.last_chunk().copied().unwrap_or([0; N]);
        left.truncate(left.len().saturating_sub(N));
        taken
    });
    // Zero is no id. It comes once in 2^64, but it does come.
    if random == [0; N]
        && let Some(last) = random.last_mut()
    {
        *last = 1;
    }
    random
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::test;

    #[test]
    fn every_bit_of_an_id_is_random() {
        let (mut ones, mut zeros) = ([0_u8; 16], [0_u8; 16]);
        for _ in 0..200 {
            for (at, byte) in random::<16>().into_iter().enumerate() {
                ones[at] |= byte;
                zeros[at] |= !byte;
            }
        }
        assert_eq!((ones, zeros), ([0xff; 16], [0xff; 16]));
    }
}
