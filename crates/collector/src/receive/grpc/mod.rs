//! The OTLP/gRPC receiver: the `Export` of the three services.
//!
//! In: a call over HTTP/2. Out: what `ingest` says of its message, as a response or as a `grpc-status` with words, and with the
//! `RetryInfo` that tells when to come again. A call is a body like any other, with a frame around it: so it is read, bounded and
//! inflated as OTLP/HTTP's bodies are, which a library that gives whole messages would not let it be.

mod frame;
mod status;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use hyper::ext::ReasonPhrase;

use super::{
    body,
    http::{Answer, Failure, export_response, failure, whole_seconds},
    told,
};
use crate::{
    ingest::{
        self, Ingest, MAX_BODY, Refusal, Signal,
        media::{Encoding, Format},
        verdict::Verdict,
    },
    terminal::{Kind, Terminal},
};
use status::Status;

/// What calls are taken with.
#[derive(Debug)]
pub struct Calls {
    pub ingest: Arc<Ingest>,
    /// Where OTLP/HTTP is taken.
    pub http: String,
}

pub fn router(calls: Arc<Calls>) -> Router {
    let mut router = Router::new();
    for signal in Signal::ALL {
        let call = move |State(calls): State<Arc<Calls>>, request| export(calls, signal, request);
        router = router.route(signal.method(), post(call).fallback(other));
    }
    router.fallback(other).with_state(calls)
}

/// The refusal of a page, as a client reads it.
pub fn forbidden(headers: &HeaderMap, message: String) -> Response {
    if is_call(headers) {
        Status::new(7, message).response()
    } else {
        failure(Format::Json, Failure::Forbidden(message))
    }
}

/// The refusal of a call that is not admitted.
pub fn refused(why: Failure) -> Response {
    let wait = if let Failure::TooFast(_, wait) = &why { Some(whole_seconds(*wait)) } else { None };
    let Answer { code, message, .. } = why.into();
    Status::new(code, message).after(wait).response()
}

/// By the content type.
pub fn is_call(headers: &HeaderMap) -> bool {
    content_type(headers).to_ascii_lowercase().starts_with("application/grpc")
}

/// Whether the message of a call is read here. gRPC-Web has its answer in another shape, and JSON is OTLP/HTTP's.
fn is_read(headers: &HeaderMap) -> bool {
    let named = content_type(headers).split(';').next().unwrap_or_default().trim();
    ["application/grpc", "application/grpc+proto"].iter().any(|known| named.eq_ignore_ascii_case(known))
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What is said to a call that comes to where OTLP/HTTP is taken. `address` is where gRPC is.
pub fn elsewhere(terminal: &Terminal, address: Option<&str>) -> Response {
    let words = match address {
        Some(address) => format!(
            "gRPC is not spoken here, only OTLP/HTTP: it is taken at {address}, so set OTEL_EXPORTER_OTLP_ENDPOINT={address}, or \
             OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, in the program that sends"
        ),
        None => "gRPC is not spoken here, only OTLP/HTTP: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the program that sends"
            .into(),
    };
    terminal.refused(Kind::Grpc, || words.clone());
    Status::new(status::UNIMPLEMENTED, words).response()
}

async fn export(calls: Arc<Calls>, signal: Signal, request: Request<Body>) -> Response {
    if !is_read(request.headers()) {
        return no_call(&calls, &request);
    }
    let ingest = &calls.ingest;
    match receive(ingest, signal, request).await {
        Ok(Verdict { rejected, message, taken }) => {
            let verdict = Verdict { rejected, message, taken };
            told::of_verdict(&ingest.terminal, signal, &verdict);
            frame::response(&export_response(verdict.rejected, verdict.message))
        }
        Err(status) => status.response(),
    }
}

async fn receive(ingest: &Arc<Ingest>, signal: Signal, request: Request<Body>) -> Result<Verdict, Status> {
    let refused = |refusal: Refusal| {
        told::of_refusal(&ingest.terminal, signal, &refusal);
        Status::from(refusal)
    };
    if !ingest.keepers.has(signal) {
        return Err(refused(Refusal::NotTaken(told::not_taken(signal))));
    }
    let encoding = encoding(request.headers())?;
    let (admitted, route) = match ingest.admit(request.headers()) {
        Ok((held, route)) => (Ok(held), route),
        Err(refusal) => (Err(refusal), None),
    };
    let (bytes, held) =
        body::read(request, MAX_BODY + frame::HEAD, ingest.bounds.idle, admitted).await.map_err(refused)?;
    let (bytes, is_compressed) = frame::message(bytes).map_err(refused)?;
    let encoding = if is_compressed { encoding } else { Encoding::Identity };
    let body = ingest::Body { bytes, format: Format::Protobuf, encoding, held };
    ingest.take(signal, body, route).await.map_err(refused)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Status> {
    let name = headers.get("grpc-encoding").map_or("", |value| value.to_str().unwrap_or("(not ASCII)"));
    Encoding::named(name).ok_or_else(|| {
        let words = format!(
            "grpc-encoding {name:?} is not supported; send with {ENCODINGS} (OTEL_EXPORTER_OTLP_COMPRESSION=gzip)"
        );
        Status::new(status::UNIMPLEMENTED, words)
    })
}

/// What a client may compress with.
const ENCODINGS: &str = "identity,gzip,deflate,zstd,snappy";

async fn other(State(calls): State<Arc<Calls>>, request: Request<Body>) -> Response {
    if !is_read(request.headers()) {
        return no_call(&calls, &request);
    }
    let path = request.uri().path();
    let words = format!(
        "there is no {}; there are the Export of opentelemetry.proto.collector's TraceService, LogsService and MetricsService, v1",
        crate::terminal::one_line(path, 100)
    );
    calls.ingest.terminal.refused(Kind::Path, || words.clone());
    Status::new(status::UNIMPLEMENTED, words).response()
}

/// What is said to OTLP/HTTP that comes here, and to browsers.
fn no_call(calls: &Calls, request: &Request<Body>) -> Response {
    let http = &calls.http;
    let words = format!(
        "this port takes OTLP/gRPC; OTLP/HTTP is taken at {http}, so set OTEL_EXPORTER_OTLP_ENDPOINT={http}, or \
         OTEL_EXPORTER_OTLP_PROTOCOL=grpc, in the program that sends"
    );
    if request.method() == axum::http::Method::POST {
        calls.ingest.terminal.refused(Kind::Http, || words.clone());
    }
    let reason = ReasonPhrase::try_from(words.clone());
    let mut response =
        failure(super::http::format_of_answer(request.headers()), Failure::Refused(Refusal::Invalid(words)));
    // OpenTelemetry Python shows the reason beside the status, and nothing of the body.
    if let Ok(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    response
}

/// What every answer to a call begins with.
fn head() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (header::HeaderName::from_static("grpc-accept-encoding"), HeaderValue::from_static(ENCODINGS)),
    ];
    (StatusCode::OK, headers).into_response()
}
