//! How a processor batches, and with what.

use std::any::Any;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;

use super::BatchSpanProcessor;
use crate::delivery::BatchConfig;
use crate::delivery::driver::{Driver, Sink};
use crate::delivery::foreign::Foreign;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::report::Reporter;
use crate::spool::SpoolConfig;

/// Configures a [`BatchSpanProcessor`].
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{BatchSpanProcessor, SpanExporter};
///
/// let exporter = SpanExporter::builder().with_endpoint("http://localhost:4318").build()?;
/// let processor = BatchSpanProcessor::builder(exporter)
///     .with_max_queue_size(4096)
///     .with_scheduled_delay(Duration::from_secs(1))
///     .with_export_timeout(Duration::from_secs(10))
///     .with_spool(None)
///     .build();
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct BatchSpanProcessorBuilder<E> {
    exporter: E,
    config: BatchConfig,
    spool: Option<SpoolConfig>,
    reporter: Reporter,
}

impl<E: SpanExporter + 'static> BatchSpanProcessorBuilder<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self {
            exporter,
            config: BatchConfig::default(),
            spool: Some(SpoolConfig::default()),
            reporter: Reporter::default(),
        }
    }

    /// The most spans that wait to be exported; at least 1. Default: 16,384.
    pub fn with_max_queue_size(mut self, spans: usize) -> Self {
        self.config.max_queue_size = spans.max(1);
        self
    }

    /// About the most bytes of memory that spans take while they wait, or while they are under way. Default: 16 MiB.
    pub fn with_max_queue_bytes(mut self, bytes: usize) -> Self {
        self.config.max_queue_bytes = bytes;
        self
    }

    /// The most spans of one export; at least 1. Default: 512.
    pub fn with_max_export_batch_size(mut self, spans: usize) -> Self {
        self.config.max_export_batch_size = spans.max(1);
        self
    }

    /// How long a span may wait for others before all are exported. Default: 5 s.
    pub fn with_scheduled_delay(mut self, delay: Duration) -> Self {
        self.config.scheduled_delay = delay;
        self
    }

    /// How long one export, with its retries, may take, and a flush. Default: 30 s.
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.config.export_timeout = timeout;
        self
    }

    /// All of it at once.
    pub fn with_config(mut self, config: BatchConfig) -> Self {
        self.config = config;
        self
    }

    /// How spans that cannot be delivered are kept for the next page; `None` for not at all. Only this crate's
    /// [`SpanExporter`](crate::SpanExporter) can do it. Default: [`SpoolConfig::default`].
    pub fn with_spool(mut self, config: impl Into<Option<SpoolConfig>>) -> Self {
        self.spool = config.into();
        self
    }

    /// Is called when something went wrong, when its cause has become known, when spans were lost, and when all is well again.
    /// What happens in one turn of the event loop makes one call, and a loss by itself none within a second after another call.
    ///
    /// It is called on the event loop, when no span and no lock is held: it may record spans, also where they are lost in their turn.
    ///
    /// ```
    /// # use opentelemetry_browser::{BatchSpanProcessor, SpanExporter};
    /// # let exporter = SpanExporter::builder().build()?;
    /// let processor = BatchSpanProcessor::builder(exporter)
    ///     .with_diagnostics_callback(|diagnostics| match &diagnostics.last_error {
    ///         Some(error) => println!("{error}; {}", error.advice.as_deref().unwrap_or_default()),
    ///         None => println!("spans are delivered"),
    ///     })
    ///     .build();
    /// # Ok::<(), opentelemetry_browser::ConfigError>(())
    /// ```
    pub fn with_diagnostics_callback(mut self, callback: impl Fn(&Diagnostics) + Send + Sync + 'static) -> Self {
        self.reporter.set_callback(callback);
        self
    }

    /// Whether errors are shown on the console, at most one of each [`Cause`](crate::Cause) a minute. Default: `true`. A success
    /// is never shown.
    pub fn with_console_warnings(mut self, warns: bool) -> Self {
        self.reporter.set_warns(warns);
        self
    }

    pub(crate) fn with_reporter(mut self, reporter: Reporter) -> Self {
        self.reporter = reporter;
        self
    }

    /// Builds the processor, which listens to the page's life from now until it is shut down.
    pub fn build(self) -> BatchSpanProcessor {
        let sink = match (&self.exporter as &dyn Any).downcast_ref::<crate::SpanExporter>() {
            Some(ours) => Sink::Ours(ours.pipe().clone()),
            None => Sink::Foreign(Box::new(Foreign::new(self.exporter))),
        };
        let driver = Driver::start(sink, self.config, self.spool, None);
        driver.counters().report_to(self.reporter);
        BatchSpanProcessor::of(driver)
    }
}
