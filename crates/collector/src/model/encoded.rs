//! Spans and origins as bytes, and back: the protobuf that OTLP has for them, so that nothing of them is lost.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1 as proto;
use prost::Message;

use super::{Origin, Span, members};

impl Span {
    /// Appends the span without its origin, and gives its name back.
    #[cfg(test)]
    pub fn encode(self, bytes: &mut Vec<u8>) -> String {
        let status = proto::Status { code: self.status, message: self.status_message };
        let span = proto::Span {
            trace_id: self.trace_id.as_bytes().to_vec(),
            span_id: self.id.as_bytes().to_vec(),
            parent_span_id: self.parent.map_or_else(Vec::new, |parent| parent.as_bytes().to_vec()),
            name: self.name,
            kind: self.kind,
            trace_state: self.trace_state,
            start_time_unix_nano: self.start,
            end_time_unix_nano: self.end,
            attributes: self.attributes,
            events: self.events,
            links: self.links,
            status: (status != proto::Status::default()).then_some(status),
            dropped_attributes_count: self.dropped.attributes,
            dropped_events_count: self.dropped.events,
            dropped_links_count: self.dropped.links,
            flags: self.flags,
        };
        bytes.reserve(span.encoded_len());
        span.encode_raw(bytes);
        if let Some(text) = self.members {
            members::append(&text, bytes);
        }
        span.name
    }

    /// None if these are not the bytes of a span.
    pub fn decode(bytes: &[u8], origin: &Arc<Origin>) -> Option<Self> {
        let span = Self::new(proto::Span::decode(bytes).ok()?, origin).ok()?;
        Some(Self { members: members::find(bytes).map(Into::into), ..span })
    }
}

impl Origin {
    /// The bytes of the resource and of the scope, with what stands beside them.
    #[cfg(test)]
    pub fn encode(&self) -> [Vec<u8>; 2] {
        [self.resource.bytes().to_vec(), self.scope.bytes().to_vec()]
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value},
        resource::v1::Resource,
        trace::v1::{
            Status,
            span::{Event, Link},
            status::StatusCode,
        },
    };

    use super::*;
    use crate::model::Part;

    #[test]
    fn everything_comes_back() {
        let list = ArrayValue {
            values: [Value::DoubleValue(-0.5), Value::BytesValue(vec![0, 255]), Value::StringValue("é".into())]
                .map(|value| AnyValue { value: Some(value) })
                .into(),
        };
        let attributes = vec![
            KeyValue {
                key: "list".into(),
                value: Some(AnyValue { value: Some(Value::ArrayValue(list)) }),
                ..Default::default()
            },
            KeyValue { key: "none".into(), ..Default::default() },
        ];
        let event =
            Event { time_unix_nano: 1, name: "e".into(), attributes: attributes.clone(), dropped_attributes_count: 2 };
        let link = Link { trace_id: vec![1; 16], span_id: vec![2; 8], flags: 1, ..Default::default() };
        let resource = Resource { attributes: attributes.clone(), ..Default::default() };
        let scope = InstrumentationScope { name: "lib".into(), attributes: attributes.clone(), ..Default::default() };
        let origin = Arc::new(Origin::new(resource, scope));
        let span = proto::Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            parent_span_id: vec![3; 8],
            name: "name".into(),
            kind: 3,
            trace_state: "a=b".into(),
            start_time_unix_nano: u64::MAX,
            end_time_unix_nano: 1,
            attributes,
            events: vec![event],
            links: vec![link],
            status: Some(Status { code: StatusCode::Error.into(), message: "why".into() }),
            dropped_attributes_count: 1,
            dropped_events_count: 2,
            dropped_links_count: 3,
            flags: 0x301,
        };
        let span = Span::new(span, &origin).unwrap();
        let mut bytes = b"before".to_vec();
        assert_eq!(span.clone().encode(&mut bytes), "name");
        let [resource, scope] = origin.encode();
        let resource = Arc::new(Part::<Resource>::decode(&resource).unwrap());
        let origin = Arc::new(Origin::of(resource, Part::<InstrumentationScope>::decode(&scope).unwrap().into()));
        assert_eq!(Span::decode(&bytes[6..], &origin).unwrap(), span);
        assert!(Span::decode(&bytes[7..], &origin).is_none());
    }
}
