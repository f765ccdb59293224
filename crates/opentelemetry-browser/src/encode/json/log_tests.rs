//! The encoder of log records against opentelemetry-proto, for whatever records proptest comes up with.

use std::time::{Duration, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{InstrumentationScope, SpanId, TraceFlags, TraceId};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{self as common, KeyValue};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogBatch, SdkLogRecord, SdkLogger, SdkLoggerProvider};
use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::delivery::queue::{Item, Measure};
use crate::encode::logs::LOGS;
use crate::encode::{Encoder, Fragment, Frame};
use crate::log::processor::record_of;
use crate::log::record::Limits;
use crate::log::value::DEEPEST;

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

fn value() -> impl Strategy<Value = AnyValue> {
    use proptest::num::f64;
    let leaf = prop_oneof![
        any::<bool>().prop_map(AnyValue::Boolean),
        any::<i64>().prop_map(AnyValue::Int),
        (f64::NORMAL | f64::SUBNORMAL | f64::ZERO).prop_map(AnyValue::Double),
        text().prop_map(AnyValue::from),
        vec(any::<u8>(), 0..9).prop_map(|bytes| AnyValue::Bytes(Box::new(bytes))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AnyValue::from_iter),
            hash_map(text(), inner, 0..4).prop_map(AnyValue::from_iter),
        ]
    })
}

fn severity() -> impl Strategy<Value = Severity> {
    prop_oneof![
        Just(Severity::Trace),
        Just(Severity::Debug2),
        Just(Severity::Info),
        Just(Severity::Warn3),
        Just(Severity::Error),
        Just(Severity::Fatal4),
    ]
}

fn moment() -> impl Strategy<Value = SystemTime> {
    any::<u64>().prop_map(|nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos))
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("session.start"), Just("a \"b\""), Just(""), Just("☃")]
}

fn record(logger: SdkLogger) -> impl Strategy<Value = SdkLogRecord> {
    let what = (option::of(name()), option::of(severity()), option::of(name()), option::of(value()));
    let context = option::of((1..u128::MAX, 1..u64::MAX, option::of(any::<u8>())));
    let when = (option::of(moment()), moment());
    (what, when, context, hash_map(text(), value(), 0..5), option::of(name())).prop_map(
        move |((event, severity, severity_text, body), (time, observed), context, attributes, target)| {
            let mut record = logger.create_log_record();
            event.into_iter().for_each(|event| record.set_event_name(event));
            severity.into_iter().for_each(|severity| record.set_severity_number(severity));
            severity_text.into_iter().for_each(|text| record.set_severity_text(text));
            body.into_iter().for_each(|body| record.set_body(body));
            time.into_iter().for_each(|time| record.set_timestamp(time));
            record.set_observed_timestamp(observed);
            record.add_attributes(attributes);
            target.into_iter().for_each(|target| record.set_target(target));
            if let Some((trace, span, flags)) = context {
                record.set_trace_context(TraceId::from(trace), SpanId::from(span), flags.map(TraceFlags::new));
            }
            record
        },
    )
}

fn records() -> impl Strategy<Value = Vec<(SdkLogRecord, InstrumentationScope)>> {
    let logger = SdkLoggerProvider::builder().build().logger("");
    let scope = prop_oneof![Just("first"), Just("second")].prop_map(|name| {
        InstrumentationScope::builder(name).with_version("1").with_schema_url("https://schema.example/1").build()
    });
    vec((record(logger), scope), 1..8)
}

fn encoded(records: &[(SdkLogRecord, InstrumentationScope)]) -> Vec<Fragment> {
    let mut encoder = Encoder::default();
    for (record, scope) in records {
        encoder.encode(LOGS, &record_of(record, scope, Limits::default()));
    }
    encoder.take()
}

/// Maps are hash maps, and upstream's groups come from one: their order means nothing.
fn in_order(mut request: ExportLogsServiceRequest) -> ExportLogsServiceRequest {
    for group in request.resource_logs.iter_mut().flat_map(|logs| &mut logs.scope_logs) {
        for record in &mut group.log_records {
            record.body.iter_mut().for_each(sort);
            sort_pairs(&mut record.attributes);
        }
    }
    for logs in &mut request.resource_logs {
        logs.resource.iter_mut().for_each(|resource| sort_pairs(&mut resource.attributes));
        logs.scope_logs.sort_by_key(|group| group.scope.clone().unwrap_or_default().name);
    }
    request
}

fn sort_pairs(pairs: &mut [KeyValue]) {
    pairs.sort_by(|left, right| left.key.cmp(&right.key));
    pairs.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(sort);
}

fn sort(value: &mut common::AnyValue) {
    match &mut value.value {
        Some(Value::KvlistValue(list)) => sort_pairs(&mut list.values),
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(sort),
        _ => {}
    }
}

fn decoded(bytes: &[u8]) -> ExportLogsServiceRequest {
    in_order(
        serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes))),
    )
}

proptest! {
    #[test]
    fn decoding_gives_the_message_of_upstreams_transform(records in records()) {
        let resource = Resource::builder_empty().with_service_name("shop").build();
        let frame = Frame::new(&(&resource).into(), LOGS);
        let fragments = encoded(&records);
        let bytes = frame.around(fragments.iter());
        let items: Vec<Item> = fragments.iter().map(Fragment::item).collect();
        prop_assert_eq!(bytes.len(), Measure::of(frame.len(), &items));
        let batch: Vec<_> = records.iter().map(|(record, scope)| (record, scope)).collect();
        let resource_logs = group_logs_by_resource_and_scope(
            &LogBatch::new(&batch),
            &ResourceAttributesWithSchema::from(&resource),
        );
        prop_assert_eq!(decoded(&bytes), in_order(ExportLogsServiceRequest { resource_logs }));
    }
}

#[test]
fn what_lies_too_deep_is_left_empty_and_nothing_overflows() {
    let mut body = AnyValue::from("deepest");
    for _ in 0..10_000 {
        body = AnyValue::from_iter([body]);
    }
    let logger = SdkLoggerProvider::builder().build().logger("");
    let mut record = logger.create_log_record();
    record.set_observed_timestamp(SystemTime::UNIX_EPOCH);
    record.set_body(body);
    let scope = InstrumentationScope::builder("s").build();
    // Upstream's values are dropped one within the other: this is as deep as its own code takes.
    let fragments = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let ours = record_of(&record, &scope, Limits { value_length: Some(3), ..Limits::default() });
        assert!(crate::encode::signal::Record::weight(&ours) < 10_000);
        let mut encoder = Encoder::default();
        encoder.encode(LOGS, &ours);
        encoder.take()
    });
    let fragments = fragments.expect("a thread").join().expect("no overflow");
    let resource = Resource::builder_empty().build();
    let bytes = Frame::new(&(&resource).into(), LOGS).around(fragments.iter());
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    assert_eq!(text.matches("arrayValue").count(), DEEPEST, "{text}");
    assert_eq!(decoded(&bytes).resource_logs[0].scope_logs[0].log_records.len(), 1);
}
