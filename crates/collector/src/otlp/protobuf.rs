//! Reads an OTLP/HTTP protobuf body: by prost, after a look at how much memory it will take.
//!
//! prost has no bound on that. So a first walk over the body finds the messages that lists will hold, by their field
//! numbers; it reads no values and allocates nothing. What it cannot follow, prost refuses at the same place.

use std::mem::size_of;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue},
    trace::v1::{
        ResourceSpans, ScopeSpans, Span,
        span::{Event, Link},
    },
};
use prost::{
    DecodeError, Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use super::budget::{Budget, DEPTH};

pub fn read_traces(body: &[u8], budget: &Budget) -> Result<ExportTraceServiceRequest, DecodeError> {
    let _ = weigh(body, Kind::Request, budget, DEPTH);
    // Who exceeds the budget is not decoded; the caller asks the budget, and has the words.
    if budget.is_exhausted() {
        Ok(ExportTraceServiceRequest::default())
    } else {
        ExportTraceServiceRequest::decode(body)
    }
}

/// The messages that hold lists, or are held by one.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Request,
    ResourceSpans,
    Resource,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    KeyValue,
    /// A value, in an attribute.
    Value,
    /// A value in a list, and so with a size of its own.
    Element,
    Array,
    Map,
}

impl Kind {
    /// The message that a field of this one holds. The numbers are those of the .proto files.
    fn part(self, field: u32) -> Option<Self> {
        Some(match (self, field) {
            (Self::Request, 1) => Self::ResourceSpans,
            (Self::ResourceSpans, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::ScopeSpans, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Resource, 1) | (Self::Scope, 3) | (Self::Span, 9) | (Self::Event, 3) | (Self::Link, 4) => {
                Self::KeyValue
            }
            (Self::KeyValue, 2) => Self::Value,
            (Self::Value | Self::Element, 5) => Self::Array,
            (Self::Value | Self::Element, 6) => Self::Map,
            (Self::Array, 1) => Self::Element,
            (Self::Map, 1) => Self::KeyValue,
            _ => return None,
        })
    }

    /// What it takes in the list that holds it; nothing if it is part of what holds it.
    fn size(self) -> usize {
        match self {
            Self::ResourceSpans => size_of::<ResourceSpans>(),
            Self::ScopeSpans => size_of::<ScopeSpans>(),
            Self::Span => size_of::<Span>(),
            Self::Event => size_of::<Event>(),
            Self::Link => size_of::<Link>(),
            Self::KeyValue => size_of::<KeyValue>(),
            Self::Element => size_of::<AnyValue>(),
            Self::Request | Self::Resource | Self::Scope | Self::Value | Self::Array | Self::Map => 0,
        }
    }
}

/// None where it ends before the body does.
fn weigh(mut body: &[u8], kind: Kind, budget: &Budget, depth: usize) -> Option<()> {
    while !body.is_empty() {
        let (field, wire_type) = decode_key(&mut body).ok()?;
        match kind.part(field).filter(|_| wire_type == WireType::LengthDelimited) {
            Some(part) => {
                let length = usize::try_from(decode_varint(&mut body).ok()?).ok()?;
                let (message, rest) = body.split_at_checked(length)?;
                body = rest;
                if !budget.take(part.size()) {
                    return None;
                }
                weigh(message, part, budget, depth.checked_sub(1)?)?;
            }
            None => skip_field(wire_type, field, &mut body, DecodeContext::default()).ok()?,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::{ArrayValue, InstrumentationScope, KeyValueList, any_value::Value},
        resource::v1::Resource,
    };

    use super::*;

    fn attribute(value: Value) -> KeyValue {
        KeyValue { key: "k".into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
    }

    #[test]
    fn every_list_is_weighed() {
        let one = || vec![attribute(Value::IntValue(1))];
        let array = Value::ArrayValue(ArrayValue { values: vec![AnyValue::default(); 3] });
        let map = Value::KvlistValue(KeyValueList { values: one() });
        let spans = vec![
            Span {
                attributes: vec![attribute(array), attribute(map)],
                events: vec![Event { attributes: one(), ..Default::default() }],
                links: vec![Link { attributes: one(), ..Default::default() }],
                ..Default::default()
            },
            Span::default(),
        ];
        let scope = Some(InstrumentationScope { attributes: one(), ..Default::default() });
        let resource = Some(Resource { attributes: one(), ..Default::default() });
        let scope_spans = vec![ScopeSpans { scope, spans, ..Default::default() }];
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, ..Default::default() }],
        };
        let bytes = request.encode_to_vec();
        let weight = size_of::<ResourceSpans>()
            + size_of::<ScopeSpans>()
            + 2 * size_of::<Span>()
            + size_of::<Event>()
            + size_of::<Link>()
            + 7 * size_of::<KeyValue>()
            + 3 * size_of::<AnyValue>();
        let enough = Budget::new(weight);
        assert_eq!(read_traces(&bytes, &enough).unwrap(), request);
        assert!(!enough.is_exhausted());
        let short = Budget::new(weight - 1);
        assert_eq!(read_traces(&bytes, &short).unwrap(), ExportTraceServiceRequest::default());
        assert!(short.is_exhausted());
    }

    #[test]
    fn unknown_fields_and_groups_hide_nothing() {
        // Field 9 as a number, field 10 as a group with a number in it, then two empty resource spans.
        let bytes = [0x48, 1, 0x53, 0x08, 1, 0x54, 0x0a, 0, 0x0a, 0];
        let budget = Budget::new(2 * size_of::<ResourceSpans>() - 1);
        let _ = read_traces(&bytes, &budget);
        assert!(budget.is_exhausted());
        assert_eq!(read_traces(&bytes, &Budget::new(usize::MAX)).unwrap().resource_spans.len(), 2);
    }
}
