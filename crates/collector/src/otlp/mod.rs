//! The OTLP/HTTP receiver.
//!
//! In: `POST /v1/traces` with a body in JSON or protobuf, compressed or not, from programs and from pages that the guard admits.
//! Out: spans in the store, the request as it came to whoever it is forwarded to, and the answers that the specification
//! asks for: full or partial success, or a `google.rpc.Status` that says what was wrong. The terminal is told of refusals.
//!
//! A request's way: `media` (what it is), `gate` (whether there is room), `body`, `decode` (with `inflate`, and `json` or
//! `protobuf`), `intake`; then `response`.

mod body;
mod budget;
mod decode;
mod gate;
mod inflate;
mod intake;
pub mod json;
pub mod media;
mod protobuf;
mod response;
mod told;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Request, Uri},
    response::Response,
    routing::post,
};

use crate::{
    Bounds,
    forward::{Forwarder, Relayed},
    store::Store,
    terminal::Terminal,
};
use gate::{Gate, Slot};
use intake::{Submitted, Verdict};
use media::{Encoding, Format};
use response::{Failure, failure, success};

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
    terminal: Arc<Terminal>,
}

impl Receiver {
    pub fn new(store: Arc<Store>, forwarder: Option<Forwarder>, bounds: Bounds, terminal: Arc<Terminal>) -> Self {
        Self { store, forwarder, gate: Gate::new(bounds), idle: bounds.idle, terminal }
    }
}

pub fn router(receiver: Arc<Receiver>) -> Router {
    let route = post(traces).fallback(other_method);
    Router::new().route(PATH, route).fallback(other_path).with_state(receiver)
}

/// The one path of it, for the viewer, which uploads files to where it comes from.
pub fn upload(receiver: Arc<Receiver>) -> Router {
    Router::new().route(PATH, post(traces).fallback(other_method)).with_state(receiver)
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
    let route = match &receiver.forwarder {
        Some(forwarder) => forwarder.route(request.headers()).map(Some).map_err(Failure::Loop),
        None => Ok(None),
    };
    let (admitted, route) = match route {
        Ok(route) => (receiver.gate.enter(), route),
        Err(failure) => (Err(failure), None),
    };
    let (body, slot) = body::read(request, MAX_BODY, receiver.idle, admitted).await?;
    let relayed = route.map(|route| Relayed { format, encoding, route, body: body.clone() });
    // Tens of megabytes take a while to read: not on the threads that serve the connections.
    let store = Arc::clone(&receiver.store);
    let work = move || take(&store, &body, format, encoding, slot);
    let (submitted, _slot) = tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Internal))?;
    // Its room is taken until it is durable: what waits for the disk is bounded too.
    let verdict = submitted.verdict().await?;
    if let Some((forwarder, relayed)) = receiver.forwarder.as_ref().zip(relayed) {
        forwarder.offer(relayed);
    }
    Ok(verdict)
}

fn take(
    store: &Store,
    body: &[u8],
    format: Format,
    encoding: Encoding,
    mut slot: Slot,
) -> Result<(Submitted, Slot), Failure> {
    let request = decode::decode(body, format, encoding, &mut slot)?;
    Ok((intake::submit(request, store), slot))
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
