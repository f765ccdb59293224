use std::time::Duration;

use opentelemetry::{global, trace::noop::NoopTracerProvider};
use opentelemetry_otlp::{Compression, ExporterBuildError, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, Sampler, SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};

use crate::{
    client::Client,
    exporter::{Failure, Watched},
    runtime::Page,
};

const HOUR: Duration = Duration::from_secs(3600);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(120);

pub struct Pipeline {
    page: Page,
    failure: Failure,
    provider: SdkTracerProvider,
}

impl Pipeline {
    /// Builds the pipeline and makes it the global one.
    pub fn install(
        endpoint: &str,
        sampled: bool,
        max_queue_size: usize,
        max_batch_size: usize,
        gzip: bool,
    ) -> Result<Self, ExporterBuildError> {
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Client::default())
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(EXPORT_TIMEOUT);
        if gzip {
            exporter = exporter.with_compression(Compression::Gzip);
        }
        let failure = Failure::default();
        let exporter = Watched::new(exporter.build()?, failure.clone());

        let page = Page::default();
        let processor = BatchSpanProcessor::builder(exporter, page.clone())
            .with_batch_config(
                BatchConfigBuilder::default()
                    .with_max_queue_size(max_queue_size)
                    .with_max_export_batch_size(max_batch_size)
                    .with_scheduled_delay(HOUR)
                    .with_max_export_timeout(EXPORT_TIMEOUT)
                    .build(),
            )
            .build();

        let mut provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name("bench").build())
            .with_span_processor(processor);
        if !sampled {
            provider = provider.with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)));
        }
        let provider = provider.build();
        global::set_tracer_provider(provider.clone());
        Ok(Self { page, failure, provider })
    }

    /// Ends when all that was recorded has been answered, with the first failure since the last flush.
    pub fn flush(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let failure = self.failure.clone();
        let flushed = self.page.without_blocking(&|| drop(self.provider.force_flush()));
        async move {
            flushed.await;
            failure.take().map_or(Ok(()), Err)
        }
    }

    /// Takes the pipeline out of service; ends when it has exported what was left.
    pub fn uninstall(self) -> impl Future<Output = ()> {
        global::set_tracer_provider(NoopTracerProvider::new());
        self.page.without_blocking(&|| drop(self.provider.shutdown()))
    }
}
