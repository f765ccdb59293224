//! How much a span may have, and what is counted of the rest.

use opentelemetry::KeyValue;
use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, TraceFlags, TraceState, Tracer, TracerProvider as _,
};
use opentelemetry_browser::TracerProvider;
use opentelemetry_sdk::trace::SpanLimits;

use crate::common::{Recorder, configured, ms, pipeline, test, value};

fn limited() -> (TracerProvider, Recorder) {
    let limits = SpanLimits {
        max_attributes_per_span: 3,
        max_events_per_span: 2,
        max_links_per_span: 2,
        max_attributes_per_event: 2,
        max_attributes_per_link: 1,
    };
    configured(|builder| builder.with_span_limits(limits))
}

fn linked() -> SpanContext {
    SpanContext::new(1.into(), 1.into(), TraceFlags::SAMPLED, true, TraceState::NONE)
}

fn pairs(count: usize) -> Vec<KeyValue> {
    (0..count).map(|number| KeyValue::new(format!("k{number}"), number as i64)).collect()
}

#[test]
fn the_first_attributes_stay_and_the_others_are_counted() {
    let (provider, recorder) = limited();
    let mut span = provider.tracer("test").start("many");
    span.set_attributes(pairs(10));
    span.end();
    let span = recorder.one();
    assert_eq!((span.attributes, span.dropped_attributes_count), (pairs(3), 7));
}

#[test]
fn a_builders_attributes_count_against_the_same_limit() {
    let (provider, recorder) = limited();
    let tracer = provider.tracer("test");
    tracer.build(SpanBuilder::from_name("too many").with_attributes(pairs(5))).end();
    let mut span = tracer.build(SpanBuilder::from_name("two and two").with_attributes(pairs(2)));
    span.set_attributes([KeyValue::new("x", 1), KeyValue::new("y", 2)]);
    span.end();
    let span = recorder.named("too many");
    assert_eq!((span.attributes, span.dropped_attributes_count), (pairs(3), 2));
    let span = recorder.named("two and two");
    assert_eq!((span.attributes.len(), span.dropped_attributes_count), (3, 1));
    assert!(value(&span, "x").is_some() && value(&span, "y").is_none());
}

#[test]
fn at_the_limit_values_can_still_be_replaced() {
    let (provider, recorder) = limited();
    let mut span = provider.tracer("test").build(SpanBuilder::from_name("full").with_attributes(pairs(2)));
    // New keys take all the room that there is, and more.
    span.set_attributes((0..50).map(|number| KeyValue::new(format!("new{number}"), number)));
    // The builder's keys, and those that were added, can be set again.
    for number in 0..3 {
        span.set_attribute(KeyValue::new("k0", number * 10));
        span.set_attribute(KeyValue::new("k1", number * 100));
        span.set_attribute(KeyValue::new("new0", number * 1000));
    }
    span.end();
    let span = recorder.one();
    assert_eq!(span.attributes, [KeyValue::new("k0", 20), KeyValue::new("k1", 200), KeyValue::new("new0", 2000)]);
    assert_eq!(span.dropped_attributes_count, 49);
}

#[test]
fn events_and_links_are_limited_and_so_are_their_attributes() {
    let (provider, recorder) = limited();
    let event = || Event::new("built", ms(1.0), pairs(5), 0);
    let link = || Link::new(linked(), pairs(5), 0);
    let builder = SpanBuilder::from_name("many").with_events(vec![event()]).with_links(vec![link()]);
    let mut span = provider.tracer("test").build(builder);
    for _ in 0..4 {
        span.add_event("added", pairs(4));
        span.add_link(linked(), pairs(4));
    }
    span.end();
    let span = recorder.one();
    assert_eq!((span.events.len(), span.events.dropped_count), (2, 3));
    assert_eq!((span.links.len(), span.links.dropped_count), (2, 3));
    let of_events: Vec<_> =
        span.events.iter().map(|event| (event.attributes.len(), event.dropped_attributes_count)).collect();
    let of_links: Vec<_> =
        span.links.iter().map(|link| (link.attributes.len(), link.dropped_attributes_count)).collect();
    assert_eq!(of_events, [(2, 3), (2, 2)]);
    assert_eq!(of_links, [(1, 4), (1, 3)]);
}

#[test]
fn the_defaults_are_the_specifications() {
    let (provider, recorder) = pipeline();
    let mut span = provider.tracer("test").start("many");
    span.set_attributes(pairs(200));
    for _ in 0..200 {
        span.add_event("event", pairs(200));
        span.add_link(linked(), pairs(200));
    }
    span.end();
    let span = recorder.one();
    assert_eq!((span.attributes.len(), span.dropped_attributes_count), (128, 72));
    assert_eq!((span.events.len(), span.events.dropped_count), (128, 72));
    assert_eq!((span.links.len(), span.links.dropped_count), (128, 72));
    assert_eq!((span.events[0].attributes.len(), span.events[0].dropped_attributes_count), (128, 72));
    assert_eq!((span.links[0].attributes.len(), span.links[0].dropped_attributes_count), (128, 72));
}

#[test]
fn a_limit_of_nothing_holds() {
    let limits = SpanLimits { max_attributes_per_span: 0, max_events_per_span: 0, ..SpanLimits::default() };
    let (provider, recorder) = configured(|builder| builder.with_span_limits(limits));
    let mut span = provider.tracer("test").build(SpanBuilder::from_name("none").with_attributes(pairs(2)));
    span.set_attributes([KeyValue::new("x", 1)]);
    span.add_event("event", Vec::new());
    span.end();
    let span = recorder.one();
    assert_eq!((span.attributes.len(), span.dropped_attributes_count), (0, 3));
    assert_eq!((span.events.len(), span.events.dropped_count), (0, 1));
}
