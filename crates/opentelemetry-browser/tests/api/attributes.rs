//! One value for each key: the last.

use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, TraceFlags, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Array, Context, KeyValue, Value};

use crate::common::{Recorder, configured, every_way, pipeline, test, value};

fn doubled() -> Vec<KeyValue> {
    vec![KeyValue::new("a", 1), KeyValue::new("b", 2), KeyValue::new("a", 3)]
}

fn linked() -> SpanContext {
    SpanContext::new(1.into(), 1.into(), TraceFlags::SAMPLED, true, TraceState::NONE)
}

fn unique() -> Vec<KeyValue> {
    vec![KeyValue::new("b", 2), KeyValue::new("a", 3)]
}

#[test]
fn a_key_that_is_set_two_hundred_times_is_one_attribute() {
    fn check<T: Tracer>(tracer: &T, recorder: &Recorder) {
        let mut span = tracer.start("counting");
        for number in 0..200 {
            span.set_attribute(KeyValue::new("n", number));
            span.set_attribute(KeyValue::new("m", -number));
        }
        span.end();
        let span = recorder.one();
        assert_eq!(span.attributes, [KeyValue::new("n", 199), KeyValue::new("m", -199)]);
        assert_eq!(span.dropped_attributes_count, 0);
    }
    every_way!(check);
}

#[test]
fn a_builders_attribute_is_replaced_in_its_place() {
    let (provider, recorder) = pipeline();
    let builder = SpanBuilder::from_name("built").with_attributes([KeyValue::new("a", 1), KeyValue::new("b", 2)]);
    let mut span = provider.tracer("test").build(builder);
    span.set_attribute(KeyValue::new("a", "other"));
    span.set_attribute(KeyValue::new("c", 3));
    span.end();
    let expected = [KeyValue::new("a", "other"), KeyValue::new("b", 2), KeyValue::new("c", 3)];
    assert_eq!(recorder.one().attributes, expected);
}

#[test]
fn of_a_builders_equal_keys_the_last_counts() {
    let (provider, recorder) = pipeline();
    let event = Event::new("event", crate::common::ms(1.0), doubled(), 0);
    let link = Link::new(linked(), doubled(), 0);
    let builder =
        SpanBuilder::from_name("built").with_attributes(doubled()).with_events(vec![event]).with_links(vec![link]);
    let mut span = provider.tracer("test").build_with_context(builder, &Context::new());
    span.add_event("later", doubled());
    span.add_link(linked(), doubled());
    span.end();
    let span = recorder.one();
    assert_eq!(span.attributes, unique());
    assert_eq!(span.dropped_attributes_count, 0);
    for event in span.events.iter() {
        assert_eq!((&event.attributes, event.dropped_attributes_count), (&unique(), 0));
    }
    for link in span.links.iter() {
        assert_eq!((&link.attributes, link.dropped_attributes_count), (&unique(), 0));
    }
}

#[test]
fn long_values_are_cut_at_a_character() {
    let (provider, recorder) = configured(|builder| builder.with_attribute_value_length_limit(4));
    let list = Value::Array(Array::String(vec!["short".into(), "ok".into(), "äöüßé".into()]));
    let long = || vec![KeyValue::new("crabs", "🦀🦀🦀🦀🦀"), KeyValue::new("list", list.clone())];
    let builder = SpanBuilder::from_name("long")
        .with_attributes(long())
        .with_events(vec![Event::new("event", crate::common::ms(1.0), long(), 0)])
        .with_links(vec![Link::new(linked(), long(), 0)]);
    let mut span = provider.tracer("test").build(builder);
    span.set_attribute(KeyValue::new("later", "abcdef"));
    span.set_attribute(KeyValue::new("number", 123_456));
    span.set_attribute(KeyValue::new("fits", "abcd"));
    span.add_event("later", long());
    span.add_link(linked(), long());
    span.end();
    let span = recorder.one();
    let cut = Value::Array(Array::String(vec!["shor".into(), "ok".into(), "äöüß".into()]));
    let expected = [KeyValue::new("crabs", "🦀🦀🦀🦀"), KeyValue::new("list", cut)];
    assert_eq!(span.attributes[..2], expected);
    assert_eq!(value(&span, "later"), Some("abcd".into()));
    assert_eq!(value(&span, "number"), Some(Value::I64(123_456)));
    assert_eq!(value(&span, "fits"), Some("abcd".into()));
    assert!(span.events.iter().all(|event| event.attributes == expected));
    assert!(span.links.iter().all(|link| link.attributes == expected));
    assert_eq!((span.events.len(), span.links.len(), span.dropped_attributes_count), (2, 2, 0));
}

#[test]
fn a_limit_of_nothing_leaves_empty_values() {
    let (provider, recorder) = configured(|builder| builder.with_attribute_value_length_limit(0));
    let mut span = provider.tracer("test").start("empty");
    span.set_attribute(KeyValue::new("a", "x"));
    span.end();
    assert_eq!(value(&recorder.one(), "a"), Some("".into()));
}
