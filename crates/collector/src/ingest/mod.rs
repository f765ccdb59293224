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
mod references;
mod refusal;
pub mod traces;
pub mod verdict;
pub mod weight;
mod wire;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use prost::bytes::Bytes;

use crate::{
    Bounds,
    forward::{Forwarder, Room},
    store::Store,
    terminal::Terminal,
};
pub use crate::{bounds::MAX_BODY, signal::Signal};
use budget::{Budget, Held};
use decode::Message;
#[expect(unused_imports, reason = "for what keeps logs and metrics")]
pub use keepers::{Keeper, Keepers, Kept};
use media::{Encoding, Format};
pub use refusal::Refusal;
use traces::Submitted;
use verdict::{Heard, Verdict};

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

/// What is to be handed on of a request, and the room for it.
type HandedOn = (Room, HeaderValue, Bytes);

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

    async fn taken(
        self: Arc<Self>,
        signal: Signal,
        body: Body,
        route: Option<HeaderValue>,
    ) -> Result<Verdict, Refusal> {
        let ingest = Arc::clone(&self);
        let read = move |message: Message, heard, held: &mut Held| {
            // Before anything of it is kept: who finds no room there is told to come again.
            let mut handed_on = ingest.room(signal, route, &message)?;
            Ok(match message {
                Message::Traces(traces) => {
                    let submitted = traces::submit(traces, heard, &ingest.store, held, |_| {})?;
                    if let Some((.., bytes)) = &mut handed_on {
                        *bytes = submitted.handed_on(bytes.clone())?;
                    }
                    // Of the body and what was read from it nothing else is left.
                    held.shrink_to(submitted.held() + handed_on.as_ref().map_or(0, |(.., bytes)| bytes.len()));
                    (Read::Spans(submitted), handed_on)
                }
                other => (Read::Other(other, heard), handed_on),
            })
        };
        let ((read, handed_on), _held) = decoded(body, signal, read).await?;
        // Its room is taken until it is kept: what waits for the disk is bounded too.
        let verdict = match read {
            Read::Spans(submitted) => submitted.verdict().await?,
            Read::Other(message, heard) => self.keepers.take(message, heard).await?,
        };
        if let Some((room, route, bytes)) = handed_on {
            room.put(&route, bytes).await.map_err(Refusal::Unavailable)?;
        }
        Ok(verdict)
    }

    fn room(&self, signal: Signal, route: Option<HeaderValue>, message: &Message) -> Result<Option<HandedOn>, Refusal> {
        let Some((forwarder, route)) = self.forwarder.as_ref().zip(route) else { return Ok(None) };
        let bytes = message.encoded();
        let room = forwarder.reserve(signal, bytes.len()).map_err(Refusal::QueueFull)?;
        Ok(Some((room, route, bytes)))
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
