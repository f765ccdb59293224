//! Batching on the event loop, as upstream's SDK has it: [`BatchSpanProcessor`] hands spans that have ended to [`delivery`](crate::delivery).

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter};

use crate::delivery::driver::Driver;
use crate::delivery::report::{FlushError, FlushReport};
use crate::diagnostics::{Counters, Diagnostics};
use crate::encode::spans::SPANS;
use crate::platform::{IS_NO_OP, driven};
use crate::resource::Description;
pub use builder::BatchSpanProcessorBuilder;

/// A batching [`opentelemetry_sdk::trace::SpanProcessor`] for the event loop of a page or worker.
///
/// Upstream's spawns a thread or blocks on a future; in a browser both fail. Here `on_end` only queues. A batch is exported
/// when it is full, when its oldest span has waited for the scheduled delay, by [`flush`](Self::flush), and when the page is
/// hidden or left.
///
/// It is a handle: keep a clone for [`flush`](Self::flush) and [`shutdown`](Self::shutdown). Dropping it changes nothing. The
/// trait's `force_flush` and `shutdown` cannot wait in a browser: they start the work and return `Ok`.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use opentelemetry::trace::{Tracer, TracerProvider as _};
/// use opentelemetry_browser::{BatchSpanProcessor, SpanExporter, TracerProvider};
///
/// let processor = BatchSpanProcessor::builder(SpanExporter::builder().build()?).build();
/// let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
/// provider.tracer("shop").in_span("checkout", |_cx| {});
/// let report = processor.flush().await?;
/// println!("{} spans were delivered", report.delivered);
/// processor.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BatchSpanProcessor {
    driver: Arc<Driver>,
}

impl BatchSpanProcessor {
    fn of(driver: Arc<Driver>) -> Self {
        Self { driver }
    }

    /// Configures a processor that exports with `exporter`: with this crate's [`SpanExporter`](crate::SpanExporter), or with
    /// any other whose future does not need a thread of its own.
    pub fn builder<E: SpanExporter + 'static>(exporter: E) -> BatchSpanProcessorBuilder<E> {
        BatchSpanProcessorBuilder::new(exporter)
    }

    /// Exports everything that has ended, now. Resolves when each of these spans has found its end or is known to have to
    /// wait, at the latest after the export timeout.
    ///
    /// # Errors
    /// If a span was not delivered: the error says how many, and why.
    pub async fn flush(&self) -> Result<FlushReport, FlushError> {
        let report = driven(self.driver.flush()).await;
        FlushError::check(report, SPANS.words, self.driver.counters().last_error())
    }

    /// Takes in no more spans from now on, exports what there is, and then lets go of timers and listeners. All that happens
    /// whether or not the future is awaited.
    ///
    /// # Errors
    /// If a span was not delivered within the export timeout: it is in the origin's storage then, or dropped, and counted.
    pub fn shutdown(&self) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
        let (driver, ended) = (self.driver.clone(), self.driver.shutdown());
        async move { FlushError::check(driven(ended).await, SPANS.words, driver.counters().last_error()) }
    }

    /// What became of the spans so far.
    pub fn diagnostics(&self) -> Diagnostics {
        self.driver.counters().snapshot()
    }

    /// As `on_end`, of a span that has its place on the heap already.
    pub(crate) fn take_in(&self, span: Arc<SpanData>) {
        if span.span_context.is_sampled() && !IS_NO_OP {
            self.driver.take_in(span);
        }
    }

    pub(crate) fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }

    /// As `set_resource`.
    pub(crate) fn describe(&self, resource: &Description) {
        self.driver.set_resource(resource);
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        self.driver.counters()
    }
}

impl fmt::Debug for BatchSpanProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchSpanProcessor").field("driver", &self.driver).finish()
    }
}

impl opentelemetry_sdk::trace::SpanProcessor for BatchSpanProcessor {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.take_in(Arc::new(span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.driver.export_soon();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if !self.driver.start_shutdown() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.describe(&resource.into());
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "delivery/tests/mod.rs"]
mod tests;
