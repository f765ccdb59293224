//! The OTLP/HTTP receiver.
//!
//! In: `POST /v1/traces` with a body in JSON or protobuf, compressed or not, from programs and from pages that the guard admits; and
//! files of any size from the viewer, see `upload`.
//! Out: spans in the store, the request as it came to whoever it is forwarded to, and the answers that the specification
//! asks for: full or partial success, or a `google.rpc.Status` that says what was wrong. The terminal is told of refusals.
//!
//! A request's way: `media` (what it is), `gate` (whether there is room), `body`, `decode` (with `inflate`, and `json` or
//! `protobuf`), `intake`; then `response`.

mod body;
pub mod budget;
mod decode;
mod gate;
mod inflate;
mod intake;
pub mod json;
pub mod media;
mod protobuf;
mod response;
mod told;
mod upload;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Request, Uri},
    response::Response,
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::{
    Bounds,
    forward::{Forwarder, Relayed},
    keep::Stores,
    terminal::Terminal,
};
use gate::{Gate, Slot};
use intake::Verdict;
pub use intake::{Remarks, spans};
use media::{Encoding, Format};
pub use response::{Failure, header_of};
use response::{failure, success};

/// The largest body that is read, compressed as well as inflated.
pub const MAX_BODY: usize = 64 << 20;
/// The most memory that its message may take, beside its text. Spans with names and attributes take about as much as their
/// bytes in the body, so this is never reached by what an exporter sends.
const MAX_MESSAGE: usize = 4 * MAX_BODY;

const PATH: &str = "/v1/traces";
/// Where the viewer uploads files.
const UPLOAD_PATH: &str = "/api/upload";

/// What requests are received with.
#[derive(Debug)]
pub struct Receiver {
    stores: Stores,
    forwarder: Option<Forwarder>,
    gate: Gate,
    idle: Duration,
    terminal: Arc<Terminal>,
}

impl Receiver {
    pub fn new(stores: Stores, forwarder: Option<Forwarder>, bounds: Bounds, terminal: Arc<Terminal>) -> Self {
        Self { stores, forwarder, gate: Gate::new(bounds), idle: bounds.idle, terminal }
    }

    /// The room for a request with these headers, and how it is handed on, if it is.
    fn admit(&self, headers: &HeaderMap) -> Result<(Slot, Option<HeaderValue>), Failure> {
        let route = self.forwarder.as_ref().map(|forwarder| forwarder.route(headers)).transpose();
        Ok((self.gate.enter()?, route.map_err(Failure::Loop)?))
    }
}

pub fn router(receiver: Arc<Receiver>) -> Router {
    let route = post(traces).fallback(other_method);
    Router::new().route(PATH, route).fallback(other_path).with_state(receiver)
}

/// For the viewer, which uploads files to where it comes from.
pub fn upload(receiver: Arc<Receiver>) -> Router {
    Router::new()
        .route(PATH, post(traces).fallback(other_method))
        .route(UPLOAD_PATH, post(upload::file).fallback(other_method))
        .with_state(receiver)
}

/// The refusal of a page, as its exporter reads it.
pub fn forbidden(headers: &HeaderMap, message: String) -> Response {
    failure(Format::of_answer(headers), Failure::Forbidden(message))
}

async fn traces(State(receiver): State<Arc<Receiver>>, request: Request<Body>) -> Response {
    let format = Format::of_answer(request.headers());
    let received = receive(Arc::clone(&receiver), request).await;
    told::of_request(&receiver.terminal, &received);
    match received {
        Ok(verdict) => success(format, verdict),
        Err(error) => failure(format, error),
    }
}

async fn receive(receiver: Arc<Receiver>, request: Request<Body>) -> Result<Verdict, Failure> {
    let format = Format::of(request.headers())?;
    let encoding = Encoding::of(request.headers())?;
    let (admitted, route) = match receiver.admit(request.headers()) {
        Ok((slot, route)) => (Ok(slot), route),
        Err(failure) => (Err(failure), None),
    };
    let body = Received::read(&receiver, format, encoding, request, admitted).await?;
    let relayed = route.map(|route| Relayed { format, encoding, route, body: body.bytes.clone() });
    let store = Arc::clone(&receiver.stores.traces);
    let (submitted, _slot) = body.decoded(move |request| intake::submit(request, &store, |_| {})).await?;
    // Its room is taken until it is durable: what waits for the disk is bounded too.
    let verdict = submitted.verdict().await?;
    if let Some((forwarder, relayed)) = receiver.forwarder.as_ref().zip(relayed) {
        forwarder.offer(relayed);
    }
    Ok(verdict)
}

/// Reads a request in whichever format it is, JSON if it says nothing. None of its spans is kept; they take the room until that is
/// dropped.
pub async fn read(receiver: &Receiver, request: Request<Body>) -> Result<(ExportTraceServiceRequest, Slot), Failure> {
    let format = Format::of_answer(request.headers());
    let encoding = Encoding::of(request.headers())?;
    let body = Received::read(receiver, format, encoding, request, receiver.gate.enter()).await?;
    body.decoded(|message| message).await
}

/// A body that has come to its end.
struct Received {
    bytes: Bytes,
    format: Format,
    encoding: Encoding,
    slot: Slot,
}

impl Received {
    /// What is not `admitted` is read as well, so that its sender sees the answer.
    async fn read(
        receiver: &Receiver,
        format: Format,
        encoding: Encoding,
        request: Request<Body>,
        admitted: Result<Slot, Failure>,
    ) -> Result<Self, Failure> {
        let (bytes, slot) = body::read(request, MAX_BODY, receiver.idle, admitted).await?;
        Ok(Self { bytes, format, encoding, slot })
    }

    /// What is made of its message, and the room that it takes. Tens of megabytes take a while to read: not on the threads that
    /// serve the connections.
    async fn decoded<T: Send + 'static>(
        self,
        make: impl FnOnce(ExportTraceServiceRequest) -> T + Send + 'static,
    ) -> Result<(T, Slot), Failure> {
        let Self { bytes, format, encoding, mut slot } = self;
        let work = move || Ok((make(decode::decode(&bytes, format, encoding, &mut slot)?), slot));
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Internal))
    }
}

async fn other_method(method: Method, headers: HeaderMap) -> Response {
    let message = format!("{method} is not allowed here; traces come by POST");
    failure(Format::of_answer(&headers), Failure::MethodNotAllowed(message))
}

async fn other_path(State(receiver): State<Arc<Receiver>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let (kind, message) = told::nothing_at(uri.path());
    if method == Method::POST {
        receiver.terminal.refused(kind, || message.clone());
    }
    failure(Format::of_answer(&headers), Failure::NotFound(message))
}
