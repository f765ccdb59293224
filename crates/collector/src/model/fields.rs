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

/// What a field has, by its type. [`Fields`] skips what has no length; this is for whoever wants each.
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

/// The next field and its number, none at the end. An outer none where prost would have to say why.
#[inline]
pub fn field<'a>(bytes: &mut &'a [u8]) -> Option<Option<(u32, Value<'a>)>> {
    if bytes.is_empty() {
        return Some(None);
    }
    let key = u32::try_from(varint(bytes)?).ok()?;
    let number = key >> 3;
    let value = match key & 7 {
        _ if number == 0 => return None,
        0 => Value::Varint(varint(bytes)?),
        1 => Value::Fixed64(u64::from_le_bytes(*take(bytes)?)),
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (content, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Value::Bytes(content)
        }
        5 => take::<4>(bytes).map(|_| Value::Fixed32)?,
        _ => return None,
    };
    Some(Some((number, value)))
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    // Nearly all are below 128.
    if let Some((first, rest)) = bytes.split_first()
        && *first < 0x80
    {
        *bytes = rest;
        return Some(u64::from(*first));
    }
    decode_varint(bytes).ok()
}

#[inline]
fn take<'a, const LENGTH: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; LENGTH]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}
