//! The OTLP/HTTP receiver.
//!
//! In: `POST /v1/traces`, `/v1/logs` and `/v1/metrics` in JSON or protobuf, compressed or not. Out: what `ingest` says of it, and the
//! answer the specification asks for: full or partial success, or a `google.rpc.Status` that says what was wrong. The terminal is
//! told of refusals.
//!
//! A request's way: `media` (what it is), `body` (as far as there is room), `ingest`; then `response`.

mod media;
mod response;
mod upload;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Request},
    middleware,
    response::Response,
    routing::post,
};

use super::{
    admission::{self, Admission},
    body, grpc, told,
};
use crate::ingest::{
    self, Ingest, MAX_BODY, Signal,
    budget::Held,
    decode::Message,
    verdict::{Heard, Verdict},
};
pub use media::format_of_answer;
use response::success;
pub use response::{Answer, Failure, Unsupported, export_response, failure, whole_seconds};

/// Where the viewer uploads files.
const UPLOAD_PATH: &str = "/api/upload";

/// `grpc` is where gRPC is taken, if it is.
pub fn router(ingest: Arc<Ingest>, grpc: Option<String>, admission: Arc<Admission>) -> Router {
    let mut router = Router::new();
    for signal in Signal::ALL {
        router = router.route(signal.path(), taking(signal));
    }
    let grpc: Option<Arc<str>> = grpc.map(Into::into);
    let other = move |State(ingest): State<Arc<Ingest>>, request: Request<Body>| other_path(ingest, grpc, request);
    router.fallback(other).layer(middleware::from_fn_with_state(admission, admission::layer)).with_state(ingest)
}

/// For the viewer, which uploads files to where it comes from. Programs are admitted as anywhere else.
pub fn upload(ingest: Arc<Ingest>, admission: Arc<Admission>) -> Router {
    Router::new()
        .route(Signal::Traces.path(), taking(Signal::Traces))
        .layer(middleware::from_fn_with_state(admission, admission::layer))
        .route(UPLOAD_PATH, post(upload::file).fallback(other_method))
        .with_state(ingest)
}

fn taking(signal: Signal) -> axum::routing::MethodRouter<Arc<Ingest>> {
    post(move |State(ingest): State<Arc<Ingest>>, request| export(ingest, signal, request)).fallback(other_method)
}

/// The refusal of a page, as its exporter reads it.
pub fn forbidden(headers: &HeaderMap, message: String) -> Response {
    failure(media::format_of_answer(headers), Failure::Forbidden(message))
}

/// Any other refusal, as the exporter reads it.
pub fn refused(headers: &HeaderMap, why: Failure) -> Response {
    failure(media::format_of_answer(headers), why)
}

async fn export(ingest: Arc<Ingest>, signal: Signal, request: Request<Body>) -> Response {
    let format = media::format_of_answer(request.headers());
    let received = receive(&ingest, signal, request).await;
    told::of_request(&ingest.terminal, signal, &received);
    match received {
        Ok(verdict) => success(format, signal, verdict),
        Err(error) => failure(format, error),
    }
}

async fn receive(ingest: &Arc<Ingest>, signal: Signal, request: Request<Body>) -> Result<Verdict, Failure> {
    if !ingest.keepers.has(signal) {
        return Err(ingest::Refusal::NotTaken(told::not_taken(signal)).into());
    }
    let format = media::format(request.headers())?;
    let encoding = media::encoding(request.headers())?;
    let (admitted, route) = match ingest.admit(request.headers()) {
        Ok((held, route)) => (Ok(held), route),
        Err(refusal) => (Err(refusal), None),
    };
    // What is not admitted is read as well, so that its sender sees the answer.
    let (bytes, held) = body::read(request, MAX_BODY, ingest.bounds.idle, admitted).await?;
    Ok(ingest.take(signal, ingest::Body { bytes, format, encoding, held }, route).await?)
}

/// Reads a request of spans in whichever format it is, JSON if it says nothing. None of them is kept; they take the room until that is
/// dropped.
pub async fn read(ingest: &Ingest, request: Request<Body>) -> Result<((Message, Heard), Held), Failure> {
    let format = media::format_of_answer(request.headers());
    let encoding = media::encoding(request.headers())?;
    let (bytes, held) = body::read(request, MAX_BODY, ingest.bounds.idle, ingest.budget.enter()).await?;
    let body = ingest::Body { bytes, format, encoding, held };
    Ok(ingest::decoded(body, Signal::Traces, |message, heard, _| Ok((message, heard))).await?)
}

async fn other_method(method: Method, headers: HeaderMap) -> Response {
    let message = format!("{method} is not allowed here; traces come by POST");
    failure(media::format_of_answer(&headers), Failure::MethodNotAllowed(message))
}

async fn other_path(ingest: Arc<Ingest>, grpc: Option<Arc<str>>, request: Request<Body>) -> Response {
    if grpc::is_call(request.headers()) {
        return grpc::elsewhere(&ingest.terminal, grpc.as_deref());
    }
    let (kind, message) = told::nothing_at(request.uri().path());
    if request.method() == Method::POST {
        ingest.terminal.refused(kind, || message.clone());
    }
    failure(media::format_of_answer(request.headers()), Failure::NotFound(message))
}
