//! Inflates gzip, never beyond the limit: a few kilobytes can stand for gigabytes.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::{gate::Slot, response::Failure};

const STEP: usize = 64 << 10;

pub fn gunzip(compressed: &[u8], limit: usize, slot: &mut Slot) -> Result<Vec<u8>, Failure> {
    let mut decoder = MultiGzDecoder::new(compressed);
    let mut inflated = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let length = decoder.read(&mut step).map_err(|error| {
            let at = inflated.len();
            Failure::BadRequest(format!(
                "the body is not the gzip that its content encoding says, {at} bytes in: {error}"
            ))
        })?;
        if length == 0 {
            return Ok(inflated);
        }
        if inflated.len() + length > limit {
            let limit = limit >> 20;
            let message = format!("the body is larger than {limit} MiB when it is decompressed; send smaller batches");
            return Err(Failure::PayloadTooLarge(message));
        }
        slot.reserve(length)?;
        inflated.extend_from_slice(&step[..length]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::{Bounds, otlp::gate::Gate};

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(compressed: &[u8], limit: usize, room: usize) -> Result<Vec<u8>, Failure> {
        let gate = Gate::new(Bounds { bytes: room, ..Bounds::default() });
        gunzip(compressed, limit, &mut gate.enter().unwrap())
    }

    #[test]
    fn members_follow_each_other() {
        let two = [gzip(b"{\"a\""), gzip(b":1}")].concat();
        assert_eq!(inflate(&two, 100, 100).unwrap(), b"{\"a\":1}");
        assert_eq!(inflate(&gzip(b""), 0, 0).unwrap(), b"");
    }

    #[test]
    fn the_limit_and_the_room_end_it() {
        let zeros = gzip(&[0; 1 << 20]);
        assert_eq!(inflate(&zeros, 1 << 20, 1 << 20).unwrap().len(), 1 << 20);
        assert!(matches!(inflate(&zeros, (1 << 20) - 1, 1 << 20), Err(Failure::PayloadTooLarge(_))));
        assert!(matches!(inflate(&zeros, 1 << 20, (1 << 20) - 1), Err(Failure::Overloaded)));
    }

    #[test]
    fn what_is_no_gzip_is_refused() {
        let whole = gzip(b"some text");
        let mut wrong_sum = whole.clone();
        wrong_sum[whole.len() - 5] ^= 1;
        let cases =
            [b"{}".to_vec(), b"".to_vec(), whole[..whole.len() - 1].to_vec(), wrong_sum, [&whole[..], b"x"].concat()];
        for case in cases {
            assert!(matches!(inflate(&case, 100, 100), Err(Failure::BadRequest(_))), "{case:?}");
        }
    }
}
