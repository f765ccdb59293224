//! The encoder against opentelemetry-proto, for whatever spans proptest comes up with.

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::trace::{TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::delivery::queue::{Item, Measure};
use crate::encode::spans::SPANS;
use crate::encode::{Encoder, Fragment, Frame};

/// Any UTF-8, control characters and surrogate pairs' neighbours included.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

fn finite() -> impl Strategy<Value = f64> {
    use proptest::num::f64;
    f64::NORMAL | f64::SUBNORMAL | f64::ZERO
}

fn value() -> impl Strategy<Value = Value> {
    let int = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)];
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        int.clone().prop_map(Value::I64),
        finite().prop_map(Value::F64),
        text().prop_map(Value::from),
        vec(any::<bool>(), 0..4).prop_map(|values| Value::Array(Array::Bool(values))),
        vec(int, 0..4).prop_map(|values| Value::Array(Array::I64(values))),
        vec(finite(), 0..4).prop_map(|values| Value::Array(Array::F64(values))),
        vec(text().prop_map(Into::into), 0..4).prop_map(|values| Value::Array(Array::String(values))),
    ]
}

/// Attributes with different keys: what becomes of equal ones is a case of its own.
fn pairs() -> impl Strategy<Value = Vec<KeyValue>> {
    hash_map(text(), value(), 0..5)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect())
}

fn moment() -> impl Strategy<Value = SystemTime> {
    prop_oneof![
        any::<u64>().prop_map(|nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)),
        any::<u32>().prop_map(|seconds| SystemTime::UNIX_EPOCH - Duration::from_secs(seconds.into())),
    ]
}

fn trace_state() -> impl Strategy<Value = TraceState> {
    hash_map("[a-z][a-z0-9_*/-]{0,9}", "[!-+.-<>-~]{1,9}", 0..4)
        .prop_map(|entries| TraceState::from_key_value(entries).expect("a valid trace state"))
}

fn span_context() -> impl Strategy<Value = SpanContext> {
    (any::<u128>(), any::<u64>(), any::<u8>(), any::<bool>(), trace_state()).prop_map(
        |(trace, span, flags, is_remote, state)| {
            SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), is_remote, state)
        },
    )
}

fn scope() -> impl Strategy<Value = InstrumentationScope> {
    (text(), option::of(text()), option::of(text()), pairs()).prop_map(|(name, version, schema_url, pairs)| {
        let mut scope = InstrumentationScope::builder(name).with_attributes(pairs);
        if let Some(version) = version {
            scope = scope.with_version(version);
        }
        if let Some(url) = schema_url {
            scope = scope.with_schema_url(url);
        }
        scope.build()
    })
}

fn events() -> impl Strategy<Value = SpanEvents> {
    let event = (text(), moment(), pairs(), any::<u32>())
        .prop_map(|(name, time, pairs, dropped)| Event::new(name, time, pairs, dropped));
    (vec(event, 0..3), any::<u32>()).prop_map(|(events, dropped)| {
        let mut all = SpanEvents::default();
        (all.events, all.dropped_count) = (events, dropped);
        all
    })
}

fn links() -> impl Strategy<Value = SpanLinks> {
    let link = (span_context(), pairs(), any::<u32>()).prop_map(|(cx, pairs, dropped)| Link::new(cx, pairs, dropped));
    (vec(link, 0..3), any::<u32>()).prop_map(|(links, dropped)| {
        let mut all = SpanLinks::default();
        (all.links, all.dropped_count) = (links, dropped);
        all
    })
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Unset), Just(Status::Ok), text().prop_map(Status::error)]
}

fn kind() -> impl Strategy<Value = SpanKind> {
    prop_oneof![
        Just(SpanKind::Internal),
        Just(SpanKind::Server),
        Just(SpanKind::Client),
        Just(SpanKind::Producer),
        Just(SpanKind::Consumer),
    ]
}

fn span() -> impl Strategy<Value = SpanData> {
    let identity = (span_context(), any::<u64>(), any::<bool>(), kind(), text());
    let rest = (moment(), moment(), pairs(), any::<u32>(), events(), links(), status(), scope());
    (identity, rest).prop_map(|((span_context, parent, parent_span_is_remote, span_kind, name), rest)| {
        let (start_time, end_time, attributes, dropped_attributes_count, events, links, status, scope) = rest;
        SpanData {
            span_context,
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote,
            span_kind,
            name: name.into(),
            start_time,
            end_time,
            attributes,
            dropped_attributes_count,
            events,
            links,
            status,
            instrumentation_scope: scope,
        }
    })
}

/// Spans of a few scopes, mixed.
fn spans() -> impl Strategy<Value = Vec<SpanData>> {
    (vec(span(), 1..8), vec(any::<prop::sample::Index>(), 8)).prop_map(|(mut spans, picks)| {
        let scopes: Vec<_> = spans.iter().take(3).map(|span| span.instrumentation_scope.clone()).collect();
        for (span, pick) in spans.iter_mut().zip(picks) {
            span.instrumentation_scope = pick.get(&scopes).clone();
        }
        spans
    })
}

fn resource() -> impl Strategy<Value = Resource> {
    (pairs(), option::of("https?://[a-z]{1,9}/[0-9.]{1,5}")).prop_map(|(pairs, schema_url)| match schema_url {
        Some(url) => Resource::builder_empty().with_schema_url(pairs, url).build(),
        None => Resource::builder_empty().with_attributes(pairs).build(),
    })
}

fn message(spans: Vec<SpanData>, resource: &Resource) -> ExportTraceServiceRequest {
    let resource = ResourceAttributesWithSchema::from(resource);
    in_order(ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &resource) })
}

/// A resource is a hash map; the order of its attributes means nothing.
fn in_order(mut request: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    for resource in request.resource_spans.iter_mut().filter_map(|spans| spans.resource.as_mut()) {
        resource.attributes.sort_by(|left, right| left.key.cmp(&right.key));
    }
    request
}

fn decoded(bytes: &[u8]) -> ExportTraceServiceRequest {
    in_order(
        serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes))),
    )
}

proptest! {
    #[test]
    fn decoding_gives_the_message_of_upstreams_transform(spans in spans(), resource in resource()) {
        let frame = Frame::new(&(&resource).into(), SPANS);
        let fragments = encoded(&spans);
        let bytes = frame.around(fragments.iter());
        let items: Vec<Item> = fragments.iter().map(Fragment::item).collect();
        prop_assert_eq!(bytes.len(), Measure::of(frame.len(), &items));
        prop_assert_eq!(decoded(&bytes), message(spans, &resource));
    }

    #[test]
    fn a_limit_cuts_between_spans(spans in spans(), resource in resource(), limit in 0..4000_usize) {
        let frame = Frame::new(&(&resource).into(), SPANS);
        let (fragments, mut measure) = (encoded(&spans), Measure::new(frame.len()));
        let mut taken = Vec::new();
        for (span, fragment) in spans.into_iter().zip(&fragments) {
            let with_it: Vec<&Fragment> = taken.iter().map(|(_, taken)| *taken).chain([fragment]).collect();
            let alone = frame.around(with_it.iter().copied()).len();
            if measure.push(fragment.item(), limit) {
                prop_assert!(alone <= limit);
                prop_assert_eq!(measure.len(), alone);
                taken.push((span, fragment));
            } else {
                prop_assert!(alone > limit, "{} fits into {}", alone, limit);
            }
        }
        let (taken, fragments): (Vec<SpanData>, Vec<&Fragment>) = taken.into_iter().unzip();
        let bytes = frame.around(fragments.into_iter());
        prop_assert_eq!(bytes.len(), measure.len());
        if taken.is_empty() {
            prop_assert_eq!(spans_by_scope(&decoded(&bytes)), HashMap::new());
        } else {
            prop_assert_eq!(decoded(&bytes), message(taken, &resource));
        }
    }
}

fn encoded(spans: &[SpanData]) -> Vec<Fragment> {
    let mut encoder = Encoder::default();
    for span in spans {
        encoder.encode(SPANS, span);
    }
    encoder.take()
}

fn spans_by_scope(request: &ExportTraceServiceRequest) -> HashMap<String, usize> {
    let groups = request.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
    groups.map(|group| (group.scope.clone().unwrap_or_default().name, group.spans.len())).collect()
}
