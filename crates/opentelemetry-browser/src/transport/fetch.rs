//! The `fetch` of a page or worker as a transport.

use std::fmt;

use super::{BoxFuture, Request, Response, Transport, TransportError};
#[cfg(feature = "advice")]
use crate::consent;
#[cfg(feature = "advice")]
use crate::diagnostics::Diagnosis;
#[cfg(feature = "advice")]
use crate::diagnostics::judgement::judge;
use crate::platform::fetch::Fetcher;
use crate::platform::{FetchFailure, FetchResponse};

/// Sends by the `fetch` of the window or worker, as it was when this was made: what is patched into `fetch` later, to trace
/// the page's own requests, never sees the exporter's. Credentials are omitted.
///
/// ```
/// use opentelemetry_browser::{FetchTransport, Telemetry};
///
/// // Captured before a script, such as that of an instrumentation, puts its own function in the place of fetch.
/// let transport = FetchTransport::new();
/// let telemetry = Telemetry::builder().with_transport(transport).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone)]
pub struct FetchTransport {
    fetcher: Fetcher,
}

impl FetchTransport {
    /// Captures the realm's `fetch`.
    pub fn new() -> Self {
        Self { fetcher: Fetcher::capture() }
    }
}

impl fmt::Debug for FetchTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every transport is printable; a derived form is more code, which stays linked.
        f.write_str("FetchTransport")
    }
}

impl Default for FetchTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// What the platform has brought, in this module's terms.
pub(crate) fn answer(outcome: Result<FetchResponse, FetchFailure>) -> Result<Response, TransportError> {
    match outcome {
        Ok(answer) => Ok(Response { status: answer.status, retry_after: answer.retry_after, body: answer.body }),
        Err(FetchFailure::Network(message)) => Err(TransportError::network(message)),
        Err(FetchFailure::Timeout(limit)) => Err(TransportError::timeout(limit)),
    }
}

impl Transport for FetchTransport {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let exchange = self.fetcher.start(&request.parts());
        Box::pin(async move {
            exchange.await.map_or_else(|_| Err(TransportError::network("the event loop has gone")), answer)
        })
    }

    /// By at most four GETs without cookies, of 5 s each. The first shows whether anything answers, unless a Content Security Policy
    /// forbids it. Where it fails, an `EventSource` shows whether an answer is kept from this page, in engines other than Gecko.
    /// Two more show whether CORS allows this origin, and the headers too; if a receiver that refuses lets its words be read (a
    /// `google.rpc.Status`), they are the advice.
    #[cfg(feature = "advice")]
    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        let findings = self.fetcher.probe(&request.url, &request.headers, consent::is_given);
        let (url, headers) = (request.url.clone(), request.headers.clone());
        Box::pin(async move { judge(&url, &headers, &findings.await.unwrap_or_default()) })
    }
}
