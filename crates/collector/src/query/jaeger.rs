//! A trace as Jaeger's UI model has it: times in whole microseconds, and everything of OpenTelemetry that Jaeger has no field
//! for as tags with the names that Jaeger gives them.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv4Addr,
    sync::Arc,
};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value as AnyValue},
    trace::v1::span::{Event, Link},
};
use serde_json::{Map, Value, json};

use super::answer::Elements;
use crate::model::{Origin, Span, SpanId, TraceId, display, double, tags};

/// The trace in JSON. Spans for which there is no room are left out, and a warning of the trace says so.
pub fn trace(id: TraceId, spans: &[Arc<Span>], room: usize) -> String {
    let mut processes = Processes::default();
    let ids: HashSet<SpanId> = spans.iter().map(|span| span.id).collect();
    let mut written = Elements::default();
    let fit = spans.iter().take_while(|one| written.push(&span(one, &processes.id(&one.origin), &ids), room)).count();
    let warnings = match spans.len() {
        all if all == fit => Value::Null,
        all => json!([format!("only the first {fit} of {all} spans are here: the answer would be too large")]),
    };
    format!(
        r#"{{"traceID":"{}","spans":[{}],"processes":{},"warnings":{warnings}}}"#,
        trace_id(id),
        written.text,
        Value::from(processes.json()),
    )
}

/// Jaeger writes 16 digits where they are enough.
pub fn trace_id(id: TraceId) -> String {
    let digits = id.to_string();
    digits.strip_prefix("0000000000000000").map(str::to_owned).unwrap_or(digits)
}

fn span(span: &Span, process: &str, ids: &HashSet<SpanId>) -> Value {
    json!({
        "traceID": trace_id(span.trace_id),
        "spanID": span.id.to_string(),
        "operationName": span.name,
        "references": references(span),
        "startTime": span.start / 1_000,
        "duration": span.duration() / 1_000,
        "tags": span_tags(span),
        "logs": span.events.iter().map(log).collect::<Vec<_>>(),
        "processID": process,
        "warnings": warnings(span, ids),
    })
}

/// Null when there is nothing to warn of.
fn warnings(span: &Span, ids: &HashSet<SpanId>) -> Value {
    let missing = span.parent.filter(|parent| !ids.contains(parent));
    let missing = missing.map(|parent| format!("invalid parent span IDs={parent}; it is not in the trace"));
    let backwards =
        span.ends_before_start().then(|| "the span ends before it starts; its duration is shown as 0".into());
    match missing.into_iter().chain(backwards).collect::<Vec<_>>() {
        none if none.is_empty() => Value::Null,
        some => some.into(),
    }
}

/// The parent, then the links. A link that names no trace refers to nothing.
fn references(span: &Span) -> Vec<Value> {
    let parent = span.parent.map(|parent| reference("CHILD_OF", span.trace_id, &parent.to_string()));
    let links = span.links.iter().filter_map(|link| {
        let id = SpanId::from_bytes(&link.span_id).map_or_else(|| "0".repeat(16), |id| id.to_string());
        Some(reference(link_type(link), TraceId::from_bytes(&link.trace_id)?, &id))
    });
    parent.into_iter().chain(links).collect()
}

fn reference(kind: &str, trace: TraceId, span: &str) -> Value {
    json!({ "refType": kind, "traceID": trace_id(trace), "spanID": span })
}

/// An attribute may say that the link is a parent, which is how OpenTracing's further parents are kept.
fn link_type(link: &Link) -> &'static str {
    let named = link.attributes.iter().find(|attribute| attribute.key == "opentracing.ref_type");
    match named.map(|attribute| display(attribute.value.as_ref())).as_deref() {
        Some("child_of") => "CHILD_OF",
        _ => "FOLLOWS_FROM",
    }
}

fn span_tags(span: &Span) -> Vec<Value> {
    let mut list = Vec::with_capacity(span.attributes.len() + 8);
    tags::leading(span).iter().for_each(|(key, text)| push_text(&mut list, key, text));
    list.extend(span.attributes.iter().map(tag));
    for (key, text) in tags::trailing(span) {
        match key {
            tags::ERROR if !text.is_empty() => list.push(json!({ "key": key, "type": "bool", "value": true })),
            _ => push_text(&mut list, key, text),
        }
    }
    list
}

/// A tag with a text, unless the text is empty.
fn push_text(tags: &mut Vec<Value>, key: &str, text: &str) {
    if !text.is_empty() {
        tags.push(json!({ "key": key, "type": "string", "value": text }));
    }
}

/// Tags in which older tracers have an address as a number; it is shown as people write it.
const IP_TAGS: [&str; 2] = ["ip", "peer.ipv4"];

fn tag(attribute: &KeyValue) -> Value {
    let (kind, value) = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(AnyValue::BoolValue(value)) => ("bool", Value::from(*value)),
        Some(AnyValue::IntValue(value)) if IP_TAGS.contains(&attribute.key.as_str()) => {
            ("string", Ipv4Addr::from_bits(*value as u32).to_string().into())
        }
        Some(AnyValue::IntValue(value)) => ("int64", int(*value)),
        Some(AnyValue::DoubleValue(value)) => ("float64", double(*value)),
        _ => ("string", display(attribute.value.as_ref()).into()),
    };
    json!({ "key": attribute.key, "type": kind, "value": value })
}

/// JavaScript reads numbers exactly only up to 2^53-1: larger ones are strings, as Jaeger has them.
fn int(value: i64) -> Value {
    const EXACT: u64 = (1 << 53) - 1;
    if value.unsigned_abs() > EXACT { value.to_string().into() } else { value.into() }
}

/// The event's name first, then the fields by key.
fn log(event: &Event) -> Value {
    let mut fields = Vec::with_capacity(event.attributes.len() + 1);
    push_text(&mut fields, tags::EVENT, tags::event_name(event).unwrap_or_default());
    let mut attributes: Vec<_> = event.attributes.iter().collect();
    attributes.sort_by_key(|attribute| (attribute.key != tags::EVENT, &attribute.key));
    fields.extend(attributes.into_iter().map(tag));
    json!({ "timestamp": event.time_unix_nano / 1_000, "fields": fields })
}

/// The different resources of a trace, as p1, p2 and so on.
#[derive(Default)]
struct Processes<'a> {
    list: Vec<&'a Origin>,
    by_origin: HashMap<*const Origin, usize>,
}

/// With how many resources a new one is compared; spans that share their origin need no comparison. A bound on what a trace
/// full of different resources costs.
const COMPARED: usize = 16;

impl<'a> Processes<'a> {
    fn id(&mut self, origin: &'a Arc<Origin>) -> String {
        let Self { list, by_origin } = self;
        let index = *by_origin.entry(Arc::as_ptr(origin)).or_insert_with(|| {
            let recent = list.iter().enumerate().rev().take(COMPARED);
            let same = recent.filter(|(_, known)| known.resource == origin.resource).map(|(index, _)| index).next();
            same.unwrap_or_else(|| {
                list.push(origin);
                list.len() - 1
            })
        });
        format!("p{}", index + 1)
    }

    fn json(self) -> Map<String, Value> {
        let process = |(index, origin): (usize, &Origin)| {
            let mut attributes: Vec<_> = tags::process(origin).collect();
            attributes.sort_by_key(|attribute| &attribute.key);
            let tags: Vec<Value> = attributes.into_iter().map(tag).collect();
            (format!("p{}", index + 1), json!({ "serviceName": &*origin.service, "tags": tags }))
        };
        self.list.into_iter().enumerate().map(process).collect()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1 as proto;

    use super::*;

    #[test]
    fn a_trace_that_is_too_large_is_cut_and_says_so() {
        let origin = Arc::new(Origin::new(Default::default(), Default::default()));
        let spans: Vec<_> = (1..=9)
            .map(|id| {
                let span = proto::Span { trace_id: vec![1; 16], span_id: vec![id; 8], ..Default::default() };
                Arc::new(Span::new(span, &origin).unwrap())
            })
            .collect();
        let id = spans[0].trace_id;
        let whole = trace(id, &spans, usize::MAX);
        let one: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!((one["spans"].as_array().map(Vec::len), &one["warnings"]), (Some(9), &Value::Null));
        let cut: Value = serde_json::from_str(&trace(id, &spans, whole.len() / 2)).unwrap();
        assert_eq!(cut["spans"].as_array().map(Vec::len), Some(4));
        assert!(cut["warnings"][0].as_str().unwrap().starts_with("only the first 4 of 9 spans"), "{}", cut["warnings"]);
    }
}
