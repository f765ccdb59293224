//! The library in a native program that does not ask for its feature `native-testing`.

use opentelemetry::global;
use opentelemetry::trace::{Span, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_browser::{AsyncTracer, Telemetry};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::process::Command;

#[tokio::test]
async fn it_records_nothing_and_leaves_the_programs_own_provider_alone() {
    let exporter = InMemorySpanExporter::default();
    let own = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    global::set_tracer_provider(own);
    let telemetry = Telemetry::builder().with_service_name("shared code").install().expect("nothing can fail");
    global::tracer("program").in_span("the program's", |_cx| {});
    let own_spans = exporter.get_finished_spans().expect("the exporter has them");
    assert_eq!(own_spans.len(), 1, "install has not replaced the provider");

    let tracer = telemetry.provider().tracer("library");
    let mut span = tracer.start("the library's");
    span.set_attribute(opentelemetry::KeyValue::new("key", 1));
    assert!(!span.is_recording());
    let answer = tracer.in_span_async("async", async |cx| (cx.span().is_recording(), 7)).await;
    assert_eq!(answer, (false, 7));
    drop(span);
    assert_eq!(telemetry.flush().await.expect("nothing is missing").delivered, 0);
    assert_eq!(telemetry.diagnostics().recorded, 0);
    assert!(telemetry.shutdown().await.is_ok());
}

#[test]
fn it_pulls_in_nothing_of_what_browsers_have_built_in() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = |features: &[&str]| {
        let mut command = Command::new(&cargo);
        command.args(["tree", "--offline", "--package=opentelemetry-browser", "--edges=normal", "--prefix=none"]);
        let output = command.args(features).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let has =
        |tree: &str, name: &str| tree.lines().any(|line| line.split(' ').next().is_some_and(|krate| krate == name));
    let (without, with) = (tree(&[]), tree(&["--features=native-testing"]));
    for name in ["url", "idna", "icu_provider", "flate2", "miniz_oxide", "crc", "httpdate", "serde_json", "web-sys"] {
        assert!(!has(&without, name), "{name} in\n{without}");
    }
    for name in ["url", "flate2", "serde_json"] {
        assert!(has(&with, name), "{name} not in\n{with}");
    }
}
