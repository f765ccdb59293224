//! The fields of a message in protobuf, found without reading what is in them, and appended without writing a message.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub number: u32,
    /// With its number and length.
    pub whole: &'a [u8],
    /// What is in it, if it has a length.
    pub content: Option<&'a [u8]>,
}

/// The fields of a message, in order. An error is the last one.
#[derive(Debug, Clone)]
pub struct Fields<'a>(pub &'a [u8]);

/// The message ends in the middle of a field, or has something that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Broken))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<Field<'a>> {
        let all = self.0;
        let mut rest = all;
        let (number, wire_type) = decode_key(&mut rest).ok()?;
        let content = if wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            let (content, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(content)
        } else {
            skip_field(wire_type, number, &mut rest, DecodeContext::default()).ok()?;
            None
        };
        self.0 = rest;
        Some(Field { number, whole: all.get(..all.len() - rest.len())?, content })
    }
}

/// Appends a field that has a length to the bytes of a message.
pub fn append_field(number: u32, content: &[u8], to: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, to);
    encode_varint(content.len() as u64, to);
    to.extend_from_slice(content);
}
