//! Spans and log records as OTLP JSON: lower camel case, ids in hex, 64-bit integers as strings, enumerations as numbers.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue, any_value::Value as Any},
    logs::v1::LogRecord,
    resource::v1::Resource,
    trace::v1::span::{Event, Link},
};
use serde_json::{Map, Value, json};

use super::out::{Elements, Out, Stop};
use crate::{
    model::{Origin, Span, members},
    store::logs::Record,
};

/// Spans that share something, in the order in which the first of each came.
struct Groups<'s> {
    groups: Vec<(&'s Origin, Vec<&'s Arc<Span>>)>,
}

impl<'s> Groups<'s> {
    /// By what tells where they come from.
    fn new(spans: impl Iterator<Item = &'s Arc<Span>>, place: impl Fn(&Origin) -> usize) -> Self {
        let mut groups: Vec<(&Origin, Vec<_>)> = Vec::new();
        let mut numbers = HashMap::new();
        for span in spans {
            let group = *numbers.entry(place(&span.origin)).or_insert_with(|| {
                groups.push((&span.origin, Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(span);
        }
        Self { groups }
    }
}

/// Writes one element of `resourceSpans` per resource. False if some spans found no room.
pub fn resource_spans(out: &mut Out<'_>, written: &mut Elements, spans: &[Arc<Span>]) -> Result<bool, Stop> {
    for (origin, spans) in Groups::new(spans.iter(), |origin| Arc::as_ptr(&origin.resource).addr()).groups {
        if !written.push(out, &of_resource(origin, &spans))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn of_resource(origin: &Origin, spans: &[&Arc<Span>]) -> Value {
    let by_scope = Groups::new(spans.iter().copied(), |origin| Arc::as_ptr(&origin.scope).addr());
    let scopes: Vec<_> = by_scope.groups.iter().map(|(origin, spans)| of_scope(origin, spans)).collect();
    let mut out = Map::new();
    out.insert("resource".into(), with(resource(&origin.resource), origin.resource.members.as_deref()));
    out.insert("scopeSpans".into(), scopes.into());
    text(&mut out, "schemaUrl", &origin.resource.schema_url);
    out.into()
}

fn of_scope(origin: &Origin, spans: &[&Arc<Span>]) -> Value {
    let mut out = Map::new();
    out.insert("scope".into(), with(scope(&origin.scope), origin.scope.members.as_deref()));
    out.insert("spans".into(), spans.iter().map(|one| span(one)).collect());
    text(&mut out, "schemaUrl", &origin.scope.schema_url);
    out.into()
}

pub(super) fn resource(resource: &Resource) -> Value {
    let mut out = Map::new();
    attributes(&mut out, &resource.attributes, resource.dropped_attributes_count);
    list(&mut out, "entityRefs", resource.entity_refs.iter().map(entity).collect());
    out.into()
}

fn entity(entity: &EntityRef) -> Value {
    let mut out = Map::new();
    text(&mut out, "schemaUrl", &entity.schema_url);
    text(&mut out, "type", &entity.r#type);
    list(&mut out, "idKeys", entity.id_keys.iter().map(|key| key.as_str().into()).collect());
    list(&mut out, "descriptionKeys", entity.description_keys.iter().map(|key| key.as_str().into()).collect());
    out.into()
}

pub(super) fn scope(scope: &InstrumentationScope) -> Value {
    let mut out = Map::new();
    text(&mut out, "name", &scope.name);
    text(&mut out, "version", &scope.version);
    attributes(&mut out, &scope.attributes, scope.dropped_attributes_count);
    out.into()
}

/// One element of `resourceLogs`, of records that share resource and scope; none if there are none.
pub fn resource_logs<'a>(records: impl IntoIterator<Item = Record<'a>>) -> Option<Value> {
    let mut records = records.into_iter().peekable();
    let first = *records.peek()?;
    let (mut of_resource, mut of_scope) = (Map::new(), Map::new());
    if let Some(one) = first.scope_of() {
        of_scope.insert("scope".into(), with(scope(one), first.scope_members));
    }
    text(&mut of_scope, "schemaUrl", &first.scope.schema_url);
    let each = records.map(|one| with(log_record(one.record), one.members));
    of_scope.insert("logRecords".into(), each.collect());
    if let Some(one) = &first.resource.resource {
        of_resource.insert("resource".into(), with(resource(one), first.resource_members));
    }
    text(&mut of_resource, "schemaUrl", &first.resource.schema_url);
    of_resource.insert("scopeLogs".into(), vec![Value::from(of_scope)].into());
    Some(of_resource.into())
}

fn log_record(record: &LogRecord) -> Value {
    let mut out = Map::new();
    time(&mut out, "timeUnixNano", record.time_unix_nano);
    time(&mut out, "observedTimeUnixNano", record.observed_time_unix_nano);
    if record.severity_number != 0 {
        out.insert("severityNumber".into(), record.severity_number.into());
    }
    text(&mut out, "severityText", &record.severity_text);
    if let Some(body) = &record.body {
        out.insert("body".into(), any(body));
    }
    attributes(&mut out, &record.attributes, record.dropped_attributes_count);
    number(&mut out, "flags", record.flags);
    text(&mut out, "traceId", &hex(&record.trace_id));
    text(&mut out, "spanId", &hex(&record.span_id));
    text(&mut out, "eventName", &record.event_name);
    out.into()
}

fn span(span: &Span) -> Value {
    let mut out = Map::new();
    out.insert("traceId".into(), span.trace_id.to_string().into());
    out.insert("spanId".into(), span.id.to_string().into());
    text(&mut out, "traceState", &span.trace_state);
    text(&mut out, "parentSpanId", &span.parent.map(|parent| parent.to_string()).unwrap_or_default());
    out.insert("name".into(), span.name.as_str().into());
    out.insert("kind".into(), span.kind.into());
    out.insert("startTimeUnixNano".into(), span.start.to_string().into());
    out.insert("endTimeUnixNano".into(), span.end.to_string().into());
    attributes(&mut out, &span.attributes, span.dropped.attributes);
    list(&mut out, "events", span.events.iter().map(event).collect());
    number(&mut out, "droppedEventsCount", span.dropped.events);
    list(&mut out, "links", span.links.iter().map(link).collect());
    number(&mut out, "droppedLinksCount", span.dropped.links);
    number(&mut out, "flags", span.flags);
    let mut status = Map::new();
    text(&mut status, "message", &span.status_message);
    if span.status != 0 {
        status.insert("code".into(), span.status.into());
    }
    out.insert("status".into(), status.into());
    with(out.into(), span.members.as_deref())
}

/// With what came beside it in JSON.
fn with(mut message: Value, members: Option<&str>) -> Value {
    members::merge(members, &mut message);
    message
}

fn event(event: &Event) -> Value {
    let mut out = Map::new();
    out.insert("timeUnixNano".into(), event.time_unix_nano.to_string().into());
    text(&mut out, "name", &event.name);
    attributes(&mut out, &event.attributes, event.dropped_attributes_count);
    out.into()
}

fn link(link: &Link) -> Value {
    let mut out = Map::new();
    out.insert("traceId".into(), hex(&link.trace_id).into());
    out.insert("spanId".into(), hex(&link.span_id).into());
    text(&mut out, "traceState", &link.trace_state);
    attributes(&mut out, &link.attributes, link.dropped_attributes_count);
    number(&mut out, "flags", link.flags);
    out.into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is empty or zero is left out, which stands for the same.
pub(super) fn time(out: &mut Map<String, Value>, key: &str, time: u64) {
    if time != 0 {
        out.insert(key.into(), time.to_string().into());
    }
}

pub(super) fn text(out: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        out.insert(key.into(), text.into());
    }
}

pub(super) fn number(out: &mut Map<String, Value>, key: &str, number: u32) {
    if number != 0 {
        out.insert(key.into(), number.into());
    }
}

pub(super) fn list(out: &mut Map<String, Value>, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        out.insert(key.into(), list.into());
    }
}

pub(super) fn attributes(out: &mut Map<String, Value>, attributes: &[KeyValue], dropped: u32) {
    list(out, "attributes", attributes.iter().map(pair).collect());
    number(out, "droppedAttributesCount", dropped);
}

pub(super) fn pair(pair: &KeyValue) -> Value {
    json!({ "key": pair.key, "value": pair.value.as_ref().map_or_else(|| json!({}), any) })
}

/// The recursion is as deep as the value, which the readers bound.
pub(super) fn any(value: &AnyValue) -> Value {
    match &value.value {
        // The second refers to a dictionary that only profiles have.
        None | Some(Any::StringValueStrindex(_)) => json!({}),
        Some(Any::StringValue(text)) => json!({ "stringValue": text }),
        Some(Any::BoolValue(value)) => json!({ "boolValue": value }),
        Some(Any::IntValue(value)) => json!({ "intValue": value.to_string() }),
        Some(Any::DoubleValue(value)) => json!({ "doubleValue": crate::model::double(*value) }),
        Some(Any::ArrayValue(array)) => {
            json!({ "arrayValue": { "values": array.values.iter().map(any).collect::<Vec<_>>() } })
        }
        Some(Any::KvlistValue(list)) => {
            json!({ "kvlistValue": { "values": list.values.iter().map(pair).collect::<Vec<_>>() } })
        }
        Some(Any::BytesValue(bytes)) => json!({ "bytesValue": BASE64_STANDARD.encode(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        common::v1::{ArrayValue, InstrumentationScope},
        resource::v1::Resource,
    };
    use proptest::{collection::vec, prelude::*, sample::select};
    use prost::Message;

    use super::{super::out, *};
    use crate::ingest::{
        Signal,
        json::{self, tests::generated},
        weight::Weight,
    };
    use crate::model::Part;

    fn spans(request: &ExportTraceServiceRequest) -> Vec<Arc<Span>> {
        let mut spans = Vec::new();
        for resource_spans in request.resource_spans.clone() {
            let resource =
                Part::<Resource>::new(resource_spans.resource.unwrap_or_default(), resource_spans.schema_url);
            let resource = Arc::new(resource);
            for scope_spans in resource_spans.scope_spans {
                let scope =
                    Part::<InstrumentationScope>::new(scope_spans.scope.unwrap_or_default(), scope_spans.schema_url);
                let origin = Arc::new(Origin::of(Arc::clone(&resource), scope.into()));
                spans.extend(
                    scope_spans.spans.into_iter().filter_map(|span| Span::new(span, &origin).ok()).map(Arc::new),
                );
            }
        }
        spans
    }

    /// Bit by bit: equal numbers may differ in their sign, and NaN is unequal to itself.
    fn bytes(spans: &[Arc<Span>]) -> Vec<(Vec<u8>, [Vec<u8>; 2])> {
        let bytes = |span: &Arc<Span>| {
            let mut bytes = Vec::new();
            let name = Span::clone(span).encode(&mut bytes);
            bytes.extend(name.encode_to_vec());
            (bytes, span.origin.encode())
        };
        spans.iter().map(bytes).collect()
    }

    fn written(spans: &[Arc<Span>]) -> String {
        let elements = out::tests::written(usize::MAX / 2, |out| {
            assert_eq!(resource_spans(out, &mut Elements::default(), spans), Ok(true));
            Ok(())
        });
        format!(r#"{{"resourceSpans":[{}]}}"#, elements.expect("room"))
    }

    /// The value in so many lists.
    fn nested(value: Any, lists: usize) -> Any {
        (0..lists).fold(value, |inner, _| Any::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] }))
    }

    /// As many lists as a span's attribute can be in: prost reads messages that are 100 levels deep.
    const LISTS: usize = 47;

    proptest! {
        #[test]
        fn what_is_written_is_read_back_field_by_field(
            mut request in generated::request(),
            doubles in vec(select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e15, -1e21, f64::MAX]), 0..4),
            lists in 0..=LISTS,
        ) {
            let extra = doubles.into_iter().map(|number| {
                let value = AnyValue { value: Some(nested(Any::DoubleValue(number), lists)) };
                generated::key_value("extra".into(), Some(value))
            });
            if let Some(span) = request.resource_spans[0].scope_spans[0].spans.first_mut() {
                span.attributes.extend(extra);
            }
            prop_assert!(ExportTraceServiceRequest::decode(&*request.encode_to_vec()).is_ok());
            let spans = spans(&request);
            let text = written(&spans);
            let (read, _) = json::read(text.as_bytes(), Signal::Traces, &Weight::new(1 << 30)).unwrap();
            prop_assert_eq!(bytes(&self::spans(&read)), bytes(&spans));
        }
    }
}
