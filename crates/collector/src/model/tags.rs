//! What Jaeger calls the tags of a span: its attributes, what is derived from OpenTelemetry's fields, those of its resource and
//! scope, of its events and links. What is shown and what is searched comes from here, so that the two agree.

use std::borrow::Cow;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    trace::v1::{
        span::{Event, SpanKind},
        status::StatusCode,
    },
};

use super::{Origin, Span, display, short_double};

pub const ERROR: &str = "error";
pub const EVENT: &str = "event";
pub const SERVICE: &str = "service.name";
/// Under this key the index has `service.name` wherever it is. Jaeger's searches know that of the resource by no tag.
pub const ANY_SERVICE: &str = "\0service.name";

/// The tags with a text that stand before the attributes. An empty text is no tag.
pub fn leading(span: &Span) -> [(&'static str, &str); 2] {
    of_scope(&span.origin.scope)
}

/// The same of a scope, whatever comes from it.
pub fn of_scope(scope: &InstrumentationScope) -> [(&'static str, &str); 2] {
    [("otel.scope.name", &scope.name), ("otel.scope.version", &scope.version)]
}

/// Those that stand after them. That of the key `error` is a truth value.
pub fn trailing(span: &Span) -> impl Iterator<Item = (&'static str, &str)> {
    derived(span.kind(), span.status(), &span.status_message, &span.trace_state).into_iter().chain([FORMAT])
}

/// That of every span.
const FORMAT: (&str, &str) = ("internal.span.format", "otlp");

/// The tags of fields that OpenTelemetry has beside attributes. An empty text is no tag.
pub fn derived<'a>(
    kind: SpanKind,
    status: StatusCode,
    status_message: &'a str,
    trace_state: &'a str,
) -> [(&'static str, &'a str); 5] {
    let code = match status {
        StatusCode::Unset => "",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    };
    [
        ("span.kind", if kind == SpanKind::Unspecified { "" } else { self::kind(kind) }),
        ("otel.status_code", code),
        (ERROR, if status == StatusCode::Error { "true" } else { "" }),
        ("otel.status_description", status_message),
        ("w3c.tracestate", trace_state),
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

/// Calls back with the key and the text of each tag of the span itself, of its events and links; of one key only, if it is given.
pub fn each(span: &Span, of: Option<&str>, mut found: impl FnMut(&str, &str)) {
    let derived = derived(span.kind(), span.status(), &span.status_message, &span.trace_state);
    derived.into_iter().filter(|(_, text)| !text.is_empty()).for_each(|(key, text)| found(key, text));
    for event in &span.events {
        event_name(event).into_iter().for_each(|name| found(EVENT, name));
    }
    attributes(span).for_each(|attribute| each_text(attribute, of, &mut found));
}

/// The same for the tags that all spans of a scope share.
pub fn each_of_scope(origin: &Origin, of: Option<&str>, mut found: impl FnMut(&str, &str)) {
    let derived = of_scope(&origin.scope).into_iter().chain([FORMAT]).filter(|(_, text)| !text.is_empty());
    derived.for_each(|(key, text)| found(key, text));
    origin.scope.attributes.iter().for_each(|attribute| each_text(attribute, of, &mut found));
}

/// The same for the tags that all spans of a resource share.
pub fn each_of_resource(origin: &Origin, of: Option<&str>, mut found: impl FnMut(&str, &str)) {
    for attribute in &origin.resource.attributes {
        each_text(attribute, of, &mut |key: &str, text: &str| {
            if key != SERVICE {
                found(key, text);
            }
        });
    }
}

/// Whether a tag of the span or its origin has this key and text.
pub fn has(span: &Span, key: &str, text: &str) -> bool {
    let mut has = false;
    let mut found = |known: &str, value: &str| has |= known == key && value == text;
    each(span, Some(key), &mut found);
    each_of_scope(&span.origin, Some(key), &mut found);
    each_of_resource(&span.origin, Some(key), &mut found);
    has
}

/// The name of the service whose resource has these attributes, or what Jaeger calls one that has none.
pub fn service(attributes: &[KeyValue]) -> &str {
    let service = attributes.iter().find(|attribute| attribute.key == SERVICE);
    match service.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(name)) if !name.is_empty() => name,
        _ if attributes.is_empty() => "OTLPResourceNoServiceName",
        _ => "empty-service-name",
    }
}

/// Whether the attribute has this key and text.
pub fn is(attribute: &KeyValue, key: &str, text: &str) -> bool {
    let mut is = false;
    each_text(attribute, Some(key), &mut |known: &str, value: &str| is |= known == key && value == text);
    is
}

/// Those of the span itself, its events and its links.
fn attributes(span: &Span) -> impl Iterator<Item = &KeyValue> {
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let of_links = span.links.iter().flat_map(|link| &link.attributes);
    span.attributes.iter().chain(of_events).chain(of_links)
}

/// A number with a fraction has two texts: all its digits, as shown, and the ten that Jaeger compares.
pub fn each_text(attribute: &KeyValue, of: Option<&str>, found: &mut impl FnMut(&str, &str)) {
    let is_service = attribute.key == SERVICE;
    if of.is_some_and(|key| key != attribute.key && !(is_service && key == ANY_SERVICE)) {
        return;
    }
    let value = attribute.value.as_ref();
    let shown = text(value);
    found(&attribute.key, &shown);
    if is_service {
        found(ANY_SERVICE, &shown);
    }
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
