//! The OTLP/HTTP receiver.
//!
//! In: `POST /v1/traces` with a body in JSON or protobuf, compressed or not, from programs and, through CORS, from pages.
//! Out: spans in the store, the request as it came to whoever it is forwarded to, and the answers that the specification
//! asks for: full or partial success, or a `google.rpc.Status` that says what was wrong.
//!
//! A request's way: `cors` (whose page), `media` (what it is), `gate` (whether there is room), `body`, `decode` (with
//! `inflate`, and `json` or `protobuf`), `intake`; then `response`.

mod body;
mod budget;
pub mod cors;
mod decode;
mod gate;
mod inflate;
mod intake;
pub mod json;
pub mod media;
pub mod origin;
mod protobuf;
mod response;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Request, Uri},
    middleware,
    response::Response,
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::{
    forward::{Forwarder, Relayed},
    store::Store,
};
use cors::Origins;
pub use gate::Bounds;
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

/// What requests are received with.
#[derive(Debug)]
pub struct Receiver {
    store: Arc<Store>,
    forwarder: Option<Forwarder>,
    gate: Gate,
    idle: Duration,
}

impl Receiver {
    pub fn new(store: Arc<Store>, forwarder: Option<Forwarder>, bounds: Bounds) -> Self {
        Self { store, forwarder, gate: Gate::new(bounds), idle: bounds.idle }
    }
}

pub fn router(receiver: Arc<Receiver>, origins: Origins) -> Router {
    with_cors(Router::new().route(PATH, post(traces).fallback(other_method)).fallback(other_path), receiver, origins)
}

/// The one path of it, for the viewer, which uploads files to where it comes from.
pub fn upload(receiver: Arc<Receiver>, origins: Origins) -> Router {
    with_cors(Router::new().route(PATH, post(traces).fallback(other_method)), receiver, origins)
}

fn with_cors(router: Router<Arc<Receiver>>, receiver: Arc<Receiver>, origins: Origins) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::new(origins), cors::layer)).with_state(receiver)
}

async fn traces(State(receiver): State<Arc<Receiver>>, request: Request<Body>) -> Response {
    let format = Format::of_answer(request.headers());
    match receive(receiver, request).await {
        Ok(verdict) => success(format, verdict),
        Err(error) => failure(format, error),
    }
}

async fn receive(receiver: Arc<Receiver>, request: Request<Body>) -> Result<Verdict, Failure> {
    let format = Format::of(request.headers())?;
    let body = Received::read(&receiver, format, request).await?;
    let relayed = receiver.forwarder.as_ref().map(|_| body.relayed());
    let store = Arc::clone(&receiver.store);
    let (submitted, _slot) = body.decoded(move |request| intake::submit(request, &store)).await?;
    // Its room is taken until it is durable: what waits for the disk is bounded too.
    let verdict = submitted.verdict().await?;
    if let Some((forwarder, relayed)) = receiver.forwarder.as_ref().zip(relayed) {
        forwarder.offer(relayed);
    }
    Ok(verdict)
}

/// Reads a request in whichever format it is, JSON if it says nothing, and gives what is made of its spans. None of them is kept.
pub async fn read<T: Send + 'static>(
    receiver: &Receiver,
    request: Request<Body>,
    make: impl FnOnce(ExportTraceServiceRequest) -> T + Send + 'static,
) -> Result<T, Failure> {
    let format = Format::of_answer(request.headers());
    let (made, _slot) = Received::read(receiver, format, request).await?.decoded(make).await?;
    Ok(made)
}

/// A body that has come to its end.
struct Received {
    bytes: Bytes,
    format: Format,
    encoding: Encoding,
    slot: Slot,
}

impl Received {
    async fn read(receiver: &Receiver, format: Format, request: Request<Body>) -> Result<Self, Failure> {
        let encoding = Encoding::of(request.headers())?;
        let (bytes, slot) = body::read(request, MAX_BODY, receiver.idle, receiver.gate.enter()).await?;
        Ok(Self { bytes, format, encoding, slot })
    }

    fn relayed(&self) -> Relayed {
        Relayed { format: self.format, encoding: self.encoding, body: self.bytes.clone() }
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

async fn other_path(uri: Uri, headers: HeaderMap) -> Response {
    let message = format!("there is nothing at {}; traces are taken at POST /v1/traces", uri.path());
    failure(Format::of_answer(&headers), Failure::NotFound(message))
}
