//! The form of a block before: the spans of one resource and scope, which were there without their schema URLs.
//!
//! Numbers in little endian: when it arrived (8 bytes, ms since 1970), how many spans, the lengths of the resource and of the scope
//! (4 bytes each), where each span ends (4 bytes each), the resource, the scope, the spans.

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource};
use prost::Message;

use crate::model::Part;

pub struct Block<'a> {
    pub arrival: u64,
    pub origin: [&'a [u8]; 2],
    pub ends: &'a [[u8; 4]],
    pub spans: &'a [u8],
}

impl<'a> Block<'a> {
    /// None if this is no such block.
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
}

pub fn resource(bytes: &[u8]) -> Option<Part<Resource>> {
    Some(Part::<Resource>::new(Resource::decode(bytes).ok()?, String::new()))
}

pub fn scope(bytes: &[u8]) -> Option<Part<InstrumentationScope>> {
    Some(Part::<InstrumentationScope>::new(InstrumentationScope::decode(bytes).ok()?, String::new()))
}

/// A number of four bytes, and what follows it: so they are in both forms.
pub fn split_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}
