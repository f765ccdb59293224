//! How much memory a span takes, near enough to bound the store by it: what is on the heap, counted by length.

use std::mem::size_of;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::span::{Event, Link},
};

use super::{Origin, Span};

/// What the signature of its trace has of each attribute, by which it is searched.
const SIGNATURE: usize = 8;

/// The span without its origin.
pub fn span_bytes(span: &Span) -> usize {
    // The second size is that of the indexes that lead to it, without the signature of its attributes.
    let fixed = size_of::<Span>() + 128;
    let events = span.events.iter().map(|event| size_of::<Event>() + event.name.len() + attributes(&event.attributes));
    let links =
        span.links.iter().map(|link| size_of::<Link>() + 24 + link.trace_state.len() + attributes(&link.attributes));
    let text = span.name.len() + span.trace_state.len() + span.status_message.len();
    fixed + text + attributes(&span.attributes) + events.sum::<usize>() + links.sum::<usize>()
}

pub fn origin_bytes(origin: &Origin) -> usize {
    let scope = &origin.scope;
    let text = origin.service.len() + scope.name.len() + scope.version.len();
    size_of::<Origin>() + text + attributes(&origin.resource.attributes) + attributes(&scope.attributes)
}

fn attributes(list: &[KeyValue]) -> usize {
    list.iter()
        .map(|attribute| {
            size_of::<KeyValue>() + SIGNATURE + attribute.key.len() + attribute.value.as_ref().map_or(0, heap)
        })
        .sum()
}

/// The recursion is as deep as the value, which the readers bound.
fn heap(value: &AnyValue) -> usize {
    match &value.value {
        Some(Value::StringValue(text)) => text.len(),
        Some(Value::BytesValue(bytes)) => bytes.len(),
        Some(Value::ArrayValue(array)) => array.values.iter().map(|value| size_of::<AnyValue>() + heap(value)).sum(),
        Some(Value::KvlistValue(list)) => attributes(&list.values),
        Some(Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_) | Value::StringValueStrindex(_))
        | None => 0,
    }
}
