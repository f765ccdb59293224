//! What this crate sends, next to what opentelemetry-otlp really sends to a server for the same spans.

#![cfg(not(target_arch = "wasm32"))]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{
    Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    Tracer, TracerProvider as _,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_browser::{
    BatchLogProcessor, BoxFuture, Request, Response, SpanExporter, TracerProvider, Transport, TransportError,
};
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _, LogProcessor, SdkLogRecord, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _, SpanProcessor};

/// The parts of a request that matter.
#[derive(Debug)]
struct Posted {
    target: String,
    content_type: String,
    body: Vec<u8>,
}

impl Posted {
    /// Its message. A resource is a hash map: the order of its attributes means nothing.
    fn message(&self) -> ExportTraceServiceRequest {
        let mut message: ExportTraceServiceRequest = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)));
        for resource in message.resource_spans.iter_mut().filter_map(|spans| spans.resource.as_mut()) {
            resource.attributes.sort_by(|left, right| left.key.cmp(&right.key));
        }
        message
    }

    /// The same of logs. Upstream's groups come from a hash map, too.
    fn logs(&self) -> ExportLogsServiceRequest {
        let mut message: ExportLogsServiceRequest = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)));
        for logs in &mut message.resource_logs {
            if let Some(resource) = &mut logs.resource {
                resource.attributes.sort_by(|left, right| left.key.cmp(&right.key));
            }
            logs.scope_logs.sort_by_key(|group| group.scope.clone().unwrap_or_default().name);
        }
        message
    }
}

/// A server for one request, on loopback.
fn serve_once() -> (SocketAddr, Receiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, posted) = channel();
    std::thread::spawn(move || serve(&listener, &sender));
    (address, posted)
}

fn serve(listener: &TcpListener, sender: &Sender<Posted>) {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let found =
            lines[1..].iter().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    let target = lines[0].split(' ').nth(1).unwrap_or_default().to_owned();
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    reader.get_mut().write_all(answer).expect("an answer");
    sender.send(Posted { target, content_type: header("content-type"), body }).expect("a test that waits");
}

/// Keeps what this crate's exporter sends.
#[derive(Clone, Debug, Default)]
struct Keeping(Arc<Mutex<Vec<Posted>>>);

impl Transport for Keeping {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let content_type = header.map(|(_, value)| value.clone()).unwrap_or_default();
        let path = request.url.find("/v1").map(|at| request.url[at..].to_owned()).unwrap_or_default();
        let posted = Posted { target: path, content_type, body: request.body.to_vec() };
        self.0.lock().expect("a lock").push(posted);
        Box::pin(std::future::ready(Ok(Response::new(200))))
    }
}

#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Recorder {
    fn on_start(&self, _span: &mut opentelemetry_sdk::trace::Span, _cx: &Context) {}
    fn on_end(&self, span: SpanData) {
        self.0.lock().expect("a lock").push(span);
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Both exporters do all their work when they are asked first.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it is not done at once"),
    }
}

fn values() -> Vec<KeyValue> {
    let strings = vec!["a\u{0}\u{1f}\"\\/".into(), "snow ☃ 🦀 \u{2028}".into(), "".into()];
    vec![
        KeyValue::new("bool", true),
        KeyValue::new("int", i64::MIN),
        KeyValue::new("max", i64::MAX),
        KeyValue::new("double", 0.1),
        KeyValue::new("tiny", 5e-324),
        KeyValue::new("whole", 3.0),
        KeyValue::new("text \u{7f}", "é\r\n\t"),
        KeyValue::new("bools", Value::Array(Array::Bool(vec![true, false]))),
        KeyValue::new("ints", Value::Array(Array::I64(vec![-1, 0, 1]))),
        KeyValue::new("doubles", Value::Array(Array::F64(vec![-0.5, 1e300]))),
        KeyValue::new("strings", Value::Array(Array::String(strings))),
        KeyValue::new("none", Value::Array(Array::String(Vec::new()))),
    ]
}

fn spans() -> Vec<SpanData> {
    let recorder = Recorder::default();
    let provider = TracerProvider::builder().with_span_processor(recorder.clone()).build();
    let scope = InstrumentationScope::builder("second")
        .with_version("1.2.3")
        .with_schema_url("https://schema.example/1")
        .with_attributes([KeyValue::new("scope", 1)])
        .build();
    let (first, second) = (provider.tracer("first"), provider.tracer_with_scope(scope));
    let state = TraceState::from_key_value([("vendor", "x"), ("other", "y")]).expect("a trace state");
    let remote = SpanContext::new(TraceId::from(77), SpanId::from(88), TraceFlags::SAMPLED, true, state);
    let parent = Context::new().with_remote_span_context(remote.clone());
    let kinds = [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    for (number, kind) in kinds.into_iter().enumerate() {
        let builder = SpanBuilder::from_name(format!("span {number} \u{1}☃"))
            .with_kind(kind)
            .with_attributes(values())
            .with_links(vec![Link::new(remote.clone(), values(), 0)]);
        let mut span = first.build_with_context(builder, &parent);
        span.add_event("event", values());
        span.set_status([Status::Unset, Status::Ok, Status::error("broken \"x\"")][number % 3].clone());
        let cx = Context::new().with_remote_span_context(span.span_context().clone());
        second.start_with_context("child", &cx).end();
        span.end();
        // More than fits, so that something is counted as dropped.
        let mut full = second.start_with_context("full", &Context::new());
        for number in 0..130 {
            full.set_attribute(KeyValue::new(format!("key {number}"), number));
            full.add_event(format!("event {number}"), Vec::new());
        }
    }
    let spans = recorder.0.lock().expect("a lock").clone();
    assert_eq!(spans.len(), 15);
    spans
}

#[test]
fn both_send_the_same() {
    let resource = Resource::builder_empty()
        .with_schema_url(values(), "https://schema.example/2")
        .with_service_name("shop ☃")
        .build();
    let spans = spans();

    let (address, posted) = serve_once();
    let mut upstream = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("http://{address}/v1/traces"))
        .build()
        .expect("upstream's exporter");
    upstream.set_resource(&resource);
    now(upstream.export(spans.clone())).expect("upstream's export");
    let theirs = posted.recv_timeout(Duration::from_secs(30)).expect("upstream's request");

    let keeping = Keeping::default();
    let mut exporter = SpanExporter::builder()
        .with_endpoint(format!("http://{address}"))
        .with_transport(keeping.clone())
        .build()
        .expect("an exporter");
    exporter.set_resource(&resource);
    now(exporter.export(spans)).expect("an export");
    let ours = keeping.0.lock().expect("a lock").pop().expect("a request");

    assert_eq!(ours.target, theirs.target);
    assert_eq!(ours.content_type, theirs.content_type);
    assert_eq!(ours.message(), theirs.message());
}

#[derive(Clone, Debug, Default)]
struct LogRecorder(Arc<Mutex<Vec<(SdkLogRecord, InstrumentationScope)>>>);

impl LogProcessor for LogRecorder {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.0.lock().expect("a lock").push((record.clone(), scope.clone()));
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[tokio::test]
async fn both_send_the_same_logs() {
    let resource = Resource::builder_empty().with_service_name("shop ☃").build();
    let (recorder, keeping) = (LogRecorder::default(), Keeping::default());
    let ours =
        BatchLogProcessor::builder().with_transport(keeping.clone()).with_spool(None).build().expect("a processor");
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource.clone())
        .with_log_processor(recorder.clone())
        .with_log_processor(ours.clone())
        .build();
    let scope =
        InstrumentationScope::builder("second").with_version("1.2.3").with_schema_url("https://schema.example/1");
    let (first, second) = (provider.logger("first"), provider.logger_with_scope(scope.build()));
    for (number, severity) in [Severity::Trace, Severity::Info4, Severity::Fatal].into_iter().enumerate() {
        let mut record = first.create_log_record();
        // This crate gives a time where there is none: only then do both differ.
        record.set_timestamp(std::time::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789 + number as u64));
        record.set_observed_timestamp(std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_001));
        record.set_event_name("session.start");
        record.set_severity_number(severity);
        record.set_severity_text(severity.name());
        record.set_trace_context(TraceId::from(7), SpanId::from(8), [None, Some(TraceFlags::SAMPLED)][number % 2]);
        let list = AnyValue::from_iter([
            AnyValue::from("a\u{0}\"\\☃"),
            AnyValue::from(&b"\0\x01\xff\xfe"[..]),
            AnyValue::from(0.1),
        ]);
        record.set_body([list.clone(), AnyValue::from("text"), AnyValue::from_iter([("key", list)])][number].clone());
        record.add_attributes([
            ("int", AnyValue::from(i64::MIN)),
            ("yes", AnyValue::from(true)),
            ("b", AnyValue::from(&b"x"[..])),
        ]);
        if number == 2 {
            record.set_target("a::module");
        }
        let logger = if number == 1 { &second } else { &first };
        logger.emit(record);
    }

    let (address, posted) = serve_once();
    let records = recorder.0.lock().expect("a lock").clone();
    let theirs = std::thread::spawn(move || {
        let mut upstream = opentelemetry_otlp::LogExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("http://{address}/v1/logs"))
            .build()
            .expect("upstream's exporter");
        upstream.set_resource(&resource);
        let batch: Vec<_> = records.iter().map(|(record, scope)| (record, scope)).collect();
        now(upstream.export(LogBatch::new(&batch))).expect("upstream's export");
        posted.recv_timeout(Duration::from_secs(30)).expect("upstream's request")
    });
    let theirs = theirs.join().expect("upstream's thread");
    assert_eq!(ours.flush().await.expect("delivered").delivered, 3);
    let ours = keeping.0.lock().expect("a lock").pop().expect("a request");
    assert_eq!(ours.target, theirs.target);
    assert_eq!(ours.content_type, theirs.content_type);
    assert_eq!(ours.logs(), theirs.logs());
}
