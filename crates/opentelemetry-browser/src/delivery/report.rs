//! What a flush says: how many records were delivered, and what became of the others.

use std::fmt;

use crate::diagnostics::{Cause, LastError};

/// What became of the spans that had ended, and of the log records that were emitted, when a flush was called, and of those lost since
/// the flush before it.
///
/// ```
/// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
/// let report = telemetry.flush().await.unwrap_or_else(|error| error.report());
/// if !report.is_complete() {
///     println!("{} spans are not there yet, and {} never will be", report.retrying + report.spooled, report.dropped);
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// A receiver took them in.
    pub delivered: u64,
    /// Still held, to be tried again: the receiver could not be reached, or the time was up.
    pub retrying: u64,
    /// In the origin's storage, for the next page to send.
    pub spooled: u64,
    /// Lost.
    pub dropped: u64,
    /// The browser had it when the page was left, and did not say whether it has arrived.
    pub in_doubt: u64,
}

impl FlushReport {
    /// Whether every span and log record was delivered.
    pub fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    fn missing(&self) -> u64 {
        self.retrying + self.spooled + self.dropped + self.in_doubt
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.retrying += other.retrying;
        self.spooled += other.spooled;
        self.dropped += other.dropped;
        self.in_doubt += other.in_doubt;
    }
}

/// A flush after which not every span and log record was delivered.
///
/// ```
/// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
/// if let Err(error) = telemetry.flush().await {
///     // 2 of 5 spans were not delivered: 3 delivered, 2 waiting for a retry, 0 spooled, 0 dropped; ...
///     println!("{error}");
///     println!("{} of them are lost", error.report().dropped);
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushError {
    report: FlushReport,
    words: &'static str,
    reason: Option<Box<LastError>>,
}

impl FlushError {
    pub(crate) fn check(
        report: FlushReport,
        words: &'static str,
        reason: Option<LastError>,
    ) -> Result<FlushReport, Self> {
        let reason = reason.map(Box::new);
        if report.is_complete() { Ok(report) } else { Err(Self { report, words, reason }) }
    }

    /// The counts.
    pub fn report(&self) -> FlushReport {
        self.report
    }

    /// What most likely kept spans from being delivered; [`Cause::Unknown`] if nothing is known.
    pub fn cause(&self) -> Cause {
        self.reason.as_ref().map_or(Cause::Unknown, |error| error.cause)
    }

    /// Whether the receiver answered, but did not take spans in.
    pub fn is_refused(&self) -> bool {
        matches!(self.cause(), Cause::Status(_) | Cause::Redirect | Cause::PartialSuccess)
    }

    /// Whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        self.cause() == Cause::Timeout
    }

    /// Whether no span is lost: what is missing is still held, or in the origin's storage, and will be tried again.
    pub fn is_pending(&self) -> bool {
        self.report.dropped + self.report.in_doubt == 0
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FlushReport { delivered, retrying, spooled, dropped, in_doubt } = self.report;
        let (missing, words) = (self.report.missing(), self.words);
        write!(f, "{missing} of {} {words} were not delivered: ", missing + delivered)?;
        write!(f, "{delivered} delivered, {retrying} waiting for a retry, {spooled} spooled, {dropped} dropped")?;
        if in_doubt > 0 {
            write!(f, ", {in_doubt} in doubt")?;
        }
        match &self.reason {
            Some(reason) => write!(f, "; {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FlushError {
    /// The last error, a [`LastError`], if there is one.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.reason.as_deref().map(|error| error as _)
    }
}
