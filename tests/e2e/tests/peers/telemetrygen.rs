//! telemetrygen as load: all that it says it sent is kept.

use e2e::programs::peer;
use e2e::servers::Collector;
use serde_json::Value;
use std::process::Stdio;
use tokio::process::Command;

const WORKERS: u64 = 4;
/// Of each worker.
const RECORDS: u64 = 500;

#[tokio::test(flavor = "multi_thread")]
async fn all_that_it_sends_is_kept() {
    for by_http in [false, true] {
        let collector = Collector::start().await;
        for signal in ["traces", "logs", "metrics"] {
            let endpoint = if by_http { &collector.otlp } else { &collector.grpc };
            let mut command = Command::new(peer("TELEMETRYGEN_BIN"));
            command
                .args([signal, "--otlp-insecure", "--otlp-endpoint", endpoint.trim_start_matches("http://")])
                .args(["--workers", &WORKERS.to_string(), &format!("--{signal}"), &RECORDS.to_string()])
                .args(["--rate", "0", "--service", signal]);
            if by_http {
                command.args(["--otlp-http", "--otlp-http-url-path", &format!("/v1/{signal}")]);
            }
            if signal == "traces" {
                // Its batch processor drops spans, without a word, when they are made faster than they are sent.
                command.arg("--batch=false");
            }
            let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("telemetrygen runs");
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            let complains = |line: &&str| line.contains("\tWARN\t") || line.contains("\tERROR\t");
            assert!(output.status.success() && !said.lines().any(|line| complains(&line)), "{signal}: {said}");
            let words = format!("\"{signal}\": {RECORDS}}}");
            assert_eq!(said.matches(&words).count() as u64, WORKERS, "each worker says what it made: {said}");
        }
        // A trace of it is a span and one below it.
        let metrics = text(&collector, "/metrics").await;
        for (series, count) in [
            (r#"collector_accepted_records_total{signal="traces"}"#, 2),
            (r#"collector_accepted_records_total{signal="logs"}"#, 1),
            (r#"collector_accepted_records_total{signal="metrics"}"#, 1),
            ("collector_kept_spans", 2),
            ("collector_kept_traces", 1),
        ] {
            let line = format!("{series} {}", count * WORKERS * RECORDS);
            assert!(metrics.lines().any(|is| is == line), "{line} is said in {metrics}");
        }
        let logs: Value =
            serde_json::from_str(&text(&collector, "/api/logs?service=logs&limit=10000").await).expect("JSON");
        let kept = elements(&logs, "resourceLogs").flat_map(|resource| elements(resource, "scopeLogs"));
        let kept = kept.flat_map(|scope| elements(scope, "logRecords")).count();
        assert_eq!(kept as u64, WORKERS * RECORDS);
        let points: Value =
            serde_json::from_str(&text(&collector, "/api/metrics?service=metrics").await).expect("JSON");
        assert_eq!(points["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["name"], "gen", "{points}");
    }
}

fn elements<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name].as_array().into_iter().flatten()
}

async fn text(collector: &Collector, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", collector.viewer)).await.expect("the collector answers");
    answer.text().await.expect("to the end")
}
