//! A trace as Jaeger's UI model has it: times in whole microseconds, and everything of OpenTelemetry that Jaeger has no field
//! for as tags with the names that Jaeger gives them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value as AnyValue},
    trace::v1::{
        span::{Event, SpanKind},
        status::StatusCode,
    },
};
use serde_json::{Map, Value, json};

use crate::model::{Origin, Span, SpanId, TraceId, display, double};

pub fn trace(id: TraceId, spans: &[Arc<Span>]) -> Value {
    let mut processes = Processes::default();
    let ids: HashSet<SpanId> = spans.iter().map(|span| span.id).collect();
    let spans: Vec<Value> = spans.iter().map(|one| span(one, &processes.id(&one.origin), &ids)).collect();
    json!({ "traceID": id.to_string(), "spans": spans, "processes": processes.json(), "warnings": null })
}

fn span(span: &Span, process: &str, ids: &HashSet<SpanId>) -> Value {
    json!({
        "traceID": span.trace_id.to_string(),
        "spanID": span.id.to_string(),
        "operationName": span.name,
        "references": references(span),
        "startTime": span.start / 1_000,
        "duration": span.duration() / 1_000,
        "tags": tags(span),
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

/// The parent, then the links. A link whose ids are invalid refers to nothing.
fn references(span: &Span) -> Vec<Value> {
    let reference = |kind, trace: TraceId, span: SpanId| json!({ "refType": kind, "traceID": trace.to_string(), "spanID": span.to_string() });
    let parent = span.parent.map(|parent| reference("CHILD_OF", span.trace_id, parent));
    let links = span.links.iter().filter_map(|link| {
        Some(reference("FOLLOWS_FROM", TraceId::from_bytes(&link.trace_id)?, SpanId::from_bytes(&link.span_id)?))
    });
    parent.into_iter().chain(links).collect()
}

fn tags(span: &Span) -> Vec<Value> {
    let scope = &span.origin.scope;
    let kind = match span.kind {
        SpanKind::Unspecified => "",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let status = match span.status {
        StatusCode::Unset => "",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    };
    let mut tags = Vec::with_capacity(span.attributes.len() + 7);
    push_text(&mut tags, "otel.scope.name", &scope.name);
    push_text(&mut tags, "otel.scope.version", &scope.version);
    tags.extend(span.attributes.iter().map(tag));
    push_text(&mut tags, "span.kind", kind);
    push_text(&mut tags, "otel.status_code", status);
    if span.is_error() {
        tags.push(json!({ "key": "error", "type": "bool", "value": true }));
    }
    push_text(&mut tags, "otel.status_description", &span.status_message);
    push_text(&mut tags, "w3c.tracestate", &span.trace_state);
    tags
}

/// A tag with a text, unless the text is empty.
fn push_text(tags: &mut Vec<Value>, key: &str, text: &str) {
    if !text.is_empty() {
        tags.push(json!({ "key": key, "type": "string", "value": text }));
    }
}

fn tag(attribute: &KeyValue) -> Value {
    let (kind, value) = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(AnyValue::BoolValue(value)) => ("bool", Value::from(*value)),
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

fn log(event: &Event) -> Value {
    let mut fields = Vec::with_capacity(event.attributes.len() + 1);
    push_text(&mut fields, "event", &event.name);
    fields.extend(event.attributes.iter().map(tag));
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
            let others = origin.resource.attributes.iter().filter(|attribute| attribute.key != "service.name");
            let tags: Vec<Value> = others.map(tag).collect();
            (format!("p{}", index + 1), json!({ "serviceName": &*origin.service, "tags": tags }))
        };
        self.list.into_iter().enumerate().map(process).collect()
    }
}
