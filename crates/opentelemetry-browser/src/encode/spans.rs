//! Spans, as a [`Signal`]: in go upstream's [`SpanData`], out comes their JSON.

use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::json;
use super::signal::{Record, Signal};

pub(crate) const SPANS: &Signal = &Signal {
    resources: "resourceSpans",
    scopes: "scopeSpans",
    records: "spans",
    rejected: "rejectedSpans",
    words: "spans",
    is_optional: false,
};

impl Record for SpanData {
    fn weight(&self) -> usize {
        let events = self.events.iter().map(|event| event.name.len() + weight_of(&event.attributes));
        let links = self.links.iter().map(|link| size_of_val(link) + weight_of(&link.attributes));
        size_of::<Self>() + self.name.len() + weight_of(&self.attributes) + events.chain(links).sum::<usize>()
    }

    fn scope(&self) -> &InstrumentationScope {
        &self.instrumentation_scope
    }

    fn write(&self, out: &mut Vec<u8>) {
        json::write_span(out, self);
    }
}

pub(super) fn weight_of(pairs: &[KeyValue]) -> usize {
    let text = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| size_of_val(text) + text.as_str().len()).sum(),
        Value::Array(Array::I64(numbers)) => size_of_val(numbers.as_slice()),
        Value::Array(Array::F64(numbers)) => size_of_val(numbers.as_slice()),
        Value::Array(Array::Bool(values)) => values.len(),
        _ => 0,
    };
    pairs.iter().map(|pair| size_of_val(pair) + pair.key.as_str().len() + text(&pair.value)).sum()
}
