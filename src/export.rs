//! The native pipeline, as any Rust server has it: spans leave in batches, by opentelemetry-otlp, as OTLP/HTTP JSON.

use std::env;

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};

const DEFAULT_ENDPOINT: &str = "http://localhost:4318";
/// How many spans may wait, as in the page: upstream's 2,048 are 256 lookups of a service, which are made while a receiver syncs its disk.
const MAX_QUEUE: usize = 16_384;

/// The endpoint as the environment has it, by the specification's rules.
pub fn traces_endpoint() -> String {
    let set = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").unwrap_or_else(|| {
        let base = set("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        format!("{}/v1/traces", base.trim_end_matches('/'))
    })
}

/// An exporter to this endpoint.
///
/// # Errors
/// If the endpoint is no URL of HTTP.
pub fn exporter(endpoint: &str) -> Result<SpanExporter, String> {
    let refused = |reason: &dyn std::fmt::Display| {
        format!(
            "spans cannot be sent to {endpoint:?}: {reason}; OTEL_EXPORTER_OTLP_ENDPOINT takes a URL such as {DEFAULT_ENDPOINT}"
        )
    };
    if !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) {
        return Err(refused(&"it does not begin with http:// or https://"));
    }
    let builder = SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(endpoint);
    builder.build().map_err(|error| refused(&error))
}

/// A provider whose spans leave in batches by this exporter; the service has this name unless `OTEL_SERVICE_NAME` has another.
pub fn provider(exporter: impl trace::SpanExporter + 'static, service: &str) -> SdkTracerProvider {
    let service = env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| service.to_owned());
    let resource = Resource::builder().with_service_name(service).build();
    let mut batch = BatchConfigBuilder::default();
    if env::var_os("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        batch = batch.with_max_queue_size(MAX_QUEUE);
    }
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batch.build()).build();
    SdkTracerProvider::builder().with_resource(resource).with_span_processor(processor).build()
}

/// Sends what waits, and ends the provider. A shutdown says `Ok` although spans were lost; a flush tells.
///
/// # Errors
/// If the last spans were not delivered.
pub fn finish(provider: &SdkTracerProvider) -> OTelSdkResult {
    let flushed = provider.force_flush();
    provider.shutdown().and(flushed)
}
