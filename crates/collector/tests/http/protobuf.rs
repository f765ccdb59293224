//! Protobuf requests: taken like JSON, and answered in protobuf whatever happens.

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;

use crate::{
    client::{Response, send},
    fixture::Collector,
};

pub const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn span(trace: u8, id: u8, name: &str) -> Span {
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        name: name.into(),
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_000_001_000,
        ..Default::default()
    }
}

pub fn request(spans: Vec<Span>) -> Vec<u8> {
    let value = Some(AnyValue { value: Some(Value::StringValue("shop".into())) });
    let name = KeyValue { key: "service.name".into(), value, ..Default::default() };
    let resource = Some(Resource { attributes: vec![name], ..Default::default() });
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

pub fn one_span() -> Vec<u8> {
    request(vec![span(3, 1, "one")])
}

fn post(collector: &Collector, body: &[u8]) -> Response {
    send(collector.otlp(), "POST", "/v1/traces", &[PROTOBUF], body)
}

pub fn assert_status_message(response: &Response, status: u16, code: i32, word: &str) {
    assert_eq!((response.status, response.header("content-type")), (status, Some("application/x-protobuf")));
    let body = Status::decode(&*response.body).expect("a Status");
    assert_eq!(body.code, code);
    assert!(body.message.contains(word), "{}", body.message);
}

#[test]
fn spans_are_taken_and_full_success_is_an_empty_message() {
    let collector = Collector::start();
    let types = ["application/x-protobuf", "Application/X-Protobuf; charset=utf-8", "application/x-protobuf;v=1"];
    for (content_type, id) in types.into_iter().zip(1..) {
        let body = request(vec![span(1, id, "root")]);
        let response = send(collector.otlp(), "POST", "/v1/traces", &[("content-type", content_type)], &body);
        assert_eq!((response.status, response.header("content-type")), (200, Some("application/x-protobuf")));
        assert_eq!(response.body, b"", "{content_type}");
    }
    let empty = post(&collector, b"");
    assert_eq!((empty.status, empty.body.len()), (200, 0), "a request without spans is an empty message");
    let trace = collector.view(&format!("/api/traces/{}", "01".repeat(16))).json();
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 3);
    assert_eq!(trace["data"][0]["processes"]["p1"]["serviceName"], "shop");
}

#[test]
fn invalid_spans_are_rejected_and_odd_ones_kept_with_a_warning() {
    let collector = Collector::start();
    let partial = |spans: Vec<Span>| {
        let response = post(&collector, &request(spans));
        assert_eq!(response.status, 200);
        let response = ExportTraceServiceResponse::decode(&*response.body).expect("a response");
        response.partial_success.expect("partial success")
    };
    let with_id = |bytes: &[u8]| Span { span_id: bytes.into(), ..span(2, 1, "bad") };
    let result = partial(vec![with_id(&[0; 8]), span(2, 1, "good"), with_id(&[1; 7]), with_id(&[])]);
    assert_eq!(result.rejected_spans, 3);
    assert!(result.error_message.contains("spanId") && result.error_message.contains("first of 3"));
    let backwards = Span { end_time_unix_nano: 0, ..span(2, 2, "odd") };
    let result = partial(vec![backwards]);
    assert_eq!(result.rejected_spans, 0);
    assert!(result.error_message.contains("\"odd\": it ends before it starts"), "{}", result.error_message);
    let trace = collector.view(&format!("/api/traces/{}", "02".repeat(16))).json();
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 2);
}

#[test]
fn every_failure_is_a_status_message() {
    let collector = Collector::start();
    let body = one_span();
    assert_status_message(&post(&collector, &body[..body.len() - 1]), 400, 3, "Protobuf");
    assert_status_message(&post(&collector, b"{\"resourceSpans\":[]}"), 400, 3, "Content-Type: application/json");
    let send = |method: &str, path: &str, headers: &[(&str, &str)]| {
        send(collector.otlp(), method, path, &[&[PROTOBUF], headers].concat(), &body)
    };
    assert_status_message(&send("POST", "/v1/traces", &[("content-encoding", "br")]), 415, 3, "gzip");
    assert_status_message(&send("POST", "/v1/profiles", &[]), 404, 5, "/v1/traces");
    assert_status_message(&send("POST", "/v1/traces", &[("origin", "http://evil.example")]), 403, 7, "--allow-origin");
    let wrong_method = send("PUT", "/v1/traces", &[]);
    assert_status_message(&wrong_method, 405, 12, "PUT");
    assert_eq!(wrong_method.header("allow"), Some("POST, OPTIONS"));
}
