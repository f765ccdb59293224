//! What the spool can be told.

use std::time::Duration;

/// How undelivered spans are kept for the next page.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{SpoolConfig, Telemetry};
///
/// let spool = SpoolConfig::default().with_max_bytes(1024 * 1024).with_max_age(Duration::from_secs(3600));
/// let builder = Telemetry::builder().with_spool(spool);
/// // Nothing is kept on the visitor's device:
/// let builder = builder.with_spool(None);
/// let telemetry = builder.install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolConfig {
    /// The most bytes in storage. Default: 5 MiB.
    pub max_bytes: usize,
    /// How long a record is kept. Default: 24 h.
    pub max_age: Duration,
    /// Whether to send again what may have arrived: requests that were under way when their page ended. Only for receivers that
    /// recognise a span that they have, as this project's collector does. Default: false, which is to send them if the next page
    /// finds that the receiver cannot be reached, and else to count them as in doubt.
    pub resend_in_doubt: bool,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self { max_bytes: 5 * 1024 * 1024, max_age: Duration::from_secs(24 * 3600), resend_in_doubt: false }
    }
}

impl SpoolConfig {
    /// Sets [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets [`max_age`](Self::max_age).
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets [`resend_in_doubt`](Self::resend_in_doubt).
    #[must_use]
    pub fn with_resend_in_doubt(mut self, resends: bool) -> Self {
        self.resend_in_doubt = resends;
        self
    }
}
