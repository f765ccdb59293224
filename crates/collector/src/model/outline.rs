//! What the index has of a span, read from the span's bytes without making a message of them.
//!
//! In: the protobuf of a span. Out: its ids, times, name and tags, exactly as they would be found in the message; or nothing, where the
//! bytes have something that only prost can judge (a text that is no UTF-8, a field of another type, lists and maps in attributes).
//! Then whoever asks decodes the span, and makes the outline from that.

use std::fmt::Write;

use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use prost::encoding::decode_varint;

use super::{Span, SpanId, TraceId, members, tags, value};

/// What is in the index of a span, beside where it comes from and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outline<'a> {
    pub trace_id: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub name: &'a str,
    pub kind: SpanKind,
    pub start: u64,
    pub end: u64,
    pub is_error: bool,
    pub tags: &'a Tags,
}

/// Keys and texts of tags, in one piece of memory that is used again for the next span.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tags {
    text: String,
    /// Where each key ends, and its text.
    ends: Vec<(usize, usize)>,
}

impl Tags {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |(key, end)| {
            let begin = std::mem::replace(&mut begin, *end);
            (self.text.get(begin..*key).unwrap_or_default(), self.text.get(*key..*end).unwrap_or_default())
        })
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, key: &str, text: &str) {
        self.text.push_str(key);
        let key = self.text.len();
        self.text.push_str(text);
        self.ends.push((key, self.text.len()));
    }
}

impl<'a> Outline<'a> {
    /// Of a span that was decoded.
    pub fn of(span: &'a Span, tags: &'a mut Tags) -> Self {
        tags.clear();
        tags::each(span, None, |key, text| tags.push(key, text));
        Self {
            trace_id: span.trace_id,
            id: span.id,
            parent: span.parent,
            name: &span.name,
            kind: span.kind(),
            start: span.start,
            end: span.end,
            is_error: span.is_error(),
            tags,
        }
    }

    /// None if the bytes have to be decoded to tell, or have members beside what OTLP has.
    pub fn read(mut bytes: &'a [u8], tags: &'a mut Tags) -> Option<Self> {
        tags.clear();
        let (mut trace_id, mut id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        let (mut name, mut state, mut kind) = ("", "", 0);
        let (mut start, mut end) = (0, 0);
        let mut status = None;
        while let Some((number, value)) = field(&mut bytes)? {
            match (number, value) {
                (1, Value::Bytes(bytes)) => trace_id = bytes,
                (2, Value::Bytes(bytes)) => id = bytes,
                (3, Value::Bytes(bytes)) => state = text(bytes)?,
                (4, Value::Bytes(bytes)) => parent = bytes,
                (5, Value::Bytes(bytes)) => name = text(bytes)?,
                (6, Value::Varint(number)) => kind = number as i32,
                (7, Value::Fixed64(time)) => start = time,
                (8, Value::Fixed64(time)) => end = time,
                (9, Value::Bytes(bytes)) => drop(attribute(bytes, tags)?),
                (11, Value::Bytes(bytes)) => event(bytes, tags)?,
                (13, Value::Bytes(bytes)) => link(bytes, tags)?,
                (15, Value::Bytes(bytes)) if status.is_none() => status = Some(self::status(bytes)?),
                (10 | 12 | 14, Value::Varint(_)) | (16, Value::Fixed32) => {}
                (1..=16 | members::FIELD, _) => return None,
                _ => {}
            }
        }
        let parent = match parent {
            [] | [0, 0, 0, 0, 0, 0, 0, 0] => None,
            bytes => Some(SpanId::from_bytes(bytes)?),
        };
        let (code, message) = status.unwrap_or_default();
        let (kind, code) =
            (SpanKind::try_from(kind).unwrap_or_default(), StatusCode::try_from(code).unwrap_or_default());
        for (key, text) in tags::derived(kind, code, message, state) {
            if !text.is_empty() {
                tags.push(key, text);
            }
        }
        let (trace_id, id) = (TraceId::from_bytes(trace_id)?, SpanId::from_bytes(id)?);
        Some(Self { trace_id, id, parent, name, kind, start, end, is_error: code == StatusCode::Error, tags })
    }

    /// Kept all the same: its sender is told.
    pub fn ends_before_start(&self) -> bool {
        self.end < self.start
    }

    /// Whether both have the same, in whatever order their tags are.
    #[cfg(any(test, fuzzing))]
    pub fn is_same(&self, other: &Outline<'_>) -> bool {
        fn sorted(tags: &Tags) -> Vec<(&str, &str)> {
            let mut tags: Vec<_> = tags.iter().collect();
            tags.sort_unstable();
            tags
        }
        sorted(self.tags) == sorted(other.tags) && *self == Outline { tags: self.tags, ..*other }
    }
}

/// What a field has, by its type.
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

/// The next field and its number, none at the end. An outer none where prost would have to say why.
#[inline]
fn field<'a>(bytes: &mut &'a [u8]) -> Option<Option<(u32, Value<'a>)>> {
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

#[inline]
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Adds the tags of an attribute, and gives its key.
fn attribute<'a>(mut bytes: &'a [u8], tags: &mut Tags) -> Option<&'a str> {
    let (mut key, mut value) = ("", None);
    while let Some(field) = field(&mut bytes)? {
        match field {
            (1, Value::Bytes(bytes)) => key = text(bytes)?,
            (2, Value::Bytes(bytes)) if value.is_none() => value = Some(bytes),
            _ => return None,
        }
    }
    let mut bytes = value.unwrap_or_default();
    tags.text.push_str(key);
    let end_of_key = tags.text.len();
    let mut number = None;
    match field(&mut bytes)? {
        None => {}
        Some((1, Value::Bytes(bytes))) => tags.text.push_str(text(bytes)?),
        Some((2, Value::Varint(truth))) => tags.text.push_str(if truth == 0 { "false" } else { "true" }),
        Some((3, Value::Varint(value))) => drop(write!(tags.text, "{}", value as i64)),
        Some((4, Value::Fixed64(bits))) => {
            let double = f64::from_bits(bits);
            tags.text.push_str(&value::double_text(double));
            number = Some(double);
        }
        _ => return None,
    }
    // Of several values the last one would count.
    if !bytes.is_empty() {
        return None;
    }
    tags.ends.push((end_of_key, tags.text.len()));
    let shown = end_of_key..tags.text.len();
    if key == tags::SERVICE {
        let text = tags.text.get(shown.clone())?.to_owned();
        tags.push(tags::ANY_SERVICE, &text);
    }
    if let Some(short) = number.map(value::short_double)
        && tags.text.get(shown)? != short
    {
        tags.push(key, &short);
    }
    Some(key)
}

fn event(mut bytes: &[u8], tags: &mut Tags) -> Option<()> {
    let (mut name, mut is_named) = ("", false);
    while let Some(field) = field(&mut bytes)? {
        match field {
            (2, Value::Bytes(bytes)) => name = text(bytes)?,
            (3, Value::Bytes(bytes)) => is_named |= attribute(bytes, tags)? == tags::EVENT,
            (1, Value::Fixed64(_)) | (4, Value::Varint(_)) => {}
            _ => return None,
        }
    }
    if !name.is_empty() && !is_named {
        tags.push(tags::EVENT, name);
    }
    Some(())
}

fn link(mut bytes: &[u8], tags: &mut Tags) -> Option<()> {
    while let Some(field) = field(&mut bytes)? {
        match field {
            (3, Value::Bytes(bytes)) => drop(text(bytes)?),
            (4, Value::Bytes(bytes)) => drop(attribute(bytes, tags)?),
            (1 | 2, Value::Bytes(_)) | (5, Value::Varint(_)) | (6, Value::Fixed32) => {}
            _ => return None,
        }
    }
    Some(())
}

/// The code, by its number, and the message.
fn status(mut bytes: &[u8]) -> Option<(i32, &str)> {
    let (mut code, mut message) = (0, "");
    while let Some(field) = field(&mut bytes)? {
        match field {
            (2, Value::Bytes(bytes)) => message = text(bytes)?,
            (3, Value::Varint(number)) => code = number as i32,
            _ => return None,
        }
    }
    Some((code, message))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry_proto::tonic::{
        common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value as Any},
        resource::v1::Resource,
        trace::v1::{self as proto, span::Event, span::Link},
    };
    use proptest::{collection::vec, prelude::*, sample::Index};
    use prost::Message;

    use super::*;
    use crate::{ingest::json::tests::generated, model::Origin};

    fn origin() -> Arc<Origin> {
        Arc::new(Origin::new(Resource::default(), InstrumentationScope::default()))
    }

    /// Whether it is read from the bytes; then it is what the message has.
    fn is_read(bytes: &[u8]) -> bool {
        let mut tags = Tags::default();
        let Some(outline) = Outline::read(bytes, &mut tags) else { return false };
        let span = Span::decode(bytes, &origin()).expect("prost reads it as well");
        let mut expected = Tags::default();
        let expected = Outline::of(&span, &mut expected);
        assert!(outline.is_same(&expected), "{outline:?}, and not {expected:?}");
        true
    }

    fn attribute(key: &str, value: Option<Any>) -> KeyValue {
        KeyValue { key: key.into(), value: value.map(|value| AnyValue { value: Some(value) }), ..Default::default() }
    }

    fn span() -> proto::Span {
        let attributes = vec![
            attribute("text", Some(Any::StringValue("é".into()))),
            attribute("truth", Some(Any::BoolValue(true))),
            attribute("number", Some(Any::IntValue(-5))),
            attribute("double", Some(Any::DoubleValue(1.0 / 3.0))),
            attribute(tags::SERVICE, Some(Any::StringValue("of a span".into()))),
            attribute("none", None),
            attribute("", Some(Any::StringValue(String::new()))),
        ];
        let named = vec![attribute(tags::EVENT, Some(Any::StringValue("another".into())))];
        let event = |attributes: &[KeyValue]| Event {
            name: "event's".into(),
            time_unix_nano: 300,
            attributes: attributes.to_vec(),
            dropped_attributes_count: 300,
        };
        proto::Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            parent_span_id: vec![3; 8],
            trace_state: "a=b".into(),
            name: "x".repeat(300),
            kind: 3,
            start_time_unix_nano: u64::MAX,
            end_time_unix_nano: 1,
            events: vec![event(&attributes), event(&named), event(&[])],
            links: vec![Link { attributes: attributes.clone(), flags: 1, ..Default::default() }],
            attributes,
            status: Some(proto::Status { code: 2, message: "why".into() }),
            dropped_attributes_count: 300,
            flags: 0x301,
            ..Default::default()
        }
    }

    #[test]
    fn what_exporters_send_is_read_from_its_bytes() {
        assert!(is_read(&span().encode_to_vec()));
        assert!(is_read(&proto::Span { parent_span_id: vec![0; 8], kind: 99, status: None, ..span() }.encode_to_vec()));
        let unknown = [&span().encode_to_vec()[..], b"\xf8\x07\x05"].concat();
        assert!(is_read(&unknown), "a field that OTLP has not yet");
    }

    #[test]
    fn what_prost_has_to_judge_is_not() {
        let list = Any::ArrayValue(ArrayValue { values: vec![AnyValue::default()] });
        let others = [
            proto::Span { trace_id: vec![1; 15], ..span() },
            proto::Span { parent_span_id: vec![1; 9], ..span() },
            proto::Span { attributes: vec![attribute("list", Some(list))], ..span() },
        ];
        for other in others {
            assert!(!is_read(&other.encode_to_vec()), "{other:?}");
        }
        let whole = span().encode_to_vec();
        // A name that is no UTF-8, a name that is a number, a second status, the end of a group, half a field.
        for more in [&b"\x2a\x01\xff"[..], b"\x28\x01", b"\x7a\x00", b"\xfc\x07", b"\x2a"] {
            assert!(!is_read(&[&whole, more].concat()), "{more:?}");
        }
        let mut with_members = whole;
        members::append("[]", &mut with_members);
        assert!(!is_read(&with_members));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_what_the_message_has(
            request in generated::request(),
            changes in vec((any::<Index>(), any::<u8>()), 0..3),
        ) {
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            for span in scopes.flat_map(|scope| &scope.spans) {
                let mut bytes = span.encode_to_vec();
                is_read(&bytes);
                for (at, byte) in &changes {
                    let at = at.index(bytes.len().max(1));
                    bytes.get_mut(at).into_iter().for_each(|place| *place = *byte);
                    is_read(&bytes);
                }
            }
        }
    }
}
