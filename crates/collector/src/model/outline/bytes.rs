//! An outline from a span's bytes.
//!
//! In: the protobuf of a span. Out: its ids, times, name and tags, exactly as they would be found in the message; or nothing, where the
//! bytes have something that only prost can judge (a text that is no UTF-8, a field of another type, lists and maps in attributes).
//! Then whoever asks decodes the span, and makes the outline from that.

use std::fmt::Write;

use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};

use super::{
    super::{
        SpanId, TraceId,
        fields::{Value, field},
        members, tags, value,
    },
    Outline, Tags,
};

impl<'a> Outline<'a> {
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
            // Ids of another length are not for a glance to judge.
            (1, Value::Bytes(id)) if matches!(id.len(), 0 | 16) => {}
            (2, Value::Bytes(id)) if matches!(id.len(), 0 | 8) => {}
            (5, Value::Varint(_)) | (6, Value::Fixed32) => {}
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
    use crate::{
        ingest::json::tests::generated,
        model::{Origin, Span},
    };

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
