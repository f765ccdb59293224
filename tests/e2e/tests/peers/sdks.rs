//! OpenTelemetry SDKs with their defaults and an endpoint: what they made arrives field by field, and they have nothing to complain of.

use e2e::programs::peer;
use e2e::servers::Collector;
use e2e::telemetry::{self, Telemetry};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use tokio::process::Command;

/// The table that tells what was tried.
const TABLE: &str = include_str!("../../../../docs/compatibility.md");

/// The attributes of a resource, by the variable for them, beside the name of the service.
const ATTRIBUTES: &str = "deployment.environment.name=test%20%C3%A9,peer.key=a%3Db%2Cc%20d";

/// Nothing stands for the SDK's own choice.
const GRPC: Option<&str> = Some("grpc");
const PROTOBUF: Option<&str> = Some("http/protobuf");
const JSON: Option<&str> = Some("http/json");

#[tokio::test(flavor = "multi_thread")]
async fn node() {
    let program = || {
        let mut command = Command::new("node");
        command.arg(peer("PEER_NODE"));
        command
    };
    Sdk { name: "JavaScript", by_default: PROTOBUF, omits_states: false, program: &program }
        .send_all(&[PROTOBUF, JSON, GRPC])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    let program = || {
        let bin = peer("PEER_PYTHON");
        let mut command = Command::new(bin.join("opentelemetry-instrument"));
        command.arg(bin.join("python")).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../peers/python/send.py"));
        command
    };
    Sdk { name: "Python", by_default: GRPC, omits_states: true, program: &program }.send_all(&[GRPC, PROTOBUF]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go() {
    let program = || Command::new(peer("PEER_GO"));
    Sdk { name: "Go", by_default: PROTOBUF, omits_states: true, program: &program }.send_all(&[PROTOBUF, GRPC]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn java() {
    let program = || {
        let folder = peer("PEER_JAVA");
        let path = std::env::join_paths([folder.join("classes"), folder.join("lib/*")]).expect("a class path");
        let mut command = Command::new("java");
        command.arg("-cp").arg(path).arg("Send");
        command
    };
    Sdk { name: "Java", by_default: GRPC, omits_states: false, program: &program }.send_all(&[GRPC, PROTOBUF]).await;
}

/// A program that makes what the document says by an SDK.
struct Sdk<'a> {
    name: &'static str,
    /// Which protocol it speaks when it is not told.
    by_default: Option<&'static str>,
    /// Whether it leaves out the trace states of links.
    omits_states: bool,
    program: &'a dyn Fn() -> Command,
}

impl Sdk<'_> {
    /// By its own choice, then by each protocol, with and without compression; the table has the same, and no more.
    async fn send_all(&self, protocols: &[Option<&str>]) {
        let collector = Collector::start().await;
        let by_default = self.send(&collector, None, None).await;
        let mut rows = vec![];
        for protocol in protocols {
            self.assert_told_the_port(&collector, *protocol).await;
            for compression in [None, Some("gzip")] {
                let version = self.send(&collector, *protocol, compression).await;
                assert_eq!(version, by_default);
                let choice = if *protocol == self.by_default { " (default)" } else { "" };
                let (protocol, compression) = (protocol.expect("a name"), compression.unwrap_or("none"));
                rows.push(format!(
                    "| {} | {version} | {protocol}{choice} | {compression} | yes | yes | yes |",
                    self.name
                ));
            }
        }
        let of_this = format!("| {} |", self.name);
        let told: Vec<_> = TABLE.lines().filter(|line| line.starts_with(&of_this)).collect();
        assert_eq!(told, rows, "docs/compatibility.md must have these lines:\n{}", rows.join("\n"));
    }

    /// At the port of the other protocol it prints what to set.
    async fn assert_told_the_port(&self, collector: &Collector, protocol: Option<&str>) {
        let (there, right) = match protocol {
            GRPC => (&collector.otlp, &collector.grpc),
            _ => (&collector.grpc, &collector.otlp),
        };
        let mut command = self.command(there, protocol);
        let output = command.output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let advice = format!("set OTEL_EXPORTER_OTLP_ENDPOINT={right}");
        assert!(said.contains(&advice), "{}, {protocol:?}: {advice:?} is in {said}", self.name);
    }

    fn command(&self, endpoint: &str, protocol: Option<&str>) -> Command {
        let mut command = (self.program)();
        command.arg(telemetry::PATH).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        command.envs(protocol.map(|protocol| ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs it, compares what arrived, and gives the version that it says it has.
    async fn send(&self, collector: &Collector, protocol: Option<&str>, compression: Option<&str>) -> String {
        let service = format!("{}, {}, {}", self.name, protocol.unwrap_or("default"), compression.unwrap_or("none"));
        let is_grpc = protocol.or(self.by_default) == GRPC;
        let mut command = self.command(if is_grpc { &collector.grpc } else { &collector.otlp }, protocol);
        command.env("OTEL_SERVICE_NAME", &service).env("OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES);
        command.envs(compression.map(|compression| ("OTEL_EXPORTER_OTLP_COMPRESSION", compression)));
        let output = command.output().await;
        let output = output.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{service}: {}: {complaints}", output.status);
        let ids = serde_json::from_slice(&output.stdout).expect("it prints the ids of its spans as JSON");

        let mut made = telemetry::document(&service);
        rename(&mut made, &ids);
        let mut made = Telemetry::of(&made);
        let mut arrived = Telemetry::arrived(collector, &service, &made).await;
        let version = resource(&arrived, &service);
        arrived.spans.iter_mut().for_each(judge_flags);
        if self.omits_states {
            made.spans.iter_mut().flat_map(links).for_each(|link| drop(link.remove("traceState")));
        }
        arrived.points.iter_mut().for_each(judge_times);
        made.points.iter_mut().for_each(judge_times);
        arrived.assert_is(&made);
        version
    }
}

/// Puts the ids that the SDK gave in the place of the document's own.
fn rename(document: &mut Value, ids: &BTreeMap<String, Value>) {
    let given = |id: &Value, part: &str| id.as_str().and_then(|id| ids.get(id)).map(|ids| ids[part].clone());
    for place in ["/traces/resourceSpans/0/scopeSpans/0/spans", "/logs/resourceLogs/0/scopeLogs/0/logRecords"] {
        let records = document.pointer_mut(place).and_then(Value::as_array_mut).expect("records");
        for record in records {
            if let Some(trace) = given(&record["spanId"], "traceId") {
                record["traceId"] = trace;
                record["spanId"] = given(&record["spanId"], "spanId").expect("both ids");
            }
            if let Some(parent) = given(&record["parentSpanId"], "spanId") {
                record["parentSpanId"] = parent;
            }
        }
    }
}

/// All that the SDK was told of its resource is there; gives the version that it adds.
fn resource(arrived: &Telemetry, service: &str) -> String {
    let mut versions = vec![];
    for resource in &arrived.resources {
        let attributes: Vec<Value> = serde_json::from_str(resource).expect("attributes");
        let text = |key: &str| {
            let found = attributes.iter().find(|attribute| attribute["key"] == key);
            found.unwrap_or_else(|| panic!("{key} is in {resource}"))["value"]["stringValue"].clone()
        };
        let told = ["service.name", "deployment.environment.name", "peer.key"].map(text);
        assert_eq!(told, [json!(service), json!("test é"), json!("a=b,c d")]);
        assert_eq!(text("telemetry.sdk.name"), "opentelemetry");
        versions.push(text("telemetry.sdk.version").as_str().expect("a version").to_owned());
    }
    versions.dedup();
    assert_eq!(versions.len(), 1, "one version: {versions:?}");
    versions.remove(0)
}

/// A parent is remote where it is not of this program. Not every SDK tells whether it is, nor the flags of W3C, so the flags are left
/// out of the comparison.
fn judge_flags(span: &mut Value) {
    for link in links(span) {
        link.remove("flags");
    }
    let span = span["is"].as_object_mut().expect("a span");
    let flags = span.remove("flags").and_then(|flags| flags.as_f64()).unwrap_or(0.0) as u32;
    let tells = flags & 0x100 != 0;
    let is_remote = span["name"] == "GET /users/{id}";
    assert!(!tells || (flags & 0x200 != 0) == is_remote, "{flags:x} of {span:?}");
}

fn links(span: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let links = span["is"].get_mut("links").and_then(Value::as_array_mut);
    links.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// An SDK measures when its points begin and end.
fn judge_times(metric: &mut Value) {
    let data = ["sum", "gauge", "histogram"].into_iter().find(|data| !metric["is"][data].is_null()).expect("data");
    let point = metric["is"][data]["dataPoints"].as_object_mut().expect("a point");
    let mut time = |key: &str| point.remove(key).map_or(0, |time| time.as_str().expect("a text").parse().expect("ns"));
    let (start, at): (u64, u64) = (time("startTimeUnixNano"), time("timeUnixNano"));
    assert!(start <= at && at > 0 && (start > 0 || data == "gauge"), "{start} {at}: {metric}");
}
