//! What can go wrong between a page and its receiver.

use std::fmt;

/// What most likely made an export fail.
///
/// A browser tells a page no more than that a request has failed. [`FetchTransport`](crate::FetchTransport) finds out the rest by
/// requests without effect, once per outage; see [`Transport::diagnose`](crate::Transport::diagnose).
///
/// ```
/// use opentelemetry_browser::Cause;
///
/// assert_eq!(Cause::Cors.name(), "cors");
/// assert_eq!(Cause::Status(503).to_string(), "the receiver answered with HTTP status 503");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Not known, or not known yet.
    #[default]
    Unknown,
    /// Nothing answers at the endpoint.
    Unreachable,
    /// The receiver answers, but its [CORS](https://fetch.spec.whatwg.org/#http-cors-protocol) settings refuse this page's
    /// origin, or the headers in use.
    Cors,
    /// A [Content Security Policy](https://www.w3.org/TR/CSP3/#directive-connect-src) of this page forbids it.
    Csp,
    /// An https page may not call an http endpoint
    /// ([Mixed Content](https://www.w3.org/TR/mixed-content/#should-block-fetch)).
    MixedContent,
    /// The device has no network.
    Offline,
    /// There was no complete answer in time.
    Timeout,
    /// The receiver answered with this HTTP status.
    Status(u16),
    /// The receiver answered with a redirect, as a login or an http endpoint that wants https does. It is not followed.
    Redirect,
    /// The receiver rejected some of the spans
    /// ([partial success](https://opentelemetry.io/docs/specs/otlp/#partial-success-1)).
    PartialSuccess,
    /// More spans ended than the queue holds.
    QueueFull,
    /// A span failed by itself again and again, while others were delivered.
    Undeliverable,
    /// The origin's storage could not be used.
    Storage,
    /// This JavaScript runtime has no `CompressionStream`.
    NoCompression,
    /// The page's `<meta name="traceparent">`, or a tag that goes with it, is malformed.
    PageParent,
}

impl Cause {
    /// A short name that does not change: lower case, words joined by `-`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Cors => "cors",
            Self::Csp => "csp",
            Self::MixedContent => "mixed-content",
            Self::Offline => "offline",
            Self::Timeout => "timeout",
            Self::Status(_) => "status",
            Self::Redirect => "redirect",
            Self::PartialSuccess => "partial-success",
            Self::QueueFull => "queue-full",
            Self::Undeliverable => "undeliverable",
            Self::Storage => "storage",
            Self::NoCompression => "no-compression",
            Self::PageParent => "page-parent",
        }
    }

    /// Whether it was concluded: the error's own words do not say it then.
    fn is_concluded(self) -> bool {
        matches!(self, Self::Unreachable | Self::Cors | Self::Csp | Self::MixedContent | Self::Offline)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the cause is not known",
            Self::Unreachable => "nothing answers there",
            Self::Cors => "the receiver's CORS settings refuse this page's requests",
            Self::Csp => "a Content Security Policy of this page forbids it",
            Self::MixedContent => "an https page may not send to an http endpoint",
            Self::Offline => "the device is offline",
            Self::Timeout => "there was no answer in time",
            Self::Status(status) => return write!(f, "the receiver answered with HTTP status {status}"),
            Self::Redirect => "the receiver answered with a redirect",
            Self::PartialSuccess => "the receiver rejected spans",
            Self::QueueFull => "more spans ended than the queue holds",
            Self::Undeliverable => "the receiver does not take certain spans",
            Self::Storage => "the origin's storage cannot be used",
            Self::NoCompression => "this runtime has no CompressionStream",
            Self::PageParent => "the page's template writes a malformed meta tag",
        })
    }
}

/// The cause of a failure, and what to do about it.
///
/// ```
/// use opentelemetry_browser::{Cause, Diagnosis};
///
/// let diagnosis = Diagnosis::new(Cause::Offline).with_advice("Wait until the device is online again.");
/// assert_eq!(diagnosis.cause.name(), "offline");
/// assert_eq!(Diagnosis::default().cause, Cause::Unknown);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What it most likely was.
    pub cause: Cause,
    /// What to do, in sentences. Lines to be copied are indented by four spaces.
    pub advice: Option<String>,
}

impl Diagnosis {
    /// A cause, without advice.
    pub fn new(cause: Cause) -> Self {
        Self { cause, advice: None }
    }

    /// Adds what to do.
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// What went wrong last.
///
/// Displayed as its message, with the cause if that is not in the message already; the advice is not part of it.
///
/// ```
/// use opentelemetry_browser::LastError;
///
/// fn show(error: &LastError) -> String {
///     let advice = error.advice.as_deref().unwrap_or("Ask whoever runs the receiver.");
///     format!("{}: {error}\n{advice}", error.cause.name())
/// }
/// # fn example(telemetry: &opentelemetry_browser::Telemetry) -> Option<String> {
/// telemetry.diagnostics().last_error.as_ref().map(show)
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastError {
    /// What happened, in the words of the engine or of the receiver, with the URL.
    pub message: String,
    /// What it most likely was.
    pub cause: Cause,
    /// What to do, in sentences. Lines to be copied, such as Jaeger's flags for this page's origin, are indented by four spaces.
    pub advice: Option<String>,
}

impl LastError {
    pub(crate) fn new(message: impl Into<String>, cause: Cause) -> Self {
        Self { message: message.into(), cause, advice: None }
    }

    /// An HTTP status, as far as it speaks for itself.
    pub(crate) fn status(message: impl Into<String>, status: u16) -> Self {
        let advice = super::advice::for_status(status).map(str::to_owned);
        let cause = if matches!(status, 0 | 300..=399) { Cause::Redirect } else { Cause::Status(status) };
        Self { message: message.into(), cause, advice }
    }

    /// Whether this is what servers say of a path that they do not have, or have for other methods only: a file server answers 405 or
    /// 501 to any POST.
    pub(crate) fn is_of_no_path(&self) -> bool {
        matches!(self.cause, Cause::Status(404 | 405 | 501))
    }

    /// The receiver knows nothing of the signal whose records are called so.
    pub(crate) fn of_absence(self, words: &str) -> Self {
        Self { advice: Some(super::advice::absent(words)), ..self }
    }

    /// Adds a diagnosis that came later.
    pub(crate) fn explain(&mut self, diagnosis: &Diagnosis) {
        if self.cause == Cause::Unknown {
            self.cause = diagnosis.cause;
            self.advice.clone_from(&diagnosis.advice);
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.cause.is_concluded() { write!(f, " (likely cause: {})", self.cause) } else { Ok(()) }
    }
}

impl std::error::Error for LastError {}
