//! How records are batched: what a user says of the queue, of batches and of time.

use std::time::Duration;

/// How a [`BatchSpanProcessor`](crate::BatchSpanProcessor) batches.
///
/// The defaults are those of the
/// [specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor), but for the queue: a page has no
/// second thread that empties it, so it must hold the longest burst of spans between two turns of the event loop.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{BatchConfig, Telemetry};
///
/// let batch = BatchConfig::default().with_scheduled_delay(Duration::from_secs(1)).with_max_export_batch_size(100);
/// let telemetry = Telemetry::builder().with_batch(batch).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchConfig {
    /// The most spans that wait; further ones are dropped, and counted. Default: 16,384.
    pub max_queue_size: usize,
    /// About the most bytes of memory that spans take while they wait, or while they are under way; further ones are dropped, and
    /// counted. A single span is taken in whatever its size. Default: 16 MiB.
    pub max_queue_bytes: usize,
    /// The most spans of a request. Default: 512.
    pub max_export_batch_size: usize,
    /// How long a span may wait for others. Default: 5 s.
    pub scheduled_delay: Duration,
    /// How long an export, with its retries, and a flush may take. Default: 30 s.
    pub export_timeout: Duration,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_queue_size: 16_384,
            max_queue_bytes: 16 * 1024 * 1024,
            max_export_batch_size: 512,
            scheduled_delay: Duration::from_secs(5),
            export_timeout: Duration::from_secs(30),
        }
    }
}

impl BatchConfig {
    /// Sets [`max_queue_size`](Self::max_queue_size).
    #[must_use]
    pub fn with_max_queue_size(mut self, spans: usize) -> Self {
        self.max_queue_size = spans;
        self
    }

    /// Sets [`max_queue_bytes`](Self::max_queue_bytes).
    #[must_use]
    pub fn with_max_queue_bytes(mut self, bytes: usize) -> Self {
        self.max_queue_bytes = bytes;
        self
    }

    /// Sets [`max_export_batch_size`](Self::max_export_batch_size).
    #[must_use]
    pub fn with_max_export_batch_size(mut self, spans: usize) -> Self {
        self.max_export_batch_size = spans;
        self
    }

    /// Sets [`scheduled_delay`](Self::scheduled_delay).
    #[must_use]
    pub fn with_scheduled_delay(mut self, delay: Duration) -> Self {
        self.scheduled_delay = delay;
        self
    }

    /// Sets [`export_timeout`](Self::export_timeout).
    #[must_use]
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = timeout;
        self
    }
}
