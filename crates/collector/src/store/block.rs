//! A block: encoded spans that arrived together, and once each the resources and scopes that they come from. The unit that is
//! written, read and removed.
//!
//! The form, numbers in little endian: when it arrived (7 bytes, ms since 1970) and the form's number (1 byte); how many spans, how
//! many parts and how many runs (4 bytes each); where each part ends; the runs (the first span, its resource and its scope, 4 bytes
//! each); where each span ends; the parts; the spans. A span keeps its ordinal for good: one that went has a length of 0 once the
//! block was written again. A block of the form before (`earlier`) is read as well.

use std::sync::Arc;

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource};

use super::earlier::{self, split_number};
use crate::model::{Part, Span};

/// How large a block may become, unless a single span is larger, or its origin: the database keeps one of this size in 64 KiB, and
/// one that is a little larger in 128.
pub const LIMIT: usize = (64 << 10) - 128;

const HEAD: usize = 8 + 3 * 4;
/// The number of this form. That of the form before is 0: no clock tells such a time.
const FORM: u8 = 2;
const ARRIVAL: usize = 7;
const RUN: usize = 12;

/// Where a span is in its block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub ordinal: u16,
    pub length: u32,
}

/// Which parts of its block a span comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts {
    pub resource: u32,
    pub scope: u32,
}

/// A block that grows.
#[derive(Debug, Default)]
pub struct Writer {
    part_ends: Vec<u32>,
    parts: Vec<u8>,
    runs: Vec<(u32, Parts)>,
    ends: Vec<u32>,
    spans: Vec<u8>,
}

impl Writer {
    /// The number of a part that is new.
    pub fn part(&mut self, bytes: &[u8]) -> u32 {
        self.parts.extend_from_slice(bytes);
        self.part_ends.push(number(self.parts.len()));
        number(self.part_ends.len() - 1)
    }

    /// Appends an encoded span.
    pub fn push(&mut self, encoded: &[u8], of: Parts) -> Place {
        if self.runs.last().is_none_or(|(_, last)| *last != of) {
            self.runs.push((number(self.ends.len()), of));
        }
        // Who heeds `has_room` has no more spans than that.
        let ordinal = u16::try_from(self.ends.len()).unwrap_or(u16::MAX);
        self.spans.extend_from_slice(encoded);
        self.ends.push(number(self.spans.len()));
        Place { ordinal, length: number(encoded.len()) }
    }

    /// What the block takes beside its spans.
    pub fn overhead(&self) -> usize {
        HEAD + 4 * (self.ends.len() + self.part_ends.len()) + RUN * self.runs.len() + self.parts.len()
    }

    /// Whether so much more makes it no larger than it may be. Of the parts of what comes, `again` bytes are here already: they would
    /// be repeated in another block, so a block may have as much again beside them.
    pub fn has_room(&self, more: usize, again: usize) -> bool {
        let size = self.overhead() + self.spans.len() + more + 4 + RUN;
        self.ends.is_empty() || self.ends.len() < usize::from(u16::MAX) && (size <= LIMIT || size - again <= again)
    }

    pub fn finish(&self, arrival: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.overhead() + self.spans.len());
        bytes.extend_from_slice(&head(arrival));
        let mut push = |number: u32| bytes.extend_from_slice(&number.to_le_bytes());
        [self.ends.len(), self.part_ends.len(), self.runs.len()].map(number).into_iter().for_each(&mut push);
        self.part_ends.iter().copied().for_each(&mut push);
        for (first, Parts { resource, scope }) in &self.runs {
            [*first, *resource, *scope].into_iter().for_each(&mut push);
        }
        self.ends.iter().copied().for_each(&mut push);
        bytes.extend_from_slice(&self.parts);
        bytes.extend_from_slice(&self.spans);
        bytes
    }
}

fn head(arrival: u64) -> [u8; 8] {
    let mut head = arrival.to_le_bytes();
    head[ARRIVAL] = FORM;
    head
}

/// Bodies are smaller than 4 GiB, and so is what comes of them.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// When the block arrived, written into a block that is finished.
pub fn set_arrival(block: &mut [u8], arrival: u64) {
    if let Some(place) = block.first_chunk_mut() {
        *place = head(arrival);
    }
}

/// When it arrived, as every block begins, whatever is in it.
pub fn arrival(block: &[u8]) -> Option<u64> {
    let mut arrival = *block.first_chunk()?;
    // The form's number stands there.
    arrival[ARRIVAL] = 0;
    Some(u64::from_le_bytes(arrival))
}

/// A look into the bytes of a block.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    pub arrival: u64,
    parts: Shared<'a>,
    ends: &'a [[u8; 4]],
    spans: &'a [u8],
}

/// What the spans of a block share.
#[derive(Debug, Clone, Copy)]
enum Shared<'a> {
    Parts {
        ends: &'a [[u8; 4]],
        runs: &'a [[u8; RUN]],
        bytes: &'a [u8],
    },
    /// One resource and one scope, in the form before.
    Earlier([&'a [u8]; 2]),
}

impl<'a> Block<'a> {
    /// None if this is no block.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.get(ARRIVAL) == Some(&0) {
            let earlier::Block { arrival, origin, ends, spans } = earlier::Block::new(bytes)?;
            return Some(Self { arrival, parts: Shared::Earlier(origin), ends, spans });
        }
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let mut arrival = *head;
        if std::mem::take(&mut arrival[ARRIVAL]) != FORM {
            return None;
        }
        let (count, rest) = split_number(rest)?;
        let (parts, rest) = split_number(rest)?;
        let (runs, rest) = split_number(rest)?;
        let (part_ends, rest) = rest.split_at_checked(parts.checked_mul(4)?)?;
        let (runs, rest) = rest.split_at_checked(runs.checked_mul(RUN)?)?;
        let (ends, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
        let (part_ends, runs, ends) = (part_ends.as_chunks().0, runs.as_chunks().0, ends.as_chunks().0);
        let (parts, spans) = rest.split_at_checked(end(part_ends, part_ends.len())?)?;
        let whole = end(ends, ends.len())? == spans.len() && !ends.is_empty();
        let parts = Shared::Parts { ends: part_ends, runs, bytes: parts };
        whole.then_some(Self { arrival: u64::from_le_bytes(arrival), parts, ends, spans })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// What it takes beside its spans.
    pub fn overhead(&self, size: usize) -> usize {
        size - self.spans.len()
    }

    /// Where a span comes from; none if the block is damaged.
    pub fn parts(&self, ordinal: usize) -> Option<Parts> {
        let Shared::Parts { runs, .. } = self.parts else { return Some(Parts { resource: 0, scope: 1 }) };
        let after = runs.partition_point(|run| number_at(run, 0) as usize <= ordinal);
        let run = runs.get(after.checked_sub(1)?)?;
        Some(Parts { resource: number_at(run, 4), scope: number_at(run, 8) })
    }

    pub fn resource(&self, number: u32) -> Option<Part<Resource>> {
        match self.parts {
            Shared::Parts { .. } => Part::<Resource>::decode(self.part(number)?),
            Shared::Earlier([resource, _]) => earlier::resource(resource),
        }
    }

    pub fn scope(&self, number: u32) -> Option<Part<InstrumentationScope>> {
        match self.parts {
            Shared::Parts { .. } => Part::<InstrumentationScope>::decode(self.part(number)?),
            Shared::Earlier([_, scope]) => earlier::scope(scope),
        }
    }

    /// What tells parts with different content apart.
    pub fn part_key(&self, number: u32) -> Option<&'a [u8]> {
        match self.parts {
            Shared::Parts { .. } => self.part(number),
            Shared::Earlier(origin) => origin.get(number as usize).copied(),
        }
    }

    fn part(&self, number: u32) -> Option<&'a [u8]> {
        let Shared::Parts { ends, bytes, .. } = self.parts else { return None };
        bytes.get(end(ends, number as usize)?..end(ends, number as usize + 1)?)
    }

    /// Empty for a span that went; none if the block has no such place.
    pub fn bytes(&self, ordinal: usize) -> Option<&'a [u8]> {
        self.spans.get(end(self.ends, ordinal)?..end(self.ends, ordinal + 1)?)
    }

    pub fn span(&self, ordinal: usize, origin: &Arc<crate::model::Origin>) -> Option<Span> {
        Span::decode(self.bytes(ordinal)?, origin)
    }

    /// The same block with these spans only, each at its place, and what they come from. None if it is damaged.
    pub fn only(&self, stays: impl Fn(usize) -> bool) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        let mut numbers = std::collections::HashMap::new();
        let mut of = Parts { resource: 0, scope: 0 };
        for ordinal in 0..self.len() {
            let bytes = self.bytes(ordinal).filter(|_| stays(ordinal)).unwrap_or_default();
            if !bytes.is_empty() {
                let Parts { resource, scope } = self.parts(ordinal)?;
                let resource = match numbers.get(&(resource, true)) {
                    Some(known) => *known,
                    None => {
                        let written = writer.part(self.resource(resource)?.bytes());
                        *numbers.entry((resource, true)).or_insert(written)
                    }
                };
                let scope = match numbers.get(&(scope, false)) {
                    Some(known) => *known,
                    None => {
                        let written = writer.part(self.scope(scope)?.bytes());
                        *numbers.entry((scope, false)).or_insert(written)
                    }
                };
                of = Parts { resource, scope };
            }
            writer.push(bytes, of);
        }
        Some(writer.finish(self.arrival))
    }
}

/// Where the first so many end.
fn end(ends: &[[u8; 4]], count: usize) -> Option<usize> {
    match count.checked_sub(1) {
        None => Some(0),
        Some(last) => ends.get(last).map(|end| u32::from_le_bytes(*end) as usize),
    }
}

fn number_at(run: &[u8; RUN], at: usize) -> u32 {
    run.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |number| u32::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Parts = Parts { resource: 0, scope: 1 };

    #[test]
    fn a_large_origin_is_not_written_with_each_span() {
        for (origin, spans) in [(0, LIMIT), (1_000, LIMIT - 1_000), (LIMIT - 10, LIMIT - 10), (5 * LIMIT, 5 * LIMIT)] {
            let mut writer = Writer::default();
            writer.part(&vec![0; origin]);
            writer.part(&[]);
            let again = |writer: &Writer| if writer.ends.is_empty() { 0 } else { origin };
            while writer.has_room(100, again(&writer)) {
                writer.push(&[0; 100], ONE);
            }
            let written = writer.finish(0).len() - writer.overhead();
            assert!(written <= spans && written + spans / 20 + 200 > spans, "{origin}: {written} bytes of spans");
        }
    }

    #[test]
    fn many_large_origins_are_not_in_one_block() {
        let mut writer = Writer::default();
        writer.part(&vec![0; LIMIT]);
        writer.push(&[0; 10], ONE);
        assert!(!writer.has_room(LIMIT, 0) && writer.has_room(100, LIMIT));
    }

    #[test]
    fn spans_keep_their_places_and_their_parts() {
        let mut writer = Writer::default();
        let [resource, scope, other] = [&b"\x1a\x01r"[..], b"\x1a\x01s", b"\x1a\x01t"].map(|part| writer.part(part));
        let (first, second) = (Parts { resource, scope }, Parts { resource, scope: other });
        for (bytes, of) in [(&b"one"[..], first), (b"two!", second), (b"three", second)] {
            assert_eq!(writer.push(bytes, of).length as usize, bytes.len());
        }
        let mut bytes = writer.finish(7);
        assert_eq!(bytes.len(), writer.overhead() + 12);
        set_arrival(&mut bytes, 8);
        let block = Block::new(&bytes).unwrap();
        assert_eq!([0, 1, 2].map(|ordinal| block.parts(ordinal).unwrap()), [first, second, second]);
        assert_eq!((block.arrival, block.overhead(bytes.len())), (8, writer.overhead()));
        let only = block.only(|ordinal| ordinal == 1).unwrap();
        let rest = Block::new(&only).unwrap();
        let of = rest.parts(1).unwrap();
        assert_eq!((rest.arrival, rest.len(), rest.scope(of.scope).unwrap().schema_url.as_str()), (8, 3, "t"));
        assert_eq!(rest.resource(of.resource).unwrap().schema_url, "r");
        assert!(only.len() < bytes.len() - 8, "what no span comes from is gone");
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
