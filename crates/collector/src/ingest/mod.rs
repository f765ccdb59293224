//! What is done with a request, whichever way it came: read, weighed, and submitted to what keeps its records.
//!
//! In: the bytes of a body with the room that they take, and how they are to be read. Out: a verdict, once everything that is taken
//! is kept; or a refusal, in words that hold for every way of coming. Nothing of HTTP or gRPC is known here.
//!
//! A request's way: `budget` (whether there is room), `decode` (with `inflate`, and `json` or `protobuf`, by `weight`), then for spans
//! `traces`, for other records their keeper; then the `verdict`.

pub mod budget;
pub mod decode;
mod inflate;
pub mod json;
mod keepers;
pub mod media;
mod protobuf;
mod records;
mod refusal;
mod signal;
pub mod traces;
pub mod verdict;
pub mod weight;
mod wire;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use prost::bytes::Bytes;

use crate::{
    Bounds,
    forward::{Forwarder, Relayed},
    store::Store,
    terminal::Terminal,
};
use budget::{Budget, Held};
use decode::Message;
#[expect(unused_imports, reason = "for what keeps logs and metrics")]
pub use keepers::{Keeper, Keepers, Kept};
use media::{Encoding, Format};
pub use refusal::Refusal;
pub use signal::Signal;
use traces::Submitted;
use verdict::{Heard, Verdict};

/// The largest body that is read, compressed as well as inflated.
pub const MAX_BODY: usize = 64 << 20;
/// The most memory that its message may take, beside its text. Spans with names and attributes take about as much as their
/// bytes in the body, so this is never reached by what an exporter sends.
pub const MAX_MESSAGE: usize = 4 * MAX_BODY;

/// What requests are taken with.
#[derive(Debug)]
pub struct Ingest {
    pub store: Arc<Store>,
    pub keepers: Keepers,
    pub forwarder: Option<Forwarder>,
    pub budget: Budget,
    pub bounds: Bounds,
    pub terminal: Arc<Terminal>,
}

/// A body that has come to its end, and the room that it takes.
#[derive(Debug)]
pub struct Body {
    pub bytes: Bytes,
    pub format: Format,
    pub encoding: Encoding,
    pub held: Held,
}

/// A message that was read.
#[derive(Debug)]
enum Read {
    Spans(Submitted),
    Other(Message, Heard),
}

impl Ingest {
    pub fn new(
        store: Arc<Store>,
        keepers: Keepers,
        forwarder: Option<Forwarder>,
        bounds: Bounds,
        terminal: Arc<Terminal>,
    ) -> Self {
        Self { store, keepers, forwarder, budget: Budget::new(bounds), bounds, terminal }
    }

    /// The room for a request with these headers, and how it is handed on, if it is.
    pub fn admit(&self, headers: &HeaderMap) -> Result<(Held, Option<HeaderValue>), Refusal> {
        let route = self.forwarder.as_ref().map(|forwarder| forwarder.route(headers)).transpose();
        Ok((self.budget.enter()?, route.map_err(Refusal::Loop)?))
    }

    /// Takes a request to its end, also when nobody waits for the verdict any more: until then it takes its room.
    pub async fn take(
        self: &Arc<Self>,
        signal: Signal,
        body: Body,
        route: Option<HeaderValue>,
    ) -> Result<Verdict, Refusal> {
        let ingest = Arc::clone(self);
        let taking = tokio::spawn(async move { ingest.taken(signal, body, route).await });
        taking.await.unwrap_or(Err(Refusal::Internal))
    }

    async fn taken(&self, signal: Signal, body: Body, route: Option<HeaderValue>) -> Result<Verdict, Refusal> {
        let Body { bytes, format, encoding, held } = body;
        let relayed = route.filter(|_| signal == Signal::Traces);
        let relayed = relayed.map(|route| Relayed { format, encoding, route, body: bytes.clone() });
        let store = Arc::clone(&self.store);
        let read = move |message, heard, held: &mut Held| match message {
            Message::Traces(traces) => {
                let submitted = traces::submit(traces, heard, &store, held, |_| {})?;
                // Of the body and what was read from it nothing is left.
                held.shrink_to(submitted.held());
                Ok(Read::Spans(submitted))
            }
            other => Ok(Read::Other(other, heard)),
        };
        let (read, _held) = decoded(Body { bytes, format, encoding, held }, signal, read).await?;
        // Its room is taken until it is kept: what waits for the disk is bounded too.
        let verdict = match read {
            Read::Spans(submitted) => submitted.verdict().await?,
            Read::Other(message, heard) => self.keepers.take(message, heard).await?,
        };
        if let Some((forwarder, relayed)) = self.forwarder.as_ref().zip(relayed) {
            forwarder.offer(relayed);
        }
        Ok(verdict)
    }
}

/// What is made of a message, and the room that it takes. Tens of megabytes take a while to read: not on the threads that serve the
/// connections.
pub async fn decoded<T: Send + 'static>(
    body: Body,
    signal: Signal,
    make: impl FnOnce(Message, Heard, &mut Held) -> Result<T, Refusal> + Send + 'static,
) -> Result<(T, Held), Refusal> {
    let Body { bytes, format, encoding, mut held } = body;
    let work = move || {
        let (message, heard) = decode::decode(bytes, format, encoding, signal, &mut held)?;
        Ok((make(message, heard, &mut held)?, held))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Refusal::Internal))
}
