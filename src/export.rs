//! The native pipeline, as any Rust server has it: spans leave in batches, by opentelemetry-otlp, as OTLP/HTTP JSON.

use std::env;

use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The endpoint as the environment has it, by the specification's rules.
pub fn traces_endpoint() -> String {
    let set = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").unwrap_or_else(|| {
        let base = set("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        format!("{}/v1/traces", base.trim_end_matches('/'))
    })
}

/// A provider whose spans go to this endpoint; the service has this name unless `OTEL_SERVICE_NAME` has another.
///
/// # Errors
/// If the endpoint is no URL.
pub fn provider(endpoint: &str, service: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(endpoint).build()?;
    let service = env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| service.to_owned());
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}
