//! Ids by which records refer to spans (links, log records, exemplars): one that is none is left out, in both formats. Kept as it came it
//! would have a stricter backend refuse the whole request that it is handed on in.

use collector::{Config, Forward, Target};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest,
        metrics::v1::ExportMetricsServiceRequest,
        trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    },
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Exemplar, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data, number_data_point::Value,
    },
    trace::v1::{Span, span::Link},
};
use prost::Message;
use serde_json::{Value as Json, json};

use crate::{
    client::send,
    endpoint::{Endpoint, Received},
    fixture::{Collector, PageDir, config},
    logs::post,
    protobuf::{PROTOBUF, request},
};

/// What is no id of a trace, in JSON and in protobuf, and what is said of it there.
const WRONG: [(&str, usize, &str); 3] = [
    ("nothing", 32, "may be hex text"),
    ("0af765", 3, "must have 16"),
    ("AQIDBAUGBwgJCgsMDQ4PEA==", 24, "must have 16"),
];

/// The number of records that were rejected, and why.
fn told(answer: &Json) -> (u64, String) {
    let partial = answer["partialSuccess"].as_object().cloned().unwrap_or_default();
    let rejected = partial.iter().find(|(name, _)| name.starts_with("rejected")).map(|(_, number)| number.clone());
    let rejected = rejected.and_then(|number| number.as_str()?.parse().ok()).unwrap_or_default();
    (rejected, partial.get("errorMessage").and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// The same for a request of a signal in JSON, with a record that refers and one that has no reference.
fn in_json(collector: &Collector, signal: &str, trace: &str, span: &str) -> (u64, String) {
    let ids = json!({ "traceId": trace, "spanId": span });
    let own =
        |id: u8| json!({ "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": format!("{id:016x}"), "name": "n" });
    let body = match signal {
        "traces" => {
            let mut with = own(1);
            with["links"] = json!([{ "spanId": "" }, ids]);
            json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [with, own(2)] }] }] })
        }
        "logs" => json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [ids, {}] }] }] }),
        _ => {
            let point = json!({ "asInt": "1", "exemplars": [ids] });
            let metric = json!({ "name": "with", "gauge": { "dataPoints": [point] } });
            let other = json!({ "name": "without", "gauge": { "dataPoints": [{ "asInt": "1" }] } });
            json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric, other] }] }] })
        }
    };
    let answer = post(collector.otlp(), &format!("/v1/{signal}"), &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    told(&answer.json())
}

/// The same in protobuf.
fn in_protobuf(collector: &Collector, signal: &str, trace: Vec<u8>, span: Vec<u8>) -> (u64, String) {
    let own = |id| Span { trace_id: vec![9; 16], span_id: vec![id; 8], ..Default::default() };
    let body = match signal {
        "traces" => {
            let link = Link { trace_id: trace, span_id: span, ..Default::default() };
            request(vec![Span { links: vec![Link::default(), link], ..own(1) }, own(2)])
        }
        "logs" => {
            let log_records =
                vec![LogRecord { trace_id: trace, span_id: span, ..Default::default() }, LogRecord::default()];
            let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
            ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
                .encode_to_vec()
        }
        _ => {
            let exemplars = vec![Exemplar { trace_id: trace, span_id: span, ..Default::default() }];
            let metric = |name: &str, exemplars| {
                let data_points =
                    vec![NumberDataPoint { value: Some(Value::AsInt(1)), exemplars, ..Default::default() }];
                Metric { name: name.into(), data: Some(Data::Gauge(Gauge { data_points })), ..Default::default() }
            };
            let metrics = vec![metric("with", exemplars), metric("without", Vec::new())];
            let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
            let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
            ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
        }
    };
    let answer = send(collector.otlp(), "POST", &format!("/v1/{signal}"), &[PROTOBUF], &body);
    assert_eq!(answer.status, 200);
    let partial = ExportTraceServiceResponse::decode(&*answer.body).unwrap().partial_success.unwrap_or_default();
    (partial.rejected_spans.try_into().unwrap(), partial.error_message)
}

/// Of links nothing is said: a span is what it is without them.
#[test]
fn an_id_that_is_none_is_left_out_and_the_record_kept() {
    let collector = Collector::start();
    for signal in ["traces", "logs", "metrics"] {
        let is_told = |message: &str, words: &[&str]| {
            signal == "traces" && message.is_empty()
                || message.contains("is left out") && words.iter().all(|word| message.contains(word))
        };
        for (text, bytes, words) in WRONG {
            let (rejected, message) = in_json(&collector, signal, text, "");
            assert!(rejected == 0 && is_told(&message, &["traceId", "32 hex digits, or empty"]), "{signal} {message}");
            let (rejected, message) = in_protobuf(&collector, signal, vec![7; bytes], Vec::new());
            assert!(rejected == 0 && is_told(&message, &["trace_id has", words]), "{signal} {message}");
        }
        let (rejected, message) = in_json(&collector, signal, "", "b7ad6b716920333");
        assert!(rejected == 0 && is_told(&message, &["spanId", "16 hex digits, or empty"]), "{signal} {message}");
        let (rejected, message) = in_protobuf(&collector, signal, Vec::new(), vec![7; 9]);
        assert!(rejected == 0 && is_told(&message, &["span_id has 9 bytes, must have 8"]), "{signal} {message}");
    }
    for path in ["/api/v3/traces/0af7651916cd43dd8448eb211c80319c", &format!("/api/v3/traces/{}", "09".repeat(16))] {
        let answer = collector.view(path);
        let spans = answer.json()["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap();
        let links = spans.iter().filter_map(|span| span["links"].as_array()).flatten();
        assert!(links.clone().all(|link| link["traceId"] == "" && link["spanId"] == ""), "{}", answer.text());
        assert!(spans.len() >= 2 && links.count() >= 2, "{}", answer.text());
    }
    let logs = collector.view("/api/logs").json();
    let scopes = logs["resourceLogs"].as_array().unwrap().iter().flat_map(|one| one["scopeLogs"].as_array().unwrap());
    let records: Vec<&Json> = scopes.flat_map(|scope| scope["logRecords"].as_array().unwrap()).collect();
    assert!(records.len() == 16 && records.iter().all(|record| record.get("traceId").is_none()), "{logs}");
    assert!(!collector.view("/api/metrics").text().contains("traceId"));
}

/// A backend that would refuse all of it gets ids that it takes.
#[test]
fn what_is_handed_on_has_no_such_id() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let forward = vec![Forward::to(Target::new(&endpoint.url(), &[]).unwrap())];
    let collector = Collector::with(Config { forward, ..config(&page_dir) }, page_dir);
    in_json(&collector, "traces", "nothing", "b7");
    in_protobuf(&collector, "traces", vec![7; 32], vec![7; 16]);
    in_protobuf(&collector, "logs", vec![7; 32], vec![7; 16]);
    for _ in 0..3 {
        let Received { target: path, body, .. } = endpoint.next();
        let lengths = match path.as_str() {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(&*body).unwrap();
                let spans =
                    request.resource_spans.into_iter().flat_map(|one| one.scope_spans).flat_map(|one| one.spans);
                spans
                    .flat_map(|span| span.links)
                    .map(|link| (link.trace_id.len(), link.span_id.len()))
                    .collect::<Vec<_>>()
            }
            _ => {
                let request = ExportLogsServiceRequest::decode(&*body).unwrap();
                let records = request.resource_logs.into_iter().flat_map(|one| one.scope_logs);
                let records = records.flat_map(|one| one.log_records);
                records.map(|record| (record.trace_id.len(), record.span_id.len())).collect()
            }
        };
        assert_eq!(lengths, [(0, 0); 2], "{path}");
    }
}

/// Some write what is not there as zeros.
#[test]
fn absent_ids_and_such_of_zeros_are_none_to_complain_of() {
    let collector = Collector::start();
    for signal in ["traces", "logs", "metrics"] {
        for (trace, span) in [(0, 0), (16, 8)] {
            let json = in_json(&collector, signal, &"00".repeat(trace), &"00".repeat(span));
            let protobuf = in_protobuf(&collector, signal, vec![0; trace], vec![0; span]);
            assert_eq!((json, protobuf), ((0, String::new()), (0, String::new())), "{signal}");
        }
    }
}
