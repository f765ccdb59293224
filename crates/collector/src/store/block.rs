//! A block: encoded spans of one origin, which arrived together. The unit that is written, read and removed.
//!
//! The form, numbers in little endian: when it arrived (8 bytes, ms since 1970), how many spans, the lengths of the resource and
//! of the scope (4 bytes each), where each span ends (4 bytes each, from the first span's begin), the resource, the scope, the
//! spans. A span keeps its ordinal for good: one that went has a length of 0 once the block was written again.

use std::sync::Arc;

use crate::model::{Origin, Span};

/// How large a block may become, unless a single span is larger, or its origin: the database keeps one of this size in 64 KiB, and
/// one that is a little larger in 128.
pub const LIMIT: usize = (64 << 10) - 128;

const HEAD: usize = 8 + 3 * 4;

/// Where a span is in its block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub ordinal: u16,
    pub length: u32,
}

/// A block that grows.
#[derive(Debug)]
pub struct Writer {
    origin: [Vec<u8>; 2],
    ends: Vec<u32>,
    spans: Vec<u8>,
}

impl Writer {
    pub fn new(origin: [Vec<u8>; 2]) -> Self {
        Self { origin, ends: Vec::new(), spans: Vec::new() }
    }

    /// Appends an encoded span.
    pub fn push(&mut self, encoded: &[u8]) -> Place {
        // Who heeds `has_room` has no more spans than that.
        let ordinal = u16::try_from(self.ends.len()).unwrap_or(u16::MAX);
        self.spans.extend_from_slice(encoded);
        self.ends.push(number(self.spans.len()));
        Place { ordinal, length: number(encoded.len()) }
    }

    /// What the block takes beside its spans.
    pub fn overhead(&self) -> usize {
        HEAD + 4 * self.ends.len() + self.origin.iter().map(Vec::len).sum::<usize>()
    }

    /// Whether one more span of this length makes it no larger than it may be. A large origin has room for as many bytes of spans:
    /// else it would be written with each of them.
    pub fn has_room(&self, length: usize) -> bool {
        let origin = self.origin.iter().map(Vec::len).sum::<usize>();
        let spans = HEAD + 4 * self.ends.len() + 4 + self.spans.len() + length;
        spans <= LIMIT.saturating_sub(origin).max(origin) && self.ends.len() < usize::from(u16::MAX)
    }

    pub fn finish(&self, arrival: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.overhead() + self.spans.len());
        bytes.extend_from_slice(&arrival.to_le_bytes());
        let lengths = self.origin.iter().map(Vec::len);
        for number_of in [self.ends.len()].into_iter().chain(lengths) {
            bytes.extend_from_slice(&number(number_of).to_le_bytes());
        }
        self.ends.iter().for_each(|end| bytes.extend_from_slice(&end.to_le_bytes()));
        self.origin.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.extend_from_slice(&self.spans);
        bytes
    }
}

/// Bodies are smaller than 4 GiB, and so is what comes of them.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// When the block arrived, written into a block that is finished.
pub fn set_arrival(block: &mut [u8], arrival: u64) {
    if let Some(place) = block.first_chunk_mut() {
        *place = arrival.to_le_bytes();
    }
}

/// When it arrived, as every block begins, whatever is in it.
pub fn arrival(block: &[u8]) -> Option<u64> {
    block.first_chunk().map(|arrival| u64::from_le_bytes(*arrival))
}

/// A look into the bytes of a block.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    pub arrival: u64,
    origin: [&'a [u8]; 2],
    ends: &'a [[u8; 4]],
    spans: &'a [u8],
}

impl<'a> Block<'a> {
    /// None if this is no block.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (arrival, rest) = bytes.split_first_chunk()?;
        let (count, rest) = split_number(rest)?;
        let (resource, rest) = split_number(rest)?;
        let (scope, rest) = split_number(rest)?;
        let (ends, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
        let (resource, rest) = rest.split_at_checked(resource)?;
        let (scope, spans) = rest.split_at_checked(scope)?;
        let ends = ends.as_chunks().0;
        let whole = ends.last().is_some_and(|end| u32::from_le_bytes(*end) as usize == spans.len());
        whole.then_some(Self { arrival: u64::from_le_bytes(*arrival), origin: [resource, scope], ends, spans })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The encoded resource and scope.
    pub fn origin_bytes(&self) -> [&'a [u8]; 2] {
        self.origin
    }

    pub fn origin(&self) -> Option<Origin> {
        Origin::decode(self.origin)
    }

    /// Empty for a span that went; none if the block has no such place.
    pub fn bytes(&self, ordinal: usize) -> Option<&'a [u8]> {
        let end = |ordinal: usize| self.ends.get(ordinal).map(|end| u32::from_le_bytes(*end) as usize);
        let start = if ordinal == 0 { 0 } else { end(ordinal - 1)? };
        self.spans.get(start..end(ordinal)?)
    }

    pub fn span(&self, ordinal: usize, origin: &Arc<Origin>) -> Option<Span> {
        Span::decode(self.bytes(ordinal)?, origin)
    }

    /// The same block with these spans only, each at its place.
    pub fn only(&self, stays: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut writer = Writer::new(self.origin.map(<[u8]>::to_vec));
        for ordinal in 0..self.len() {
            let bytes = self.bytes(ordinal).filter(|_| stays(ordinal)).unwrap_or_default();
            writer.push(bytes);
        }
        writer.finish(self.arrival)
    }
}

fn split_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_origin_is_not_written_with_each_span() {
        for (origin, spans) in [(0, LIMIT), (1_000, LIMIT - 1_000), (LIMIT - 10, LIMIT - 10), (5 * LIMIT, 5 * LIMIT)] {
            let mut writer = Writer::new([vec![0; origin], Vec::new()]);
            while writer.has_room(100) {
                writer.push(&[0; 100]);
            }
            let written = writer.finish(0).len() - writer.overhead();
            assert!(written <= spans && written + spans / 20 + 200 > spans, "{origin}: {written} bytes of spans");
        }
    }

    #[test]
    fn spans_keep_their_places() {
        let mut writer = Writer::new([vec![1, 2], vec![3]]);
        for bytes in [&b"one"[..], b"two!", b"three"] {
            assert_eq!(writer.push(bytes).length as usize, bytes.len());
        }
        let mut bytes = writer.finish(7);
        assert_eq!(bytes.len(), writer.overhead() + 12);
        set_arrival(&mut bytes, 8);
        let block = Block::new(&bytes).unwrap();
        let only = block.only(|ordinal| ordinal == 1);
        let rest = Block::new(&only).unwrap();
        assert_eq!((rest.arrival, rest.len(), rest.origin_bytes()), (8, 3, [&[1_u8, 2][..], &[3]]));
        assert_eq!(
            [0, 1, 2, 3].map(|ordinal| block.bytes(ordinal)),
            [Some(&b"one"[..]), Some(b"two!"), Some(b"three"), None]
        );
        assert_eq!([0, 1, 2].map(|ordinal| rest.bytes(ordinal)), [Some(&b""[..]), Some(b"two!"), Some(b"")]);
        for length in 0..bytes.len() {
            assert!(Block::new(&bytes[..length]).is_none(), "{length}");
        }
    }
}
