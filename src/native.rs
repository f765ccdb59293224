//! The native pipeline: spans are exported in one batch when the program ends.

use std::process::ExitCode;

use inprocess::user::run_main;
use opentelemetry::global;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The endpoint as the environment has it, by the specification's rules.
fn traces_endpoint() -> String {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").unwrap_or_else(|| {
        let base = set("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        format!("{}/v1/traces", base.trim_end_matches('/'))
    })
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, Box<dyn std::error::Error>> {
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(endpoint).build()?;
    let service = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "inprocess".to_owned());
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

fn trace_and_export(endpoint: &str) -> Result<(), Box<dyn std::error::Error>> {
    let provider = provider(endpoint)?;
    global::set_tracer_provider(provider.clone());
    let answer = run_main();
    for user in &answer.value {
        println!("{}", serde_json::to_string(user)?);
    }
    println!("trace {}", answer.trace_id);
    // A shutdown says Ok although spans were lost; a flush tells.
    provider.force_flush()?;
    provider.shutdown()?;
    Ok(())
}

pub fn run() -> ExitCode {
    let endpoint = traces_endpoint();
    match trace_and_export(&endpoint) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the spans were not delivered to {endpoint}: {error}");
            eprintln!(
                "Is an OTLP/HTTP receiver running there? `cargo xtask run` starts one; OTEL_EXPORTER_OTLP_ENDPOINT names another."
            );
            ExitCode::FAILURE
        }
    }
}
