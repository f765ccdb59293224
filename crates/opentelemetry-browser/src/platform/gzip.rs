//! An encoder that needs no waiting: [gzip](https://www.rfc-editor.org/rfc/rfc1952) around miniz_oxide's deflate.

use crc::{CRC_32_ISO_HDLC, Crc};
use miniz_oxide::deflate::compress_to_vec;

/// A table of 1 KiB; larger ones are faster than deflate needs.
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Deflate, without a file name or a time; made for speed, by whatever system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// The fastest: a page that is left has little time, and level 6 takes twice as long for a quarter more spans.
const LEVEL: u8 = 1;

/// Compresses.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    out.append(&mut compress_to_vec(bytes, LEVEL));
    out.extend_from_slice(&CRC.checksum(bytes).to_le_bytes());
    // Modulo 2^32, as the standard has it.
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_compressed_reads_back() {
        let long: Vec<u8> = (0..500_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8 & 0x3f).collect();
        for bytes in [&b""[..], b"{}", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &long] {
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(gzip(bytes).as_slice()).read_to_end(&mut read).expect("gzip, with its sums");
            assert!(read == bytes, "{} bytes", bytes.len());
        }
    }
}
