//! Why there was no answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostics::{Cause, LastError};
use crate::micros::Micros;

/// Why there was no answer.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::TransportError;
///
/// assert_eq!(TransportError::network("the socket is closed").to_string(), "the socket is closed");
/// assert!(TransportError::timeout(Duration::from_secs(10)).is_timeout());
/// ```
#[derive(Clone, Debug)]
pub struct TransportError {
    message: String,
    kind: Kind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Network,
    Timeout {
        in_doubt: bool,
    },
    /// The page was left meanwhile.
    InDoubt,
    /// The request was never sent.
    Unsent,
}

impl TransportError {
    fn of(message: impl Into<String>, kind: Kind) -> Self {
        Self { message: message.into(), kind, source: None }
    }

    /// The request failed below HTTP: nothing listens, CORS or a policy refuses, the network is gone.
    pub fn network(message: impl Into<String>) -> Self {
        Self::of(message, Kind::Network)
    }

    /// There was no complete answer in time.
    pub fn timeout(limit: Duration) -> Self {
        Self::of(format!("no answer within {}", Micros::from(limit)), Kind::Timeout { in_doubt: false })
    }

    /// There was nothing to send it with.
    pub(crate) fn unsent(message: impl Into<String>) -> Self {
        Self::of(message, Kind::Unsent)
    }

    /// Adds what it comes from, which is its [`source`](std::error::Error::source) then.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into().into());
        self
    }

    /// Whether the request was made at all.
    pub(crate) fn was_sent(&self) -> bool {
        self.kind != Kind::Unsent
    }

    /// The same failure, of a request that the browser may have gone on with when the page was left.
    pub(crate) fn in_doubt(self) -> Self {
        let kind = match self.kind {
            Kind::Unsent => return self,
            Kind::Timeout { .. } => Kind::Timeout { in_doubt: true },
            Kind::Network | Kind::InDoubt => Kind::InDoubt,
        };
        Self { kind, ..self }
    }

    /// Whether the request may have arrived all the same. Sent again, it would double what has.
    pub(crate) fn is_in_doubt(&self) -> bool {
        matches!(self.kind, Kind::InDoubt | Kind::Timeout { in_doubt: true })
    }

    /// What the diagnostics say of it.
    pub(crate) fn at(&self, url: &str) -> LastError {
        let cause = if self.is_timeout() { Cause::Timeout } else { Cause::Unknown };
        let doubt = if self.is_in_doubt() {
            "; the page was left meanwhile, and whether it has arrived is not known"
        } else {
            ""
        };
        LastError::new(format!("{url}: {self}{doubt}"), cause)
    }

    /// Whether the time limit was what ended the attempt.
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout { .. })
    }

    /// Whether the attempt failed below HTTP.
    pub fn is_network(&self) -> bool {
        matches!(self.kind, Kind::Network | Kind::InDoubt)
    }
}

impl PartialEq for TransportError {
    fn eq(&self, other: &Self) -> bool {
        (&self.message, self.kind) == (&other.message, other.kind)
    }
}

impl Eq for TransportError {}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
