//! `POST /api/transform`, by which Jaeger's UI reads a file of OTLP JSON that its user uploads.
//!
//! In: the body of an upload, under the same bounds. Out: its traces as version 1 of the API has them, in the file's order.
//! Nothing is kept.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
    response::Response,
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::json;

use super::{Found, error};
use crate::{
    model::{Span, TraceId},
    otlp::{self, Failure, Receiver, Remarks},
};

pub fn router(receiver: Arc<Receiver>) -> Router {
    Router::new().route("/api/transform", post(transform).fallback(other_method)).with_state(receiver)
}

/// The UI names no content type: its body is JSON all the same.
async fn transform(State(receiver): State<Arc<Receiver>>, request: Request<Body>) -> Response {
    otlp::read(&receiver, request, transformed).await.unwrap_or_else(refused)
}

async fn other_method(method: Method) -> Response {
    refused(Failure::MethodNotAllowed(format!("{method} is not allowed here; OTLP JSON comes by POST")))
}

fn refused(failure: Failure) -> Response {
    let (status, _, message) = failure.into_parts();
    let mut response = error(status, &message);
    response.headers_mut().extend(otlp::header_of(status));
    response
}

/// Spans that are invalid are told among the errors; if there are no others, it is a bad request.
fn transformed(request: ExportTraceServiceRequest) -> Response {
    let mut traces: Vec<(TraceId, Vec<Arc<Span>>)> = Vec::new();
    let mut places = HashMap::new();
    let mut invalid = Remarks::default();
    for span in otlp::spans(request) {
        match span {
            Ok(span) => {
                let place = match places.entry(span.trace_id) {
                    Entry::Occupied(place) => *place.get(),
                    Entry::Vacant(place) => {
                        traces.push((span.trace_id, Vec::new()));
                        *place.insert(traces.len() - 1)
                    }
                };
                traces[place].1.push(Arc::new(span));
            }
            Err(span) => invalid.invalid(&span),
        }
    }
    let invalid = invalid.message();
    if let Some(message) = invalid.as_ref().filter(|_| traces.is_empty()) {
        return error(StatusCode::BAD_REQUEST, message);
    }
    let mut found = Found::default();
    found.errors.extend(invalid.map(|message| json!({ "msg": message })));
    // Each goes as soon as it is written.
    for (id, spans) in traces {
        if !found.push(id, &spans) {
            break;
        }
    }
    found.response()
}
