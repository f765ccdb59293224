//! What Jaeger calls the tags of a span: its attributes, what is derived from OpenTelemetry's fields, those of its resource and
//! of its events. What is shown and what is searched comes from here, so that the two agree.

use std::borrow::Cow;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{
        span::{Event, SpanKind},
        status::StatusCode,
    },
};

use super::{Origin, Span, display, short_double};

pub const ERROR: &str = "error";
pub const EVENT: &str = "event";
const SERVICE: &str = "service.name";

/// The tags with a text that stand before the attributes. An empty text is no tag.
pub fn leading(span: &Span) -> [(&'static str, &str); 2] {
    let scope = &span.origin.scope;
    [("otel.scope.name", &scope.name), ("otel.scope.version", &scope.version)]
}

/// Those that stand after them. That of the key `error` is a truth value.
pub fn trailing(span: &Span) -> [(&'static str, &str); 6] {
    let status = match span.status {
        StatusCode::Unset => "",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    };
    [
        ("span.kind", if span.kind == SpanKind::Unspecified { "" } else { kind(span.kind) }),
        ("otel.status_code", status),
        (ERROR, if span.is_error() { "true" } else { "" }),
        ("otel.status_description", &span.status_message),
        ("w3c.tracestate", &span.trace_state),
        ("internal.span.format", "otlp"),
    ]
}

pub fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "unspecified",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

pub fn kind_from(name: &str) -> Option<SpanKind> {
    let kinds = (0..6).filter_map(|number| SpanKind::try_from(number).ok());
    kinds.into_iter().find(|known| kind(*known) == name)
}

/// The attributes of a resource without the service's name, which is shown elsewhere.
pub fn process(origin: &Origin) -> impl Iterator<Item = &KeyValue> {
    origin.resource.attributes.iter().filter(|attribute| attribute.key != SERVICE)
}

/// The name of an event, unless it is empty or an attribute takes its place.
pub fn event_name(event: &Event) -> Option<&str> {
    let taken = || event.attributes.iter().any(|attribute| attribute.key == EVENT);
    (!event.name.is_empty() && !taken()).then_some(&event.name)
}

/// Calls back with the key and the text of each tag of the span itself and of its events.
pub fn each(span: &Span, mut found: impl FnMut(&str, &str)) {
    let derived = leading(span).into_iter().chain(trailing(span)).filter(|(_, text)| !text.is_empty());
    derived.for_each(|(key, text)| found(key, text));
    for event in &span.events {
        event_name(event).into_iter().for_each(|name| found(EVENT, name));
    }
    let attributes = span.attributes.iter().chain(span.events.iter().flat_map(|event| &event.attributes));
    attributes.for_each(|attribute| each_text(attribute, &mut found));
}

/// Calls back with the key and the text of each tag of the resource.
pub fn each_of_process(origin: &Origin, mut found: impl FnMut(&str, &str)) {
    process(origin).for_each(|attribute| each_text(attribute, &mut found));
}

/// Whether a tag of the span, its resource or its events has this key and text.
pub fn has(span: &Span, key: &str, text: &str) -> bool {
    let derived = leading(span).into_iter().chain(trailing(span));
    let attributes = span.attributes.iter().chain(process(&span.origin));
    derived.into_iter().any(|(known, value)| known == key && value == text && !value.is_empty())
        || attributes.into_iter().any(|attribute| attribute.key == key && reads(attribute, text))
        || span.events.iter().any(|event| {
            (key == EVENT && event_name(event) == Some(text))
                || event.attributes.iter().any(|attribute| attribute.key == key && reads(attribute, text))
        })
}

fn reads(attribute: &KeyValue, text: &str) -> bool {
    let mut same = false;
    each_text(attribute, &mut |_: &str, known: &str| same |= known == text);
    same
}

/// A number with a fraction has two texts: all its digits, as shown, and the ten that Jaeger compares.
fn each_text(attribute: &KeyValue, found: &mut impl FnMut(&str, &str)) {
    let value = attribute.value.as_ref();
    let shown = text(value);
    found(&attribute.key, &shown);
    if let Some(Value::DoubleValue(number)) = value.and_then(|value| value.value.as_ref()) {
        let short = short_double(*number);
        if short != shown {
            found(&attribute.key, &short);
        }
    }
}

fn text(value: Option<&AnyValue>) -> Cow<'_, str> {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.into(),
        _ => display(value).into(),
    }
}
