//! What is told is all that came: members and numbers that OTLP does not know yet, and what is no UTF-8, in every place.

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
use prost::Message;
use serde_json::{Value, json};

use crate::{
    client::{Response, send},
    endpoint::Endpoint,
    fixture::{Collector, PageDir, config},
    program::Started,
    protobuf::PROTOBUF,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn post(otlp: &str, path: &str, content_type: (&str, &str), body: &[u8]) -> Response {
    let answer = send(otlp, "POST", path, &[content_type], body);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer
}

/// As it is told, with members that OTLP does not have.
fn spans() -> Value {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }], "host": { "id": 7 } },
        "schemaUrl": "https://example.com/resource",
        "scopeSpans": [{
            "scope": { "name": "lib", "level": "high" },
            "schemaUrl": "https://example.com/scope",
            "spans": [
                { "traceId": TRACE, "spanId": "0000000000000001", "name": "plain", "kind": 0,
                  "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000001", "status": {} },
                { "traceId": TRACE, "spanId": "0000000000000002", "name": "new", "kind": 99, "flags": 257,
                  "startTimeUnixNano": "1700000000000000005", "endTimeUnixNano": "1700000000000000009",
                  "attributes": [{ "key": "list", "value": { "arrayValue": { "values": [{}, { "intValue": "1", "unit": "ms" }] } } }],
                  "events": [{ "timeUnixNano": "1" , "name": "e" }, { "timeUnixNano": "2", "weight": [1, { "a": null }] }],
                  "links": [{ "traceId": TRACE, "spanId": "0000000000000001", "flags": 1, "since": "1\"\u{fffd}" }],
                  "status": { "code": 9, "reason": true },
                  "profile": { "id": "x", "samples": [1, 2.5, "three"] } },
            ],
        }],
    }] })
}

fn logs() -> Value {
    json!({ "resourceLogs": [{
        "resource": { "attributes": [], "host": 1 },
        "scopeLogs": [{
            "scope": { "name": "lib", "level": 2 },
            "logRecords": [
                { "timeUnixNano": "9", "severityNumber": 200, "body": { "stringValue": "b", "format": "md" }, "thread": { "id": 5 } },
                { "timeUnixNano": "8", "severityNumber": -3 },
            ],
        }],
    }] })
}

#[test]
fn members_and_numbers_that_are_not_known_yet_come_back_also_after_a_kill() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data, "--max-age", "36500d"]);
    let mut started = start();
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
    let mut logs = logs();
    let as_sent = spans().to_string().replace(r#""arrayValue""#, r#""array_value""#);
    assert_eq!(post(&otlp, "/v1/traces", JSON, as_sent.as_bytes()).text(), r#"{"partialSuccess":{}}"#);
    assert_eq!(post(&otlp, "/v1/logs", JSON, logs.to_string().as_bytes()).text(), r#"{"partialSuccess":{}}"#);
    // What is empty is told as if it was not there.
    logs["resourceLogs"][0]["resource"].as_object_mut().unwrap().remove("attributes");
    let told = |started: &Started| {
        let viewer = started.url("viewer").trim_end_matches('/');
        let trace = crate::client::get(viewer, &format!("/api/v3/traces/{TRACE}")).json()["result"].take();
        (trace, crate::client::get(viewer, "/api/logs").json())
    };
    assert_eq!(told(&started), (spans(), logs.clone()));
    started.child.kill().unwrap();
    started.child.wait().unwrap();
    assert_eq!(told(&start()), (spans(), logs));
}

#[test]
fn a_field_that_comes_twice_has_the_members_of_the_last_one() {
    let collector = Collector::start();
    let span = |name: &str, more: &str| {
        format!(
            r#"{{"traceId":"{TRACE}","spanId":"0000000000000001","name":"{name}","startTimeUnixNano":"1","endTimeUnixNano":"2"{more}}}"#
        )
    };
    let (first, last) = (span("first", r#","new":1"#), span("last", r#","status":{"a":1},"status":{"b":2}"#));
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{first}],"spans":[{last}]}}]}}]}}"#);
    collector.take(&body);
    let answer = collector.view(&format!("/api/v3/traces/{TRACE}")).json();
    let told = &answer["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!((&told["name"], told.get("new"), &told["status"]), (&json!("last"), None, &json!({ "b": 2 })));
}

#[test]
fn members_that_are_large_or_deep_are_left_out_alone() {
    let collector = Collector::start();
    for member in [format!("\"{}\"", "x".repeat(70_000)), format!("{}{}", "[".repeat(200), "]".repeat(200))] {
        let mut body = spans();
        body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["large"] = json!("@");
        let body = body.to_string().replace("\"@\"", &member);
        let answer = post(collector.otlp(), "/v1/traces", JSON, body.as_bytes());
        let said = &answer.json()["partialSuccess"]["errorMessage"];
        assert!(said.as_str().unwrap_or_default().contains("member \"large\" is left out: it is not known"), "{said}");
    }
    assert_eq!(collector.view(&format!("/api/v3/traces/{TRACE}")).json()["result"], spans());
    // Of many small ones those that have room.
    let collector = Collector::start();
    let mut body = spans();
    for name in ["first", "second"] {
        body["resourceSpans"][0]["scopeSpans"][0]["spans"][0][name] = "x".repeat(40_000).into();
    }
    let answer = post(collector.otlp(), "/v1/traces", JSON, body.to_string().as_bytes());
    let said = answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap().to_owned();
    assert!(said.contains("member \"second\" is left out"), "{said}");
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0].as_object_mut().unwrap().remove("second");
    assert_eq!(collector.view(&format!("/api/v3/traces/{TRACE}")).json()["result"], body);
}

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(text.into())) }
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value), ..Default::default() }
}

/// With this in every text.
fn attributes(mark: &str) -> Vec<KeyValue> {
    let list = Any::ArrayValue(ArrayValue { values: vec![text(mark)] });
    let map = Any::KvlistValue(KeyValueList { values: vec![pair(mark, text(mark))] });
    vec![
        pair(&format!("{mark}key"), text(&format!("a {mark} b"))),
        pair("list", AnyValue { value: Some(list) }),
        pair("map", AnyValue { value: Some(map) }),
    ]
}

fn scope(mark: &str) -> InstrumentationScope {
    InstrumentationScope { name: mark.into(), version: mark.into(), attributes: attributes(mark), ..Default::default() }
}

fn resource(mark: &str) -> Resource {
    Resource { attributes: attributes(mark), ..Default::default() }
}

fn marked_spans(mark: &str) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: mark.into(),
        trace_state: mark.into(),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        attributes: attributes(mark),
        events: vec![Event { name: mark.into(), attributes: attributes(mark), ..Default::default() }],
        links: vec![Link {
            trace_id: vec![1; 16],
            span_id: vec![3; 8],
            trace_state: mark.into(),
            attributes: attributes(mark),
            ..Default::default()
        }],
        status: Some(Status { message: mark.into(), code: 2 }),
        ..Default::default()
    };
    let scope_spans = vec![ScopeSpans { scope: Some(scope(mark)), spans: vec![span], schema_url: mark.into() }];
    let resource_spans = vec![ResourceSpans { resource: Some(resource(mark)), scope_spans, schema_url: mark.into() }];
    ExportTraceServiceRequest { resource_spans }
}

fn marked_logs(mark: &str) -> ExportLogsServiceRequest {
    let body = Some(AnyValue { value: Some(Any::KvlistValue(KeyValueList { values: attributes(mark) })) });
    let record = |body| LogRecord {
        time_unix_nano: 1,
        severity_text: mark.into(),
        event_name: mark.into(),
        attributes: attributes(mark),
        body,
        ..Default::default()
    };
    let log_records = vec![record(Some(text(mark))), record(body)];
    let scope_logs = vec![ScopeLogs { scope: Some(scope(mark)), log_records, schema_url: mark.into() }];
    let resource_logs = vec![ResourceLogs { resource: Some(resource(mark)), scope_logs, schema_url: mark.into() }];
    ExportLogsServiceRequest { resource_logs }
}

/// The bytes that are no UTF-8, in place of the mark.
fn broken(encoded: Vec<u8>) -> Vec<u8> {
    encoded.into_iter().map(|byte| if byte == b'@' { 0xff } else { byte }).collect()
}

#[test]
fn what_is_no_utf_8_is_replaced_wherever_a_text_stands() {
    let bodies = [
        (PROTOBUF, broken(marked_spans("@").encode_to_vec()), broken(marked_logs("@").encode_to_vec())),
        (
            JSON,
            broken(serde_json::to_vec(&marked_spans("@")).unwrap()),
            broken(serde_json::to_vec(&marked_logs("@")).unwrap()),
        ),
    ];
    for (content_type, of_spans, of_logs) in bodies {
        let collector = Collector::start();
        post(collector.otlp(), "/v1/traces", content_type, &of_spans);
        post(collector.otlp(), "/v1/logs", content_type, &of_logs);
        let trace = collector.view(&format!("/api/v3/traces/{}", "01".repeat(16))).json()["result"].take();
        let trace: ExportTraceServiceRequest = serde_json::from_value(trace).unwrap();
        assert_eq!(trace, marked_spans("\u{fffd}"));
        let mut logs: ExportLogsServiceRequest = serde_json::from_value(collector.view("/api/logs").json()).unwrap();
        // The newest are first; these are of one time.
        logs.resource_logs[0].scope_logs[0].log_records.reverse();
        assert_eq!(logs, marked_logs("\u{fffd}"));
    }
}

#[test]
fn what_is_too_deep_costs_its_record_and_no_other() {
    let collector = Collector::start();
    let nested = |lists: usize| {
        (0..lists)
            .fold(text("x"), |inner, _| AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![inner] })) })
    };
    let mut request = marked_spans("a");
    let spans = &mut request.resource_spans[0].scope_spans[0].spans;
    for (id, lists) in [(4, 40), (5, 2_000), (6, 1)] {
        let mut span = spans[0].clone();
        span.span_id = vec![id; 8];
        span.attributes = vec![pair("deep", nested(lists))];
        spans.push(span);
    }
    let answer = post(collector.otlp(), "/v1/traces", PROTOBUF, &request.encode_to_vec());
    let said = String::from_utf8_lossy(&answer.body);
    assert!(said.contains("span \"a\": ") && said.contains("recursion limit"), "{said}");
    let told = collector.view(&format!("/api/traces/{}", "01".repeat(16))).json();
    assert_eq!(told["data"][0]["spans"].as_array().map(Vec::len), Some(3));

    let mut request = marked_logs("a");
    let records = &mut request.resource_logs[0].scope_logs[0].log_records;
    let deep = LogRecord { body: Some(nested(2_000)), ..records[0].clone() };
    records.insert(1, deep);
    let answer = post(collector.otlp(), "/v1/logs", PROTOBUF, &request.encode_to_vec());
    let said = String::from_utf8_lossy(&answer.body);
    assert!(said.contains("log record \"a\": ") && said.contains("recursion limit"), "{said}");
    let told = collector.view("/api/logs").json();
    assert_eq!(told["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().map(Vec::len), Some(2));
}

/// Fields that nobody knows yet are handed on as they came, of every signal.
#[test]
fn protobuf_is_handed_on_as_it_came() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let target = collector::Target::new(&endpoint.url(), &[]).unwrap();
    let config = collector::Config { forward: vec![collector::Forward::to(target)], ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    // A record of each, with field 100 in it: what holds a record is the list in a scope, in a resource.
    let held = |field: u8, content: Vec<u8>| {
        let mut bytes = vec![field << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut bytes);
        [bytes, content].concat()
    };
    let unknown = [0xa2, 0x06, 1, b'x'];
    let span = marked_spans("a").resource_spans[0].scope_spans[0].spans[0].encode_to_vec();
    let record = marked_logs("a").resource_logs[0].scope_logs[0].log_records[0].encode_to_vec();
    let metric = held(1, b"m".to_vec());
    for (path, record) in [("/v1/traces", span), ("/v1/logs", record), ("/v1/metrics", metric)] {
        let body = held(1, held(2, held(2, [&record[..], &unknown].concat())));
        post(collector.otlp(), path, PROTOBUF, &body);
        let received = endpoint.next();
        assert!(received.target.ends_with(path) && received.body == body, "{path}");
    }
}
