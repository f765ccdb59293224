//! No network: native programs export with opentelemetry-otlp, and tests bring a transport of their own.

use futures_channel::oneshot;

use super::super::{FetchFailure, FetchRequest, FetchResponse, Findings};

/// Stands where a browser has `fetch`.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher;

impl Fetcher {
    pub(crate) fn capture() -> Self {
        Self
    }

    pub(crate) fn start(&self, request: &FetchRequest<'_>) -> Exchange {
        let (sender, outcome) = oneshot::channel();
        let reason = format!("there is no fetch outside of a JavaScript runtime to send {request:?} with");
        let _ = sender.send(Err(FetchFailure::Network(reason)));
        outcome
    }

    pub(crate) fn probe(
        &self,
        _url: &str,
        _headers: &[(String, String)],
        _may_go_on: fn() -> bool,
    ) -> oneshot::Receiver<Findings> {
        let (sender, findings) = oneshot::channel();
        let _ = sender.send(Findings::default());
        findings
    }
}

/// A request that has failed already.
pub(crate) type Exchange = oneshot::Receiver<Result<FetchResponse, FetchFailure>>;
