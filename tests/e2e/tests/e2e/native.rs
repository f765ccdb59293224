//! The same program without a browser.

use e2e::jaeger::Jaeger;
use e2e::ports::free_port;
use e2e::programs;
use e2e::servers::Collector;
use e2e::traces::{services, trace};
use serde_json::{Value, json};
use std::process::Output;
use tokio::process::Command;

async fn run(endpoint: &str) -> Output {
    let mut command = Command::new(programs::inprocess());
    // Only this one of the variables that steer exporters shall count.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).output().await.expect("the native program starts")
}

/// Runs it, and finds its nine spans.
async fn check(otlp: &str, viewer: &str) {
    let output = run(otlp).await;
    let stdout = String::from_utf8(output.stdout).expect("it prints text");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);

    let answers: Vec<Value> = stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(answers.len(), 2, "{stdout}");
    assert_eq!(answers[0], json!({}));
    let keys: Vec<_> = answers[1].as_object().expect("an answer is an object").keys().collect();
    assert_eq!(keys, ["id", "name", "gender", "site", "email", "math", "english", "chinese"]);

    let id =
        stdout.split_whitespace().find(|word| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id = id.unwrap_or_else(|| panic!("it prints its trace's id: {stdout}"));
    trace(viewer, id, 9).await.assert_main();
    assert_eq!(services(viewer).await, ["inprocess"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_collector_has_the_native_programs_spans() {
    let collector = Collector::start().await;
    check(&collector.otlp, &collector.viewer).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_real_jaeger_has_the_native_programs_spans() {
    let jaeger = Jaeger::start("http://localhost").await;
    check(&jaeger.otlp, &jaeger.viewer).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_real_jaeger_has_what_our_collector_hands_on() {
    for by_grpc in [false, true] {
        let jaeger = Jaeger::start("http://localhost").await;
        let url = if by_grpc { &jaeger.grpc } else { &jaeger.otlp };
        let arguments = ["--forward", url, "--forward-compression", "gzip"].map(str::to_owned);
        let relay = Collector::with(&arguments).await;
        check(&relay.otlp, &jaeger.viewer).await;
        let metrics = reqwest::get(format!("{}/metrics", relay.otlp)).await.expect("an answer");
        let metrics = metrics.text().await.expect("a text");
        let mut dropped = metrics.lines().filter(|line| line.starts_with("collector_forward_dropped_requests_total"));
        assert!(dropped.all(|line| line.ends_with(" 0")), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_endpoint_is_an_error() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let output = run(&endpoint).await;
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&endpoint) && stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("john"), "the answers are printed all the same");
}
