use opentelemetry::trace::TraceState;
use opentelemetry::{Array, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use serde_json::{Value as Json, json};
use std::time::Duration;

use super::*;
use crate::encode::spans::SPANS;
use crate::encode::{Encoder, Frame};
use crate::platform::test;
use crate::testing::span;

fn encoded(spans: &[SpanData], resource: &Resource) -> Json {
    let mut encoder = Encoder::default();
    for span in spans {
        encoder.encode(SPANS, span);
    }
    serde_json::from_slice(&Frame::new(&resource.into(), SPANS).around(encoder.take().iter())).expect("JSON")
}

fn one(span: SpanData) -> Json {
    encoded(&[span], &Resource::builder_empty().build())["resourceSpans"][0]["scopeSpans"][0]["spans"][0].take()
}

#[test]
fn a_span_with_everything_is_written_as_the_protocol_has_it() {
    let mut full = span("checkout");
    let state = TraceState::from_key_value([("vendor", "1"), ("other", "2")]).expect("a trace state");
    let own = full.span_context.clone();
    full.span_context = SpanContext::new(own.trace_id(), own.span_id(), own.trace_flags(), false, state.clone());
    full.parent_span_id = SpanId::from(0xab);
    full.parent_span_is_remote = true;
    full.span_kind = SpanKind::Client;
    full.attributes = vec![KeyValue::new("n", i64::MIN), KeyValue::new("ok", true)];
    full.dropped_attributes_count = 3;
    full.events = SpanEvents::default();
    full.events.events.push(Event::new("e", full.start_time, vec![KeyValue::new("x", 0.5)], 4));
    full.events.dropped_count = 5;
    full.links = SpanLinks::default();
    let linked = SpanContext::new(own.trace_id(), own.span_id(), own.trace_flags(), true, state);
    full.links.links.push(Link::new(linked, vec![KeyValue::new("s", "\u{1}\"")], 6));
    full.links.dropped_count = 7;
    full.status = Status::error("no");
    let id = own.span_id().to_string();
    let trace_id = own.trace_id().to_string();
    assert_eq!(
        one(full),
        json!({
            "traceId": trace_id, "spanId": id, "traceState": "vendor=1,other=2", "flags": 0x301,
            "parentSpanId": "00000000000000ab", "name": "checkout", "kind": 3,
            "startTimeUnixNano": "1700000000123456789", "endTimeUnixNano": "1700000000234567890",
            "attributes": [
                {"key": "n", "value": {"intValue": "-9223372036854775808"}},
                {"key": "ok", "value": {"boolValue": true}},
            ],
            "droppedAttributesCount": 3,
            "events": [{
                "name": "e", "timeUnixNano": "1700000000123456789",
                "attributes": [{"key": "x", "value": {"doubleValue": 0.5}}], "droppedAttributesCount": 4,
            }],
            "droppedEventsCount": 5,
            "links": [{
                "traceId": trace_id, "spanId": id, "traceState": "vendor=1,other=2", "flags": 0x301,
                "attributes": [{"key": "s", "value": {"stringValue": "\u{1}\""}}], "droppedAttributesCount": 6,
            }],
            "droppedLinksCount": 7,
            "status": {"code": 2, "message": "no"},
        })
    );
}

#[test]
fn what_has_its_default_value_is_left_out() {
    let plain = one(span("plain"));
    let keys: Vec<&str> = plain.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["traceId", "spanId", "flags", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "status"]);
    assert_eq!(plain["flags"], 0x101);
    assert_eq!(plain["status"], json!({}));
}

#[test]
fn doubles_that_json_cannot_hold_are_words() {
    let mut odd = span("odd");
    let all = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300];
    odd.attributes = vec![
        KeyValue::new("nan", f64::NAN),
        KeyValue::new("inf", f64::INFINITY),
        KeyValue::new("-inf", f64::NEG_INFINITY),
        KeyValue::new("all", Value::Array(Array::F64(all))),
    ];
    let values: Vec<Json> =
        one(odd)["attributes"].as_array().expect("a list").iter().map(|pair| pair["value"].clone()).collect();
    let double = |value: Json| json!({ "doubleValue": value });
    assert_eq!(values[0], double("NaN".into()));
    assert_eq!(values[1], double("Infinity".into()));
    assert_eq!(values[2], double("-Infinity".into()));
    let all = ["NaN".into(), "Infinity".into(), "-Infinity".into(), json!(-0.0), json!(1e300)];
    assert_eq!(values[3], json!({"arrayValue": {"values": all.map(double)}}));
}

#[test]
fn of_several_values_of_a_key_the_last_is_written() {
    let pairs = || vec![KeyValue::new("a", 1), KeyValue::new("b", 2), KeyValue::new("a", 3)];
    let expected = json!([{"key": "b", "value": {"intValue": "2"}}, {"key": "a", "value": {"intValue": "3"}}]);
    let mut doubled = span("doubled");
    doubled.attributes = pairs();
    doubled.events.events.push(Event::new("e", doubled.start_time, pairs(), 0));
    doubled.links.links.push(Link::new(doubled.span_context.clone(), pairs(), 0));
    doubled.instrumentation_scope = InstrumentationScope::builder("s").with_attributes(pairs()).build();
    let request = encoded(&[doubled], &Resource::builder_empty().build());
    let group = &request["resourceSpans"][0]["scopeSpans"][0];
    assert_eq!(group["scope"]["attributes"], expected);
    assert_eq!(group["spans"][0]["attributes"], expected);
    assert_eq!(group["spans"][0]["events"][0]["attributes"], expected);
    assert_eq!(group["spans"][0]["links"][0]["attributes"], expected);
}

#[test]
fn a_time_after_2554_is_the_last_that_there_is() {
    for seconds in [18_446_744_074, 20_000_000_000] {
        let mut late = span("late");
        late.end_time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(one(late)["endTimeUnixNano"], u64::MAX.to_string());
    }
}

#[test]
fn a_time_before_1970_is_zero() {
    let mut early = span("early");
    // In wasm there is no such time.
    let Some(time) = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1)) else { return };
    early.start_time = time;
    assert_eq!(one(early)["startTimeUnixNano"], "0");
}

#[test]
fn equal_resources_give_equal_bytes() {
    let resource = |order: &[usize]| {
        let pairs = order.iter().map(|n| KeyValue::new(format!("key {n}"), *n as i64));
        Resource::builder_empty().with_schema_url(pairs, "https://schema.example/1").build()
    };
    let order: Vec<usize> = (0..20).collect();
    let mut reversed = order.clone();
    reversed.reverse();
    let one = encoded(&[span("a")], &resource(&order));
    assert_eq!(one.to_string(), encoded(&[span("a")], &resource(&reversed)).to_string());
    assert_eq!(one["resourceSpans"][0]["schemaUrl"], "https://schema.example/1");
}

#[test]
fn nothing_is_an_empty_request() {
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("a", 1)).build();
    let empty = encoded(&[], &resource);
    assert_eq!(empty["resourceSpans"][0]["scopeSpans"], json!([]));
    assert_eq!(empty["resourceSpans"][0]["resource"]["attributes"][0]["key"], "a");
}
