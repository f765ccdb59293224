//! What is searched for among log records: all of it must fit.

use std::ops::RangeInclusive;

use super::block::Record;
use crate::model::{SpanId, TraceId, display, tags};

/// The attribute that has the event's name where the field is not known yet.
pub const EVENT_ATTRIBUTE: &str = "event.name";

/// Times are nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    pub service: Option<String>,
    /// The least severe number.
    pub severity: Option<i32>,
    /// In lower case.
    pub text: Option<String>,
    pub trace: Option<TraceId>,
    pub span: Option<SpanId>,
    pub event: Option<String>,
    /// Keys and texts of attributes, of the record, its scope or its resource.
    pub tags: Vec<(String, String)>,
    pub time: RangeInclusive<u64>,
}

impl Default for LogFilter {
    /// Everything.
    fn default() -> Self {
        let (service, text, event, tags) = (None, None, None, Vec::new());
        Self { service, severity: None, text, trace: None, span: None, event, tags, time: 0..=u64::MAX }
    }
}

impl LogFilter {
    pub fn fits(&self, one: Record<'_>) -> bool {
        let record = one.record;
        self.time.contains(&one.time())
            && self.severity.is_none_or(|severity| record.severity_number >= severity)
            && self.service.as_ref().is_none_or(|service| service == tags::service(one.resource_attributes()))
            && self.trace.is_none_or(|trace| record.trace_id == trace.as_bytes())
            && self.span.is_none_or(|span| record.span_id == span.as_bytes())
            && self.event.as_ref().is_none_or(|event| is_event(one, event))
            && self.tags.iter().all(|(key, text)| has(one, key, text))
            && self.text.as_ref().is_none_or(|text| says(one, text))
    }
}

fn is_event(one: Record<'_>, event: &str) -> bool {
    let attribute = || has_attribute(one, EVENT_ATTRIBUTE, event);
    one.record.event_name == event || attribute()
}

fn has_attribute(one: Record<'_>, key: &str, text: &str) -> bool {
    one.record.attributes.iter().any(|attribute| tags::is(attribute, key, text))
}

fn has(one: Record<'_>, key: &str, text: &str) -> bool {
    let of_scope = one.scope_of().into_iter().flat_map(|scope| &scope.attributes);
    has_attribute(one, key, text)
        || one.resource_attributes().iter().chain(of_scope).any(|attribute| tags::is(attribute, key, text))
        || one.scope_of().is_some_and(|scope| tags::of_scope(scope).contains(&(key, text)))
}

/// Whether the text is in the record's body, its event's name or the value of one of its attributes, whatever the case.
fn says(one: Record<'_>, text: &str) -> bool {
    let record = one.record;
    let values = record.attributes.iter().filter_map(|attribute| attribute.value.as_ref());
    record.event_name.to_lowercase().contains(text)
        || record.body.iter().chain(values).any(|value| display(Some(value)).to_lowercase().contains(text))
}
