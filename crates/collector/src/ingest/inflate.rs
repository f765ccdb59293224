//! Inflates bodies, never beyond the limit: a few kilobytes can stand for gigabytes.

use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;
use snap::read::FrameDecoder;

use super::{Refusal, budget::Held, media::Encoding};

const STEP: usize = 64 << 10;
/// How snappy begins where it is framed; else it is one block.
const FRAMED: &[u8] = b"\xff\x06\x00\x00sNaPpY";

pub fn inflate(compressed: &[u8], encoding: Encoding, limit: usize, held: &mut Held) -> Result<Vec<u8>, Refusal> {
    match encoding {
        Encoding::Identity => Ok(compressed.to_vec()),
        Encoding::Gzip => read(MultiGzDecoder::new(compressed), encoding, limit, held),
        Encoding::Deflate if is_zlib(compressed) => read(ZlibDecoder::new(compressed), encoding, limit, held),
        // What some programs take it for.
        Encoding::Deflate => read(DeflateDecoder::new(compressed), encoding, limit, held),
        Encoding::Zstd => {
            // The decoder holds what it has written as well, as far as later frames may refer to it.
            let mut window = held.share();
            window.reserve(compressed.len().saturating_mul(4).min(limit))?;
            read(Zstd::new(compressed), encoding, limit, held)
        }
        Encoding::Snappy if compressed.starts_with(FRAMED) => {
            read(FrameDecoder::new(compressed), encoding, limit, held)
        }
        Encoding::Snappy => {
            let no_snappy = |error: snap::Error| damaged(encoding, 0, &error.into());
            let length = snap::raw::decompress_len(compressed).map_err(no_snappy)?;
            if length > limit {
                return Err(too_large(limit));
            }
            held.reserve(length)?;
            snap::raw::Decoder::new().decompress_vec(compressed).map_err(no_snappy)
        }
    }
}

fn read(mut decoder: impl Read, encoding: Encoding, limit: usize, held: &mut Held) -> Result<Vec<u8>, Refusal> {
    let mut inflated = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let length = decoder.read(&mut step).map_err(|error| damaged(encoding, inflated.len(), &error))?;
        if length == 0 {
            return Ok(inflated);
        }
        if inflated.len() + length > limit {
            return Err(too_large(limit));
        }
        held.reserve(length)?;
        inflated.extend_from_slice(&step[..length]);
    }
}

fn too_large(limit: usize) -> Refusal {
    let limit = limit >> 20;
    Refusal::TooLarge(format!("the body is larger than {limit} MiB when it is decompressed; send smaller batches"))
}

fn damaged(encoding: Encoding, at: usize, error: &io::Error) -> Refusal {
    let name = encoding.name();
    Refusal::Invalid(format!("the body is not the {name} that its content encoding says, {at} bytes in: {error}"))
}

/// By the two bytes that zlib begins with.
fn is_zlib(compressed: &[u8]) -> bool {
    matches!(compressed, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31))
}

/// Frames of zstd that follow each other.
struct Zstd<'b> {
    rest: &'b [u8],
    frame: Option<StreamingDecoder<&'b [u8], ruzstd::decoding::FrameDecoder>>,
    any: bool,
}

impl<'b> Zstd<'b> {
    const fn new(compressed: &'b [u8]) -> Self {
        Self { rest: compressed, frame: None, any: false }
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None if self.rest.is_empty() && self.any => return Ok(0),
                None => StreamingDecoder::new(self.rest).map_err(io::Error::other)?,
            };
            self.any = true;
            let length = frame.read(out)?;
            if length > 0 {
                self.frame = Some(frame);
                return Ok(length);
            }
            self.rest = frame.into_inner();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;
    use crate::{Bounds, ingest::budget::Budget};

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// Every way in which these bytes may come.
    fn compressed(data: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(data).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(data).unwrap();
        let mut framed = snap::write::FrameEncoder::new(Vec::new());
        framed.write_all(data).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest);
        vec![
            (Encoding::Gzip, gzip(data)),
            (Encoding::Deflate, zlib.finish().unwrap()),
            (Encoding::Deflate, deflate.finish().unwrap()),
            (Encoding::Zstd, zstd),
            (Encoding::Snappy, framed.into_inner().unwrap()),
            (Encoding::Snappy, snap::raw::Encoder::new().compress_vec(data).unwrap()),
        ]
    }

    fn with_room(compressed: &[u8], encoding: Encoding, limit: usize, room: usize) -> Result<Vec<u8>, Refusal> {
        let budget = Budget::new(Bounds { bytes: room, ..Bounds::default() });
        inflate(compressed, encoding, limit, &mut budget.enter().unwrap())
    }

    #[test]
    fn every_encoding_gives_the_bytes_back() {
        let data: Vec<u8> = (0..300_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect();
        for (encoding, compressed) in compressed(&data) {
            assert_eq!(with_room(&compressed, encoding, 1 << 21, 1 << 23).as_deref(), Ok(&*data), "{encoding:?}");
        }
    }

    #[test]
    fn members_follow_each_other() {
        let two = [gzip(b"{\"a\""), gzip(b":1}")].concat();
        assert_eq!(with_room(&two, Encoding::Gzip, 100, 100).unwrap(), b"{\"a\":1}");
        assert_eq!(with_room(&gzip(b""), Encoding::Gzip, 0, 0).unwrap(), b"");
        let frame = |data: &[u8]| ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest);
        let two = [frame(b"{\"a\""), frame(b":1}")].concat();
        assert_eq!(with_room(&two, Encoding::Zstd, 100, 500).unwrap(), b"{\"a\":1}");
    }

    #[test]
    fn the_limit_and_the_room_end_it() {
        for (encoding, zeros) in compressed(&[0; 1 << 20]) {
            assert_eq!(with_room(&zeros, encoding, 1 << 20, 3 << 20).unwrap().len(), 1 << 20, "{encoding:?}");
            let short = with_room(&zeros, encoding, (1 << 20) - 1, 3 << 20);
            assert!(matches!(short, Err(Refusal::TooLarge(_))), "{encoding:?}: {short:?}");
            let full = with_room(&zeros, encoding, 1 << 20, (1 << 20) - 1);
            assert!(matches!(full, Err(Refusal::Overloaded)), "{encoding:?}: {full:?}");
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        let whole = gzip(b"some text");
        let mut wrong_sum = whole.clone();
        wrong_sum[whole.len() - 5] ^= 1;
        let cases =
            [b"{}".to_vec(), b"".to_vec(), whole[..whole.len() - 1].to_vec(), wrong_sum, [&whole[..], b"x"].concat()];
        for case in cases {
            assert!(matches!(with_room(&case, Encoding::Gzip, 100, 500), Err(Refusal::Invalid(_))), "{case:?}");
        }
        for (encoding, mut whole) in compressed(b"some text, some text, some text") {
            whole.pop();
            let broken = with_room(&whole, encoding, 100, 500);
            assert!(matches!(broken, Err(Refusal::Invalid(_))), "{encoding:?}: {broken:?}");
            let empty = with_room(b"", encoding, 100, 500);
            assert!(matches!(empty, Err(Refusal::Invalid(_))), "{encoding:?}: {empty:?}");
        }
    }
}
