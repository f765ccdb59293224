//! What was sent is what is told, field by field, also after the program was killed and by a program that came later.

use std::{fs, io::Read};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value as Any},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, Status,
        span::{Event, Link},
    },
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use prost::Message;
use serde_json::Value;

use crate::{
    client::{get, send},
    fixture::PageDir,
    program::Started,
    protobuf::PROTOBUF,
};

fn value() -> impl Strategy<Value = AnyValue> {
    let value = prop_oneof![
        "[a-zé\"<]{0,8}".prop_map(Any::StringValue),
        any::<bool>().prop_map(Any::BoolValue),
        any::<i64>().prop_map(Any::IntValue),
        (-1e9..1e9).prop_map(Any::DoubleValue),
        vec(any::<u8>(), 0..5).prop_map(Any::BytesValue),
    ];
    let value = value.prop_recursive(3, 8, 3, |inner| {
        let values = vec(inner.clone().prop_map(|value| AnyValue { value: Some(value) }), 0..3);
        let pairs = vec(("[a-z]{0,3}", inner), 0..3);
        prop_oneof![
            values.prop_map(|values| Any::ArrayValue(ArrayValue { values })),
            pairs.prop_map(|pairs| {
                let pair = |(key, value): (String, Any)| KeyValue {
                    key,
                    value: Some(AnyValue { value: Some(value) }),
                    ..Default::default()
                };
                Any::KvlistValue(KeyValueList { values: pairs.into_iter().map(pair).collect() })
            }),
        ]
    });
    value.prop_map(|value| AnyValue { value: Some(value) })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let attribute = ("[a-z.]{1,6}", value());
    vec(attribute.prop_map(|(key, value)| KeyValue { key, value: Some(value), ..Default::default() }), 0..4)
}

fn span() -> impl Strategy<Value = Span> {
    let ids = (1..4_u8, option::of(any::<[u8; 8]>()), any::<u32>());
    let numbers = (any::<u32>(), any::<u32>(), any::<i32>(), any::<[u32; 3]>());
    let event =
        (any::<u64>(), "[a-z]{0,5}", attributes(), any::<u32>()).prop_map(|(time, name, attributes, dropped)| Event {
            time_unix_nano: time,
            name,
            attributes,
            dropped_attributes_count: dropped,
        });
    let link = (any::<[u8; 16]>(), any::<[u8; 8]>(), attributes(), any::<[u32; 2]>(), "[a-z=,]{0,9}").prop_map(
        |(trace, span, attributes, [flags, dropped], trace_state)| Link {
            trace_id: trace.into(),
            span_id: span.into(),
            trace_state,
            attributes,
            flags,
            dropped_attributes_count: dropped,
        },
    );
    let status = ("[a-z]{0,5}", any::<i32>()).prop_map(|(message, code)| Status { message, code });
    (ids, numbers, "[a-z/ ]{0,9}", attributes(), vec(event, 0..3), vec(link, 0..3), status).prop_map(
        |((trace, parent, flags), (start, length, kind, dropped), name, attributes, events, links, status)| Span {
            trace_id: vec![trace; 16],
            parent_span_id: parent.map(Vec::from).unwrap_or_default(),
            flags,
            name,
            kind,
            trace_state: "c=d".into(),
            start_time_unix_nano: start.into(),
            end_time_unix_nano: u64::from(start) + u64::from(length),
            attributes,
            events,
            links,
            status: Some(status),
            dropped_attributes_count: dropped[0],
            dropped_events_count: dropped[1],
            dropped_links_count: dropped[2],
            ..Default::default()
        },
    )
}

fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope = ("[a-z]{0,4}", "[0-9.]{0,4}", attributes(), "[a-z:/]{0,9}", vec(span(), 1..6));
    let scope = scope.prop_map(|(name, version, attributes, schema_url, spans)| ScopeSpans {
        scope: Some(InstrumentationScope { name, version, attributes, dropped_attributes_count: 1 }),
        spans,
        schema_url,
    });
    let resource = (attributes(), any::<u32>(), "[a-z:/]{0,9}", vec(scope, 1..4));
    let resource = resource.prop_map(|(attributes, dropped, schema_url, scope_spans)| ResourceSpans {
        resource: Some(Resource { attributes, dropped_attributes_count: dropped, ..Default::default() }),
        scope_spans,
        schema_url,
    });
    vec(resource, 1..4).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn log_record() -> impl Strategy<Value = LogRecord> {
    let ids = (option::of(any::<[u8; 16]>()), option::of(any::<[u8; 8]>()));
    (any::<[u32; 4]>(), any::<i32>(), "[A-Z]{0,5}", option::of(value()), attributes(), ids).prop_map(
        |([time, observed, dropped, flags], severity, severity_text, body, attributes, (trace, span))| LogRecord {
            time_unix_nano: time.into(),
            observed_time_unix_nano: observed.into(),
            severity_number: severity,
            severity_text,
            body,
            attributes,
            dropped_attributes_count: dropped,
            flags,
            trace_id: trace.map(Vec::from).unwrap_or_default(),
            span_id: span.map(Vec::from).unwrap_or_default(),
            event_name: String::new(),
        },
    )
}

fn logs() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let scope = ("[a-z]{0,4}", attributes(), any::<u32>(), "[a-z:/]{0,9}", vec(log_record(), 1..6));
    let scope = scope.prop_map(|(name, attributes, dropped, schema_url, log_records)| ScopeLogs {
        scope: Some(InstrumentationScope { name, version: "1".into(), attributes, dropped_attributes_count: dropped }),
        log_records,
        schema_url,
    });
    let resource = (attributes(), any::<u32>(), "[a-z:/]{0,9}", vec(scope, 1..4));
    let resource = resource.prop_map(|(attributes, dropped, schema_url, scope_logs)| ResourceLogs {
        resource: Some(Resource { attributes, dropped_attributes_count: dropped, ..Default::default() }),
        scope_logs,
        schema_url,
    });
    vec(resource, 1..4).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

/// Each record with all that it comes from, in the order of their events' names.
fn whole_logs(resource_logs: Vec<ResourceLogs>) -> Vec<(String, ResourceLogs)> {
    let mut all = Vec::new();
    for of_resource in resource_logs {
        for of_scope in &of_resource.scope_logs {
            all.extend(of_scope.log_records.iter().map(|record| {
                let scope = ScopeLogs { log_records: vec![record.clone()], ..of_scope.clone() };
                (record.event_name.clone(), ResourceLogs { scope_logs: vec![scope], ..of_resource.clone() })
            }));
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn told_logs(started: &Started) -> Vec<(String, ResourceLogs)> {
    let answer = get(started.url("viewer").trim_end_matches('/'), "/api/logs?limit=10000").json();
    let request: ExportLogsServiceRequest = serde_json::from_value(answer).expect("OTLP JSON");
    whole_logs(request.resource_logs)
}

#[test]
fn every_field_of_log_records_comes_back_also_after_a_kill() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data]);
    let mut started = start();
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Random, ..Config::default() });
    let mut sent = Vec::new();
    let mut next = 0;
    for number in 0..20 {
        let mut request = logs().new_tree(&mut runner).expect("a request").current();
        let scopes = request.resource_logs.iter_mut().flat_map(|resource| &mut resource.scope_logs);
        for record in scopes.flat_map(|scope| &mut scope.log_records) {
            next += 1;
            record.event_name = format!("{next:09}");
        }
        let (content_type, body) = match number % 2 {
            0 => (PROTOBUF, request.encode_to_vec()),
            _ => (("content-type", "application/json"), serde_json::to_vec(&request).unwrap()),
        };
        assert_eq!(send(&otlp, "POST", "/v1/logs", &[content_type], &body).status, 200);
        sent.extend(request.resource_logs);
    }
    let sent = whole_logs(sent);
    assert!(told_logs(&started) == sent, "what is told differs");
    started.child.kill().unwrap();
    started.child.wait().unwrap();
    assert!(told_logs(&start()) == sent, "what is told after the kill differs");
}

/// A span with all that it comes from.
type Whole = (Vec<u8>, Option<Resource>, String, Option<InstrumentationScope>, String, Span);

/// Each span by itself, in the order of their ids.
fn whole(resource_spans: Vec<ResourceSpans>) -> Vec<Whole> {
    let mut all = Vec::new();
    for of_resource in resource_spans {
        for of_scope in of_resource.scope_spans {
            all.extend(of_scope.spans.into_iter().map(|span| {
                let (resource, scope) = (of_resource.resource.clone(), of_scope.scope.clone());
                (
                    span.span_id.clone(),
                    resource,
                    of_resource.schema_url.clone(),
                    scope,
                    of_scope.schema_url.clone(),
                    span,
                )
            }));
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// What the program tells of these traces, read by the published types.
fn told(started: &Started, traces: impl Iterator<Item = String>) -> Vec<Whole> {
    let viewer = started.url("viewer").trim_end_matches('/');
    let mut all = Vec::new();
    for trace in traces {
        let answer = get(viewer, &format!("/api/v3/traces/{trace}"));
        if answer.status == 200 {
            all.extend(read(&answer.json()["result"]));
        }
    }
    whole(all)
}

fn read(result: &Value) -> Vec<ResourceSpans> {
    let request: ExportTraceServiceRequest = serde_json::from_value(result.clone()).expect("OTLP JSON");
    request.resource_spans
}

#[test]
fn every_field_comes_back_also_after_a_kill() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data]);
    let mut started = start();
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Random, ..Config::default() });
    let mut sent = Vec::new();
    let mut next = 0_u64;
    for number in 0..20 {
        let mut request = request().new_tree(&mut runner).expect("a request").current();
        let scopes = request.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans);
        for span in scopes.flat_map(|scope| &mut scope.spans) {
            next += 1;
            span.span_id = next.to_be_bytes().into();
        }
        let (content_type, body) = match number % 2 {
            0 => (PROTOBUF, request.encode_to_vec()),
            _ => (("content-type", "application/json"), serde_json::to_vec(&request).unwrap()),
        };
        assert_eq!(send(&otlp, "POST", "/v1/traces", &[content_type], &body).status, 200);
        sent.extend(request.resource_spans);
    }
    let sent = whole(sent);
    let traces = || (1..4_u8).map(|trace| format!("{trace:02x}").repeat(16));
    assert!(told(&started, traces()) == sent, "what is told differs");
    started.child.kill().unwrap();
    started.child.wait().unwrap();
    assert!(told(&start(), traces()) == sent, "what is told after the kill differs");
}

/// Written by the version before, whose blocks had one resource and scope each.
#[test]
fn a_database_of_the_format_before_is_carried_over() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut database = Vec::new();
    GzDecoder::new(&include_bytes!("../data/format-1.redb.gz")[..]).read_to_end(&mut database).unwrap();
    fs::write(data.join("traces.redb"), &database).unwrap();
    let expected: Value = serde_json::from_str(include_str!("../data/format-1.json")).unwrap();
    let expected = whole(expected.as_array().unwrap().iter().flat_map(|answer| read(&answer["result"])).collect());
    assert_eq!(expected.len(), 6);
    let data = data.display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data, "--max-age", "36500d"]);
    let traces = || (1..=2_u8).map(|trace| format!("{trace:032x}"));
    // The second time it was written to.
    for round in 1..=2_u64 {
        let started = start();
        assert_eq!(told(&started, traces()), expected, "round {round}");
        let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
        let body = crate::fixture::request("new", &[crate::fixture::span(100 + round, 1, 0, "a", 0, 5)]);
        assert_eq!(
            send(otlp, "POST", "/v1/traces", &[("content-type", "application/json")], body.as_bytes()).status,
            200
        );
        assert_eq!(started.ended(Some("TERM")).0, Some(0));
    }
}
