//! Trying again: a [`Transport`] around a transport.
//!
//! What is tried again, and when, is what [OTLP/HTTP](https://opentelemetry.io/docs/specs/otlp/#failures-1) asks for: network
//! errors, time-outs and the statuses 429, 502, 503 and 504, after a growing and jittered pause or the one that the receiver
//! names in `Retry-After`. The default pauses are those of OpenTelemetry JS's retrying transport.

use std::sync::Arc;
use std::time::Duration;

use super::{BoxFuture, Request, Response, Transport, TransportError};
use crate::diagnostics::{Counters, Diagnosis, LastError};
use crate::micros::Micros;
use crate::platform::{self, sleep::sleep};

/// A longer pause than this is a mistake in a policy, and multiplying it could overflow.
const LONGEST_PAUSE: Micros = Micros::from_secs(3600);

/// The pauses between attempts.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{RetryPolicy, Telemetry};
///
/// // Three attempts, a second apart at first, and no more than that if the receiver asks for a longer pause.
/// let policy = RetryPolicy::default().with_max_attempts(3).with_max_retry_after(Duration::from_secs(1));
/// let telemetry = Telemetry::builder().with_retry(policy).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a request is tried in all; 1 means that it is not tried again. Default: 5.
    pub max_attempts: u32,
    /// The first pause. Default: 1 s.
    pub initial_backoff: Duration,
    /// No pause is longer, unless the receiver asks for it. Default: 5 s.
    pub max_backoff: Duration,
    /// How much longer each pause is than the one before. Default: 1.5.
    pub multiplier: f64,
    /// Which part of a pause, up and down, is left to chance, so that pages do not come back all at once. Default: 0.2.
    pub jitter: f64,
    /// The longest `Retry-After` that is waited for; if the receiver asks for more, this is the last attempt for now, and nothing is
    /// sent to it for as long as it asks for, up to an hour. Default: 10 s.
    pub max_retry_after: Duration,
    /// How long all attempts may take together. What has not been delivered then waits for a later round, if there is a
    /// [`BatchSpanProcessor`](crate::BatchSpanProcessor). Default: `None`, no bound but that of
    /// [`with_timeout`](crate::TelemetryBuilder::with_timeout).
    pub max_elapsed: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(5),
            multiplier: 1.5,
            jitter: 0.2,
            max_retry_after: Duration::from_secs(10),
            max_elapsed: None,
        }
    }
}

impl RetryPolicy {
    /// One attempt, no more.
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Sets [`max_attempts`](Self::max_attempts).
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets [`initial_backoff`](Self::initial_backoff).
    #[must_use]
    pub fn with_initial_backoff(mut self, pause: Duration) -> Self {
        self.initial_backoff = pause;
        self
    }

    /// Sets [`max_backoff`](Self::max_backoff).
    #[must_use]
    pub fn with_max_backoff(mut self, pause: Duration) -> Self {
        self.max_backoff = pause;
        self
    }

    /// Sets [`multiplier`](Self::multiplier).
    #[must_use]
    pub fn with_multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// Sets [`jitter`](Self::jitter).
    #[must_use]
    pub fn with_jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self
    }

    /// Sets [`max_retry_after`](Self::max_retry_after).
    #[must_use]
    pub fn with_max_retry_after(mut self, pause: Duration) -> Self {
        self.max_retry_after = pause;
        self
    }

    /// Sets [`max_elapsed`](Self::max_elapsed).
    #[must_use]
    pub fn with_max_elapsed(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.max_elapsed = limit.into();
        self
    }

    pub(crate) fn pause(&self, backoff: Micros, chance: f64) -> Micros {
        let jitter = if self.jitter.is_finite() { self.jitter.clamp(0.0, 1.0) } else { 0.0 };
        backoff.min(LONGEST_PAUSE).scaled(1.0 + jitter * (2.0 * chance - 1.0)).min(self.max_backoff.into())
    }

    pub(crate) fn next(&self, backoff: Micros) -> Micros {
        let factor = if self.multiplier.is_finite() { self.multiplier.clamp(1.0, 100.0) } else { 1.0 };
        backoff.min(LONGEST_PAUSE).scaled(factor).min(self.max_backoff.into())
    }
}

/// Whether a status says that the same request may succeed later.
pub(crate) fn is_retryable(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// A `Retry-After` header: seconds, or the date of HTTP. `None` if it asks for no pause: who asks for none, again and again, would
/// be stormed.
pub(crate) fn retry_after(header: &str) -> Option<Micros> {
    let header = header.trim_ascii();
    let pause = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        Micros::from(Duration::from_secs(header.parse().unwrap_or(u64::MAX)))
    } else if has_form_of_date(header) {
        let ahead = platform::http_date(header)? - platform::clock::date_now();
        Micros::from(Duration::from_millis(ahead.max(0.0) as u64))
    } else {
        Micros::ZERO
    };
    (pause > Micros::ZERO).then_some(pause)
}

/// Whether this may be a date of [HTTP](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7) in one of the two forms that name
/// their time zone. Engines make a date of nearly everything with a number in it.
fn has_form_of_date(text: &str) -> bool {
    let is_day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().any(|day| text.starts_with(day));
    let count = |wanted: u8| text.bytes().filter(|byte| *byte == wanted).count();
    is_day && count(b',') == 1 && count(b':') == 2 && text.ends_with(" GMT")
}

/// Tries again what may succeed later.
///
/// ```
/// use opentelemetry_browser::{FetchTransport, RetryPolicy, RetryTransport, SpanExporter};
///
/// // Retries inside of a transport of one's own; those of the exporter around it are off.
/// let transport = RetryTransport::new(FetchTransport::new(), RetryPolicy::default());
/// let exporter = SpanExporter::builder().with_transport(transport).with_retry(RetryPolicy::none()).build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct RetryTransport<T> {
    inner: Arc<T>,
    policy: RetryPolicy,
    counters: Arc<Counters>,
}

impl<T: Transport + 'static> RetryTransport<T> {
    /// Decorates `inner`.
    pub fn new(inner: T, policy: RetryPolicy) -> Self {
        Self::with_counters(inner, policy, Arc::default())
    }

    pub(crate) fn with_counters(inner: T, policy: RetryPolicy, counters: Arc<Counters>) -> Self {
        Self { inner: Arc::new(inner), policy, counters }
    }
}

impl<T: Transport + 'static> Transport for RetryTransport<T> {
    fn send(&self, mut request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let keepalive = request.keepalive;
        let (inner, policy, counters) = (self.inner.clone(), self.policy.clone(), self.counters.clone());
        let begun = platform::clock::uptime();
        let mut attempt = inner.send(request.clone());
        Box::pin(async move {
            let mut backoff = Micros::from(policy.initial_backoff);
            let mut attempts = 1;
            loop {
                let outcome = attempt.await;
                let mut pause = policy.pause(backoff, platform::random());
                let mut patience = LONGEST_PAUSE * 2;
                match &outcome {
                    Ok(response) if !is_retryable(response.status) => return outcome,
                    Err(error) if error.is_in_doubt() => return outcome,
                    Ok(response) => {
                        let message = format!("{}: HTTP status {}", request.url, response.status);
                        counters.failed(LastError::status(message, response.status));
                        if let Some(asked) = response.retry_after.as_deref().and_then(retry_after) {
                            (pause, patience) = (asked, policy.max_retry_after.into());
                        }
                    }
                    Err(error) => counters.failed(error.at(&request.url)),
                }
                let elapsed = platform::clock::uptime().saturating_sub(begun);
                let is_over = policy.max_elapsed.is_some_and(|limit| elapsed.saturating_add(pause.into()) >= limit);
                if attempts >= policy.max_attempts || pause > patience || is_over {
                    return outcome;
                }
                sleep(pause.into()).await;
                attempts += 1;
                backoff = policy.next(backoff);
                // A keepalive request may have failed for no other reason than that the page's own had used up the budget.
                request.keepalive = keepalive && attempts % 2 == 1;
                counters.retried();
                attempt = inner.send(request.clone());
            }
        })
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        self.inner.diagnose(request)
    }
}

#[cfg(test)]
#[path = "retry_after_tests.rs"]
mod retry_after_tests;
#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "retry_tests.rs"]
mod tests;
