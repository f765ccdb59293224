//! Requests that a worker makes: [`WorkerTransport`].

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::compression::Compression;
use super::{BoxFuture, FetchTransport, Request, Response, Transport, TransportError, answer};
use crate::diagnostics::Diagnosis;
use crate::platform::worker::Worker;

/// Sends by the `fetch` of a [dedicated worker](https://html.spec.whatwg.org/#dedicated-workers-and-the-worker-interface): what a
/// browser does for a request, most of the cost of sending spans, is not done on the page's main thread then.
///
/// The worker starts with the first request, from a script in this crate by a `blob:` URL. A page with a Content Security Policy must
/// allow that by `worker-src blob:`. Where there can be no worker, or it comes to an end, requests are sent as
/// [`FetchTransport`] sends them, those that are under way too. So are those that outlive the page, for no worker does: these are all
/// that fit into the browser's budget for them, with a body of up to 60 KiB. The worker has the full batches of bursts, which are
/// what keeps a main thread busy. (In browsers without the Navigation API, batches are cut so that they fit.)
///
/// ```
/// use opentelemetry_browser::{Telemetry, WorkerTransport};
///
/// let telemetry = Telemetry::builder().with_transport(WorkerTransport::new()).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Default)]
pub struct WorkerTransport {
    fetch: FetchTransport,
    worker: Arc<OnceLock<Option<Worker>>>,
    compression: Compression,
}

impl fmt::Debug for WorkerTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As that of FetchTransport.
        f.write_str("WorkerTransport")
    }
}

impl WorkerTransport {
    /// Starts no worker yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the worker compress what it sends, where its runtime can. Default: [`Compression::None`].
    ///
    /// The exporter's own compression works on the main thread, for all requests; with it, most are small enough to be the page's.
    ///
    /// ```
    /// use opentelemetry_browser::{Compression, Telemetry, WorkerTransport};
    ///
    /// let transport = WorkerTransport::new().with_compression(Compression::Gzip);
    /// let telemetry = Telemetry::builder().with_transport(transport).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }
}

impl Transport for WorkerTransport {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        if request.keepalive {
            return self.fetch.send(request);
        }
        let is_compressed = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let compress = self.compression != Compression::None && !is_compressed;
        let worker = self.worker.get_or_init(Worker::start).as_ref();
        let errand = worker.and_then(|worker| worker.send(&request.parts(), compress));
        let Some(mut errand) = errand else {
            return self.fetch.send(request);
        };
        let fetch = self.fetch.clone();
        Box::pin(async move {
            match (&mut errand.outcome).await {
                Ok(outcome) => answer(outcome),
                Err(_) => fetch.send(request).await,
            }
        })
    }

    /// As [`FetchTransport`] does it, from the page.
    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        self.fetch.diagnose(request)
    }
}
