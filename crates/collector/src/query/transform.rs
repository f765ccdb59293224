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
use serde_json::json;

use super::{
    NO_ROOM,
    answer::Answers,
    error, found, jaeger,
    out::{Elements, Out, Stop},
};
use crate::{
    ingest::{Ingest, Signal, decode::Message, verdict::Heard},
    model::{Span, TraceId},
    receive::http::{self, Answer, Failure},
};

type Parts = (Arc<Ingest>, Arc<Answers>);

pub fn router(ingest: Arc<Ingest>, answers: Arc<Answers>) -> Router {
    Router::new().route("/api/transform", post(transform).fallback(other_method)).with_state((ingest, answers))
}

/// The UI names no content type: its body is JSON all the same.
async fn transform(State((ingest, answers)): State<Parts>, request: Request<Body>) -> Response {
    match http::read(&ingest, request).await {
        Ok(((message, heard), slot)) => {
            let work = move |out: &mut Out<'_>| {
                // The room is taken until the answer is written.
                let _slot = slot;
                transformed(out, message, heard)
            };
            answers.write(work, error).await
        }
        Err(failure) => refused(failure),
    }
}

async fn other_method(method: Method) -> Response {
    refused(Failure::MethodNotAllowed(format!("{method} is not allowed here; OTLP JSON comes by POST")))
}

fn refused(failure: Failure) -> Response {
    let Answer { status, message, header, .. } = failure.into();
    let mut response = error(status, &message);
    response.headers_mut().extend(header);
    response
}

/// Spans that are invalid are told among the errors; if there are no others, it is a bad request.
fn transformed(out: &mut Out<'_>, message: Message, mut heard: Heard) -> Result<(), Stop> {
    let mut traces: Vec<(TraceId, Vec<Arc<Span>>)> = Vec::new();
    let mut places = HashMap::new();
    let Message::Traces(request) = message else { return Ok(()) };
    let taken = request.each(&mut heard, &mut |outline, origin, encoded| {
        let Some(span) = Span::decode(encoded, origin) else { return Ok(()) };
        let place = match places.entry(outline.trace_id) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                traces.push((outline.trace_id, Vec::new()));
                *place.insert(traces.len() - 1)
            }
        };
        traces[place].1.push(Arc::new(span));
        Ok(())
    });
    if let Err(refusal) = taken {
        return Err(Stop::Instead(StatusCode::BAD_REQUEST, refusal.into_message()));
    }
    let invalid = Some(heard.verdict(Signal::Traces, 0, None).message).filter(|message| !message.is_empty());
    if let Some(message) = invalid.as_ref().filter(|_| traces.is_empty()) {
        return Err(Stop::Instead(StatusCode::BAD_REQUEST, message.clone()));
    }
    found(out, |out| {
        let mut errors: Vec<_> = invalid.map(|message| json!({ "msg": message })).into_iter().collect();
        let mut written = Elements::default();
        // Each goes as soon as it is written.
        for (id, spans) in traces {
            let known = jaeger::Known { id, spans: spans.len(), ids: spans.iter().map(|span| span.id).collect() };
            if !jaeger::trace(out, &mut written, &known, spans.into_iter())? {
                errors.push(json!({ "msg": NO_ROOM, "traceID": jaeger::trace_id(id) }));
                break;
            }
        }
        Ok(errors)
    })
}
