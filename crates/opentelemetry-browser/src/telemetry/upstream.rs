//! What else upstream's SDK has room for: further processors, and ids of another kind.

use opentelemetry_sdk::trace::IdGenerator;
#[cfg(feature = "sdk")]
use opentelemetry_sdk::trace::SpanProcessor;

use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// Adds a processor. It is called before the one that exports, and after those that were added earlier; in a browser it must
    /// not block. Attributes that it sets when a span starts are exported; each processor gets a copy of a span that has ended,
    /// and [what is redacted](Self::with_redaction) is redacted for the exporter only.
    ///
    /// A [`Telemetry::shutdown`](super::Telemetry::shutdown) shuts it down, too. A [`Telemetry::flush`](super::Telemetry::flush)
    /// does not wait for it: `telemetry.provider().force_flush()` asks it to flush.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use opentelemetry::trace::Span as _;
    /// use opentelemetry::{Context, KeyValue};
    /// use opentelemetry_sdk::error::OTelSdkResult;
    /// use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    ///
    /// /// Says on every span which view of the app was shown.
    /// #[derive(Debug)]
    /// struct View;
    ///
    /// impl SpanProcessor for View {
    ///     fn on_start(&self, span: &mut Span, _cx: &Context) {
    ///         span.set_attribute(KeyValue::new("app.view", "cart"));
    ///     }
    ///     fn on_end(&self, _span: SpanData) {}
    ///     fn force_flush(&self) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    ///     fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_span_processor(View).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    #[cfg(feature = "sdk")]
    pub fn with_span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.provider = self.provider.with_span_processor(processor);
        self
    }

    /// Where trace and span ids come from. Default: random.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use opentelemetry::trace::{SpanId, TraceId};
    /// use opentelemetry_sdk::trace::IdGenerator;
    ///
    /// /// The same ids in each run of a test.
    /// #[derive(Debug, Default)]
    /// struct Counting(AtomicU64);
    ///
    /// impl IdGenerator for Counting {
    ///     fn new_trace_id(&self) -> TraceId {
    ///         TraceId::from(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    ///     }
    ///     fn new_span_id(&self) -> SpanId {
    ///         SpanId::from(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    ///     }
    /// }
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_id_generator(Counting::default()).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_id_generator(mut self, generator: impl IdGenerator + 'static) -> Self {
        self.provider = self.provider.with_id_generator(generator);
        self
    }
}
