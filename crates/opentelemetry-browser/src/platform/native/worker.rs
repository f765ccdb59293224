//! No workers: what would be sent by one is sent as if there were none.

use futures_channel::oneshot;

use super::super::{FetchFailure, FetchRequest, FetchResponse};

/// Stands where a browser has a dedicated worker. There is none.
#[derive(Debug)]
pub(crate) struct Worker;

impl Worker {
    pub(crate) fn start() -> Option<Self> {
        None
    }

    pub(crate) fn send(&self, _request: &FetchRequest<'_>, _compress: bool) -> Option<Errand> {
        None
    }
}

/// A request that no worker makes.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) outcome: oneshot::Receiver<Result<FetchResponse, FetchFailure>>,
}
