//! Spans, as a [`Signal`]: in go upstream's [`SpanData`], out comes their JSON.

use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::json;
use super::signal::{Names, Signal};

/// The signal of spans.
#[derive(Debug)]
pub(crate) struct Spans;

impl Signal for Spans {
    type Item = SpanData;

    const NAMES: Names = Names { resources: "resourceSpans", scopes: "scopeSpans", records: "spans" };

    fn weight(span: &SpanData) -> usize {
        let events = span.events.iter().map(|event| event.name.len() + weight_of(&event.attributes));
        let links = span.links.iter().map(|link| size_of_val(link) + weight_of(&link.attributes));
        size_of::<SpanData>() + span.name.len() + weight_of(&span.attributes) + events.chain(links).sum::<usize>()
    }

    fn scope(span: &SpanData) -> &InstrumentationScope {
        &span.instrumentation_scope
    }

    fn write(span: &SpanData, out: &mut Vec<u8>) {
        json::write_span(out, span);
    }
}

fn weight_of(pairs: &[KeyValue]) -> usize {
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
