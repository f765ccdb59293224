//! A trace as Jaeger's UI model has it: times in whole microseconds, and everything of OpenTelemetry that Jaeger has no field
//! for as tags with the names that Jaeger gives them.

use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value as AnyValue},
    trace::v1::span::{Event, Link},
};
use serde_json::{Value, json};

use super::out::{Elements, Out, Stop};
use crate::{
    model::{Origin, Span, SpanId, TraceId, display, double, tags},
    store::{Failed, SpanIds, Spans},
};

/// Beside its spans, less than this is written of a trace.
const FRAME: usize = 1 << 10;

/// What is known of a trace before its spans are read.
pub struct Known {
    pub id: TraceId,
    /// How many spans it has.
    pub spans: usize,
    pub ids: SpanIds,
}

/// What became of a trace that was to be written.
#[derive(Debug, PartialEq)]
pub enum Written {
    Whole,
    /// There was no room for all of it.
    Cut,
    /// Some of it could not be read, and why.
    Unreadable(Failed),
}

/// Writes a trace that is kept, as [`trace`] does.
pub fn kept_trace(out: &mut Out<'_>, traces: &mut Elements, mut spans: Spans<'_>) -> Result<Written, Stop> {
    let known = Known { id: spans.id(), spans: spans.len(), ids: spans.ids() };
    let whole = trace(out, traces, &known, spans.by_ref().flatten())?;
    Ok(match spans.failed() {
        Some(why) => Written::Unreadable(why.clone()),
        None if whole => Written::Whole,
        None => Written::Cut,
    })
}

/// Writes the trace as the next of these. False if there was no room for all of it: spans are left out then, and a warning of the
/// trace says so, or the trace as a whole is.
pub fn trace(
    out: &mut Out<'_>,
    traces: &mut Elements,
    known: &Known,
    spans: impl Iterator<Item = Arc<Span>>,
) -> Result<bool, Stop> {
    let Known { id, spans: all, ids } = known;
    let begin = format!(r#"{{"traceID":"{}","spans":["#, trace_id(*id));
    if !traces.push_text(out, &begin, FRAME)? {
        return Ok(false);
    }
    let mut processes = Processes::default();
    let mut written = Elements::default();
    let (mut fit, mut used, mut whole) = (0, 0, true);
    for one in spans {
        let process = processes.id(&one.origin);
        let text = span(&one, &process, ids).to_string();
        whole = written.push_text(out, &text, processes.length + FRAME)?;
        if !whole {
            break;
        }
        (fit, used) = (fit + 1, processes.numbers.len());
    }
    processes.write(out, used)?;
    let warnings = match whole {
        true => Value::Null,
        false => json!([format!("only the first {fit} of {all} spans are here: the answer would be too large")]),
    };
    out.push(&format!(r#","warnings":{warnings}}}"#))?;
    Ok(whole)
}

/// Jaeger writes 16 digits where they are enough.
pub fn trace_id(id: TraceId) -> String {
    let digits = id.to_string();
    digits.strip_prefix("0000000000000000").map(str::to_owned).unwrap_or(digits)
}

fn span(span: &Span, process: &str, ids: &SpanIds) -> Value {
    let mut out = json!({
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
    });
    // Jaeger leaves it out where there are none.
    if span.flags != 0 {
        out["flags"] = span.flags.into();
    }
    out
}

/// Null when there is nothing to warn of.
fn warnings(span: &Span, ids: &SpanIds) -> Value {
    let missing = span.parent.filter(|parent| !ids.has(*parent));
    let missing = missing.map(|parent| format!("invalid parent span IDs={parent}; it is not in the trace"));
    let backwards =
        span.ends_before_start().then(|| "the span ends before it starts; its duration is shown as 0".into());
    let shared = ids.is_shared(span.id).then(|| {
        format!("duplicate span IDs={}; another span of the trace has the same id, and both are kept", span.id)
    });
    match missing.into_iter().chain(backwards).chain(shared).collect::<Vec<_>>() {
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
    list.extend(span.origin.scope.attributes.iter().map(tag));
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
struct Processes {
    numbers: HashMap<String, usize>,
    /// How much is written of them at the end.
    length: usize,
    /// What was asked for lately, by where its resource is: most spans share it with others.
    lately: HashMap<usize, (Arc<Origin>, usize)>,
}

/// How many origins are remembered.
const LATELY: usize = 256;

impl Processes {
    fn id(&mut self, origin: &Arc<Origin>) -> String {
        let place = Arc::as_ptr(&origin.resource).addr();
        let number = match self.lately.get(&place) {
            Some((_, number)) => *number,
            None => {
                let number = self.number(process(origin).to_string());
                if self.lately.len() >= LATELY {
                    self.lately.clear();
                }
                self.lately.insert(place, (Arc::clone(origin), number));
                number
            }
        };
        format!("p{number}")
    }

    fn number(&mut self, process: String) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(process).or_insert_with_key(|process| {
            // With its number, as a member of an object.
            self.length += process.len() + 16;
            next
        })
    }

    /// Writes the first ones after the spans, which need no more.
    fn write(self, out: &mut Out<'_>, used: usize) -> Result<(), Stop> {
        let mut numbered: Vec<_> = self.numbers.into_iter().filter(|(_, number)| *number <= used).collect();
        numbered.sort_unstable_by_key(|(_, number)| *number);
        out.push(r#"],"processes":{"#)?;
        for (process, number) in numbered {
            out.push(&format!(r#"{}"p{number}":"#, if number > 1 { "," } else { "" }))?;
            out.push(&process)?;
        }
        out.push("}")
    }
}

fn process(origin: &Origin) -> Value {
    let mut attributes: Vec<_> = tags::process(origin).collect();
    attributes.sort_by_key(|attribute| &attribute.key);
    json!({ "serviceName": &*origin.service, "tags": attributes.into_iter().map(tag).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use opentelemetry_proto::tonic::{common::v1 as common, resource::v1::Resource, trace::v1 as proto};
    use tokio::runtime;

    use super::{super::out::tests::written, *};
    use crate::store::{Limits, Store};

    /// Nine spans of three services in one trace.
    fn store() -> (Store, TraceId) {
        let store = Store::in_memory(Limits::default()).unwrap();
        let mut draft = store.draft();
        for id in 1..=9 {
            let name = common::AnyValue { value: Some(AnyValue::StringValue(format!("service {}", id / 4))) };
            let name = KeyValue { key: "service.name".into(), value: Some(name), ..Default::default() };
            let resource = Resource { attributes: vec![name], ..Default::default() };
            let origin = Arc::new(Origin::new(resource, Default::default()));
            let span = proto::Span { trace_id: vec![1; 16], span_id: vec![id; 8], ..Default::default() };
            draft.add_span(Span::new(span, &origin).unwrap());
        }
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(store.submit(draft).done()).unwrap();
        (store, TraceId::from_bytes(&[1; 16]).unwrap())
    }

    /// The trace in an answer with so much room, and whether it is whole.
    fn written_with(room: usize) -> (String, bool) {
        let (store, id) = store();
        let mut whole = false;
        let text = written(room, |out| {
            let spans = store.spans(id).unwrap().unwrap();
            whole = kept_trace(out, &mut Elements::default(), spans)? == Written::Whole;
            Ok(())
        });
        (text.unwrap(), whole)
    }

    #[test]
    fn a_trace_that_is_too_large_is_cut_and_says_so() {
        let (text, whole) = written_with(1 << 20);
        let one: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((one["spans"].as_array().map(Vec::len), &one["warnings"], whole), (Some(9), &Value::Null, true));
        let names = |trace: &Value| -> Vec<_> {
            trace["processes"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, process)| (key.clone(), process["serviceName"].clone()))
                .collect()
        };
        let expected = [("p1", "service 0"), ("p2", "service 1"), ("p3", "service 2")];
        assert_eq!(names(&one), expected.map(|(key, name)| (key.to_owned(), name.into())));

        for room in (0..text.len()).step_by(50).map(|less| FRAME + less) {
            let (text, whole) = written_with(room);
            assert!(text.len() <= room, "{room}: {}", text.len());
            if text.is_empty() || whole {
                assert_eq!(text.is_empty(), !whole);
                continue;
            }
            let cut: Value = serde_json::from_str(&text).unwrap();
            let spans = cut["spans"].as_array().unwrap();
            let warning = format!("only the first {} of 9 spans are here: the answer would be too large", spans.len());
            assert_eq!(cut["warnings"], json!([warning]));
            let used: HashSet<_> = spans.iter().map(|span| span["processID"].as_str().unwrap().to_owned()).collect();
            assert_eq!(
                used,
                names(&cut).into_iter().map(|(key, _)| key).collect(),
                "those that are used, and no others"
            );
        }
    }
}
