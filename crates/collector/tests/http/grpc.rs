//! OTLP/gRPC, called by the client that a Rust SDK has.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{ExportLogsServiceRequest, logs_service_client::LogsServiceClient},
        metrics::v1::{ExportMetricsServiceRequest, metrics_service_client::MetricsServiceClient},
        trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, trace_service_client::TraceServiceClient},
    },
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data, number_data_point::Value,
    },
    trace::v1::Span,
};
use prost::Message;
use tonic::{Code, Status, codec::CompressionEncoding, transport::Channel};

use collector::{Config, Keys, Rate};

use crate::{
    client::{get, send},
    fixture::{Collector, PageDir, config},
    protobuf::{self, PROTOBUF, assert_status_message},
};

/// A request with so many spans of trace 5.
pub fn request(spans: u8) -> ExportTraceServiceRequest {
    let span = |id| Span { trace_id: vec![5; 16], span_id: vec![id; 8], name: "call".into(), ..Default::default() };
    ExportTraceServiceRequest::decode(&*protobuf::request((1..=spans).map(span).collect())).unwrap()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn connect(url: &str) -> Channel {
    Channel::from_shared(url.to_owned()).unwrap().connect().await.unwrap()
}

/// What an exporter is told.
pub fn export(url: &str, request: ExportTraceServiceRequest) -> Result<Option<ExportTracePartialSuccess>, Status> {
    export_with(url, request, None)
}

fn export_with(
    url: &str,
    request: ExportTraceServiceRequest,
    encoding: Option<CompressionEncoding>,
) -> Result<Option<ExportTracePartialSuccess>, Status> {
    block_on(async {
        let mut client = TraceServiceClient::new(connect(url).await).max_encoding_message_size(usize::MAX);
        if let Some(encoding) = encoding {
            client = client.send_compressed(encoding);
        }
        client.export(request).await.map(|response| response.into_inner().partial_success)
    })
}

fn grpc(collector: &Collector) -> &str {
    collector.addresses.grpc.as_deref().expect("gRPC")
}

#[test]
fn spans_are_taken_in_every_encoding() {
    let collector = Collector::start();
    for (encoding, spans) in [(None, 1), (Some(CompressionEncoding::Gzip), 2), (Some(CompressionEncoding::Zstd), 3)] {
        assert_eq!(export_with(grpc(&collector), request(spans), encoding).unwrap(), None, "{encoding:?}");
        let trace = collector.view(&format!("/api/traces/{}", "05".repeat(16))).json();
        assert_eq!(trace["data"][0]["spans"].as_array().map(Vec::len), Some(spans.into()), "{encoding:?}");
    }
}

#[test]
fn logs_and_metrics_are_taken() {
    let collector = Collector::start();
    let record = LogRecord { event_name: "called".into(), time_unix_nano: 1, ..Default::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..Default::default() }];
    let logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
    let taken = block_on(async {
        let mut client = LogsServiceClient::new(connect(grpc(&collector)).await);
        client.export(ExportLogsServiceRequest { resource_logs: logs }).await
    });
    assert_eq!(taken.unwrap().into_inner().partial_success, None);
    let found = collector.view("/api/logs?event=called");
    assert!(found.text().contains("called"), "{}", found.text());

    let points = vec![NumberDataPoint { time_unix_nano: 1, value: Some(Value::AsInt(5)), ..Default::default() }];
    let gauge = Some(Data::Gauge(Gauge { data_points: points }));
    let metrics = vec![Metric { name: "calls".into(), data: gauge, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    let taken = block_on(async {
        let mut client = MetricsServiceClient::new(connect(grpc(&collector)).await);
        client.export(ExportMetricsServiceRequest { resource_metrics }).await
    });
    assert_eq!(taken.unwrap().into_inner().partial_success, None);
    let found = collector.view("/api/metrics?name=calls");
    assert!(found.text().contains("calls"), "{}", found.text());
}

#[test]
fn invalid_spans_are_told_by_partial_success() {
    let collector = Collector::start();
    let mut with_hex = request(3);
    let span = &mut with_hex.resource_spans[0].scope_spans[0].spans[1];
    span.trace_id = b"05050505050505050505050505050505".to_vec();
    let partial = export(grpc(&collector), with_hex).unwrap().expect("partial success");
    assert_eq!(partial.rejected_spans, 1);
    let words = "span \"call\": trace_id has 32 bytes, must have 16";
    assert!(partial.error_message.contains(words), "{}", partial.error_message);
}

#[test]
fn who_finds_no_room_is_told_when_to_come_again() {
    let page_dir = PageDir::built();
    let bounds = collector::Bounds { bytes: 10, ..collector::Bounds::default() };
    let collector = Collector::with(collector::Config { bounds, ..config(&page_dir) }, page_dir);
    let status = export(grpc(&collector), request(3)).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(status.message().contains("send it again later"), "{status:?}");
    let details = status.details();
    let name = b"type.googleapis.com/google.rpc.RetryInfo";
    assert!(details.windows(name.len()).any(|part| part == name), "{details:?}");
    // A delay of one second.
    assert!(details.ends_with(&[0x12, 4, 0x0a, 2, 0x08, 1]), "{details:?}");
}

#[test]
fn what_is_too_large_is_not_to_come_again() {
    let collector = Collector::start();
    let mut large = request(1);
    large.resource_spans[0].scope_spans[0].spans[0].name = "x".repeat(64 << 20);
    for encoding in [None, Some(CompressionEncoding::Gzip)] {
        let status = export_with(grpc(&collector), large.clone(), encoding).unwrap_err();
        assert_eq!((status.code(), status.details()), (Code::ResourceExhausted, &b""[..]), "{status:?}");
        assert!(status.message().contains("64 MiB"), "{status:?}");
    }
}

/// It would read neither the answer nor that it was one, and send the same again.
#[test]
fn grpc_for_browsers_is_refused_before_anything_is_taken() {
    let collector = Collector::start();
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let message = protobuf::one_span();
    let frame = [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat();
    for content_type in ["application/grpc-web+proto", "application/grpc-web-text", "application/grpc+json"] {
        let answer = send(grpc(&collector), "POST", path, &[("content-type", content_type)], &frame);
        assert!(answer.status == 400 && answer.text().contains("OTLP/HTTP is taken at"), "{}", answer.text());
    }
    assert_eq!(collector.view(&format!("/api/traces/{}", "03".repeat(16))).status, 404);
}

#[test]
fn who_comes_to_the_other_port_is_told() {
    let collector = Collector::start();
    let status = export(collector.otlp(), request(1)).unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains(grpc(&collector)), "{status:?}");

    let grpc = grpc(&collector);
    for (path, headers) in [("/v1/traces", PROTOBUF), ("/", PROTOBUF)] {
        let response = send(grpc, "POST", path, &[headers], &protobuf::one_span());
        assert_status_message(&response, 400, 3, collector.otlp());
    }
    let page = get(grpc, "/");
    assert_eq!(page.status, 400);
    assert!(page.text().contains("this port takes OTLP/gRPC"), "{}", page.text());
}

#[test]
fn other_hosts_are_refused_with_words() {
    let collector = Collector::start();
    let evil = [("host", "evil.example"), ("content-type", "application/grpc")];
    let refused = send(grpc(&collector), "POST", "/v1/traces", &evil, b"");
    assert_eq!((refused.status, refused.header("grpc-status")), (200, Some("7")));
    assert!(refused.header("grpc-message").is_some_and(|words| words.contains("--allow-host")));
}

/// A collector that asks for a key, and lets nobody send twice within hours.
fn guarded() -> Collector {
    let page_dir = PageDir::built();
    let keys = Keys::new(vec!["sesame".into()]).unwrap();
    let rate = Some(Rate::parse("1/h").unwrap());
    Collector::with(Config { keys, rate, ..config(&page_dir) }, page_dir)
}

#[test]
fn who_has_no_key_is_unauthenticated_and_who_is_too_fast_is_told_when_to_come_again() {
    let collector = guarded();
    let export = |key: Option<(&'static str, &'static str)>| {
        block_on(async {
            let mut call = tonic::Request::new(request(1));
            if let Some((name, value)) = key {
                call.metadata_mut().insert(name, value.parse().unwrap());
            }
            TraceServiceClient::new(connect(grpc(&collector)).await).export(call).await
        })
    };
    for key in [None, Some(("x-api-key", "wrong")), Some(("authorization", "Basic sesame"))] {
        let status = export(key).unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
        assert!(status.message().contains("key") && !status.message().contains("sesame"), "{status:?}");
        assert!(status.details().is_empty(), "it is not to come again: {status:?}");
    }
    assert!(export(Some(("authorization", "Bearer sesame"))).is_ok());
    let status = export(Some(("x-api-key", "sesame"))).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(status.message().contains("--rate"), "{status:?}");
    let name = b"type.googleapis.com/google.rpc.RetryInfo";
    assert!(status.details().windows(name.len()).any(|part| part == name), "{status:?}");
    assert!(collector.view(&format!("/api/traces/{}", "05".repeat(16))).status == 200, "what had the key is kept");
}

#[test]
fn logs_and_metrics_are_refused_in_part_too() {
    let collector = Collector::start();
    let record = |event: &str| LogRecord { time_unix_nano: 1, event_name: event.into(), ..Default::default() };
    let deep = (0..200).fold(None, |inner, _| {
        let list = opentelemetry_proto::tonic::common::v1::ArrayValue { values: inner.into_iter().collect() };
        let value = Some(opentelemetry_proto::tonic::common::v1::any_value::Value::ArrayValue(list));
        Some(opentelemetry_proto::tonic::common::v1::AnyValue { value })
    });
    let log_records = vec![record("good"), LogRecord { body: deep, ..record("deep") }];
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let logs = ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] };
    let point = NumberDataPoint { time_unix_nano: 1, value: Some(Value::AsInt(5)), ..Default::default() };
    let gauge = |name: &str| Metric {
        name: name.into(),
        data: Some(Data::Gauge(Gauge { data_points: vec![point.clone()] })),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![gauge("calls"), gauge("")], ..Default::default() }];
    let metrics =
        ExportMetricsServiceRequest { resource_metrics: vec![ResourceMetrics { scope_metrics, ..Default::default() }] };
    let (of_logs, of_metrics) = block_on(async {
        let channel = connect(grpc(&collector)).await;
        let of_logs = LogsServiceClient::new(channel.clone()).export(logs).await.unwrap().into_inner();
        let of_metrics = MetricsServiceClient::new(channel).export(metrics).await.unwrap().into_inner();
        (of_logs.partial_success.unwrap(), of_metrics.partial_success.unwrap())
    });
    assert_eq!(of_logs.rejected_log_records, 1);
    assert!(of_logs.error_message.contains("log record \"deep\": "), "{}", of_logs.error_message);
    assert_eq!(of_metrics.rejected_data_points, 1);
    assert!(of_metrics.error_message.contains("has no name"), "{}", of_metrics.error_message);
}
