//! A real OpenTelemetry Collector: behind our collector's `--forward`, and where a page sends to.

use e2e::browser::Browser;
use e2e::otel_collector::OtelCollector;
use e2e::ports::free_port;
use e2e::programs::page_dir;
use e2e::servers::{Collector, StaticServer};
use e2e::telemetry::{self, Telemetry};
use e2e::temporary::Temporary;
use e2e::traces::trace;
use e2e::wait;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Its ports, and the collector of ours behind it.
struct Setting {
    config: PathBuf,
    http: u16,
    grpc: u16,
    behind: Collector,
    _folder: Temporary,
}

impl Setting {
    /// For pages of this origin.
    async fn new(origin: &str) -> Self {
        let (folder, http, grpc, behind) = (Temporary::folder(), free_port(), free_port(), Collector::start().await);
        let config = format!(
            "receivers:
  otlp:
    protocols:
      grpc: {{ endpoint: '127.0.0.1:{grpc}' }}
      http:
        endpoint: '127.0.0.1:{http}'
        cors: {{ allowed_origins: ['{origin}'], allowed_headers: [content-type, content-encoding] }}
processors:
  batch: {{ timeout: 200ms }}
exporters:
  debug: {{ verbosity: detailed }}
  otlp_http: {{ endpoint: '{}' }}
service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    traces: {{ receivers: [otlp], processors: [batch], exporters: [debug, otlp_http] }}
    logs: {{ receivers: [otlp], processors: [batch], exporters: [debug, otlp_http] }}
    metrics: {{ receivers: [otlp], processors: [batch], exporters: [debug, otlp_http] }}
",
            behind.otlp
        );
        let config = folder.write("config.yaml", &config);
        Self { config, http, grpc, behind, _folder: folder }
    }

    async fn start(&self) -> OtelCollector {
        OtelCollector::start(&self.config, &[], &[self.http, self.grpc]).await
    }

    /// A collector that hands on to it.
    async fn front(&self, target: &str, compression: &str) -> Collector {
        Collector::with(&["--forward", target, "--forward-compression", compression].map(str::to_owned)).await
    }

    async fn assert_behind(&self, service: &str) {
        let made = Telemetry::of(&telemetry::document(service));
        let arrived = Telemetry::arrived(&self.behind, service, &made).await;
        arrived.assert_is(&made);
        assert_eq!(arrived.resources, made.resources);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_is_found_behind_it_field_by_field() {
    let setting = Setting::new("http://nowhere.example").await;
    let _collector = setting.start().await;
    for target in [format!("http://127.0.0.1:{}", setting.http), format!("grpc://127.0.0.1:{}", setting.grpc)] {
        for compression in ["none", "gzip"] {
            let front = setting.front(&target, compression).await;
            let service = format!("{target}, {compression}");
            telemetry::send(&front.otlp, &telemetry::document(&service)).await;
            setting.assert_behind(&service).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_while_it_is_away_arrives_when_it_is_back() {
    let setting = Setting::new("http://nowhere.example").await;
    for (way, target) in
        [("http", format!("http://127.0.0.1:{}", setting.http)), ("grpc", format!("grpc://127.0.0.1:{}", setting.grpc))]
    {
        let front = setting.front(&target, "gzip").await;
        let services: Vec<_> = (0..20).map(|one| format!("{way} {one}")).collect();
        // The first half waits for its start, the second for its return.
        for services in services.chunks(10) {
            for service in services {
                telemetry::send(&front.otlp, &telemetry::document(service)).await;
            }
            let collector = setting.start().await;
            for service in services {
                setting.assert_behind(service).await;
            }
            collector.kill().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pages_spans_and_log_records_arrive() {
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let setting = Setting::new(&site.url).await;
    let collector = setting.start().await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", site.url)).await;
    for compression in ["none", "gzip"] {
        let script = "
            const { module, ...options } = arguments[0];
            const api = await import(module);
            await api.default();
            api.init({ ...options, logs: true });
            const { traceId } = api.getUser(100);
            const { delivered } = await api.shutdown();
            return { traceId, delivered };";
        let options = json!({
            "module": format!("{}/pkg/inprocess.js", site.url),
            "endpoint": format!("http://127.0.0.1:{}", setting.http),
            "compression": compression,
        });
        let seen = browser.run(script, vec![options]).await;
        assert_eq!(seen["delivered"], 5, "four spans and a record: {seen}");
        let id = seen["traceId"].as_str().expect("an id");
        // In its own words, and in a store behind it.
        wait::until("the debug exporter's words", async || {
            let said = collector.said();
            let (spans, record) = (format!("Trace ID       : {id}"), format!("Trace ID: {id}"));
            let counts = (said.matches(&spans).count(), said.matches(&record).count());
            if counts == (4, 1) && said.contains("EventName: user.lookup") { Ok(()) } else { Err((counts, said)) }
        })
        .await;
        trace(&setting.behind.viewer, id, 4).await.assert_lookup(100, true);
        let url = format!("{}/api/logs?traceId={id}", setting.behind.viewer);
        let record = wait::until("the record", async || {
            let answer: Value = reqwest::get(&url).await.expect("an answer").json().await.expect("JSON");
            let record = &answer["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
            if record.is_object() { Ok(record.clone()) } else { Err(answer) }
        })
        .await;
        assert_eq!((&record["eventName"], &record["severityNumber"]), (&json!("user.lookup"), &json!(9)));
        assert_eq!(record["body"]["stringValue"], "user 100 found");
    }
}
