//! The query API, in the shape of Jaeger's `/api` (v1) and `/api/v3`, so that what reads a Jaeger reads this; and what the
//! viewer needs beside it, lists without spans, log records and metrics.
//!
//! In: the stores and a request. Out, for v1: `{data, total, limit, offset, errors}` in JSON, errors as Jaeger words them.

mod answer;
mod duration;
mod jaeger;
mod list;
mod live;
mod logs;
mod metrics;
mod monitor;
mod otlp;
mod out;
mod parameters;
mod search;
mod summaries;
mod transform;
mod v3;
#[cfg(test)]
mod vectors;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::{any, get},
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use crate::{
    keep::Stores,
    model::{TraceId, tags},
    store::{Failed, Store, logs::Logs, metrics::Metrics},
};
pub use answer::Answers;
use jaeger::Written;
pub use live::Stop;
use out::{Elements, Out};
use parameters::Parameters;
use search::Search;
pub use transform::router as transform;

/// What is asked, and how it answers.
#[derive(Clone)]
struct Api {
    store: Arc<Store>,
    logs: Arc<Logs>,
    metrics: Arc<Metrics>,
    answers: Arc<Answers>,
}

pub fn router(stores: Stores, answers: Arc<Answers>, stop: Stop) -> Router {
    let Stores { traces: store, logs, metrics, .. } = stores;
    Router::new()
        .route("/api/services", get(services))
        .route("/api/services/{service}/operations", get(operations_of))
        .route("/api/operations", get(operations))
        .route("/api/traces", get(traces))
        .route("/api/traces/{id}", get(trace))
        .route("/api/dependencies", get(list::dependencies))
        .route("/api/list", get(list::list))
        .route("/api/logs", get(logs::logs))
        .route("/api/metrics", get(metrics::metrics))
        .route("/api/metrics/calls", get(monitor::calls))
        .route("/api/metrics/errors", get(monitor::errors))
        .route("/api/metrics/latencies", get(monitor::latencies))
        .route("/api/metrics/minstep", get(monitor::least_step))
        .route("/api/live", get(live::traces))
        .route("/api/logs/live", get(live::logs))
        .layer(Extension(stop))
        .route("/api/{*path}", any(|| async { error(StatusCode::NOT_FOUND, NO_SUCH_PATH) }))
        .merge(v3::router())
        .route("/api/v3/trace-summaries", get(summaries::summaries))
        .with_state(Api { store, logs, metrics, answers })
}

const NO_SUCH_PATH: &str = "there are /api/services, /api/services/NAME/operations, /api/operations?service=NAME, \
    /api/traces?service=NAME, /api/traces/ID, /api/dependencies, /api/list and /api/live, /api/logs and /api/logs/live, \
    /api/metrics and /api/metrics/calls, errors, latencies and minstep, POST /api/transform, and /api/v3/services, operations, traces, traces/ID and trace-summaries";
const BAD_ID: &str = "a trace id has up to 32 hex digits and is not all zero";
const NOT_FOUND: &str = "trace not found";
const NO_ROOM: &str = "the answer would be too large: ask for a lower limit or less time";

/// The answer instead of one that takes what cannot be read.
fn unreadable(why: &Failed) -> out::Stop {
    out::Stop::Instead(StatusCode::INTERNAL_SERVER_ERROR, cannot_read(why))
}

fn cannot_read(why: &Failed) -> String {
    format!("what is kept cannot be read: {why}")
}

async fn services(State(Api { store, answers, .. }): State<Api>) -> Response {
    let work = move |out: &mut Out<'_>| listed(out, store.services().iter().map(|name| name.as_ref().into()));
    answers.write(work, error).await
}

/// Names only.
async fn operations_of(State(Api { store, answers, .. }): State<Api>, Path(service): Path<String>) -> Response {
    let work = move |out: &mut Out<'_>| {
        let names: BTreeSet<_> = store.operations(&service).into_iter().map(|(name, _)| name).collect();
        listed(out, names.iter().map(|name| name.as_ref().into()))
    };
    answers.write(work, error).await
}

/// Names and kinds.
async fn operations(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match operations_asked(&Parameters::parse(query)) {
        Ok((service, kind)) => {
            answers.write(move |out| listed(out, of_kind(&store, &service, kind).into_iter()), error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn operations_asked(parameters: &Parameters) -> Result<(String, Option<SpanKind>), String> {
    let service = parameters.get("service").ok_or_else(|| "parameter 'service' is required".to_owned())?;
    Ok((service.to_owned(), span_kind(parameters, "spanKind")?))
}

fn of_kind(store: &Store, service: &str, wanted: Option<SpanKind>) -> Vec<Value> {
    let operations =
        store.operations(service).into_iter().filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == *kind));
    operations.map(|(name, kind)| json!({ "name": name, "spanKind": tags::kind(kind) })).collect()
}

fn span_kind(parameters: &Parameters, name: &str) -> Result<Option<SpanKind>, String> {
    let parse = |value| {
        tags::kind_from(value).ok_or_else(|| {
            format!(
                "parameter '{name}' must be unspecified, internal, server, client, producer or consumer, not {value:?}"
            )
        })
    };
    parameters.get(name).map(parse).transpose()
}

async fn trace(State(Api { store, answers, .. }): State<Api>, Path(id): Path<String>) -> Response {
    let Some(id) = TraceId::parse(&id) else {
        return error(StatusCode::BAD_REQUEST, BAD_ID);
    };
    let work = move |out: &mut Out<'_>| match store.spans(id).map_err(|why| unreadable(&why))? {
        Some(spans) => found(out, |out| {
            Ok(match jaeger::kept_trace(out, &mut Elements::default(), spans)? {
                Written::Unreadable(why) => vec![json!({ "msg": cannot_read(&why), "traceID": jaeger::trace_id(id) })],
                // A warning of the trace says what there is to say.
                Written::Whole | Written::Cut => Vec::new(),
            })
        }),
        None => Err(out::Stop::Instead(StatusCode::NOT_FOUND, NOT_FOUND.into())),
    };
    answers.write(work, error).await
}

/// By `traceID`, which may occur several times, or by search.
async fn traces(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match Search::parse(&Parameters::parse(query)) {
        Ok(search) => answers.write(move |out| found(out, |out| all(out, &store, search)), error).await,
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

/// Writes the traces, and gives what is to be said of those that are not there.
fn all(out: &mut Out<'_>, store: &Store, search: Search) -> Result<Vec<Value>, out::Stop> {
    let (ids, by_id) = match search {
        Search::Ids(ids) => (ids, true),
        Search::Traces(filter, limit) => (store.search(&filter, limit), false),
    };
    let (mut written, mut errors) = (Elements::default(), Vec::new());
    for id in ids {
        let Some(spans) = store.spans(id).map_err(|why| unreadable(&why))? else {
            // One that was found by search went while the others were written.
            if by_id && errors.len() < MISSING {
                errors.push(json!({ "msg": NOT_FOUND, "traceID": jaeger::trace_id(id) }));
            }
            continue;
        };
        let words = match jaeger::kept_trace(out, &mut written, spans)? {
            Written::Whole => continue,
            Written::Cut => NO_ROOM.into(),
            Written::Unreadable(why) => cannot_read(&why),
        };
        errors.push(json!({ "msg": words, "traceID": jaeger::trace_id(id) }));
        break;
    }
    Ok(errors)
}

/// How many traces are summarised at a time: all of a list at once would fill the memory.
const AT_A_TIME: usize = 64;

/// How many ids that are not there are named.
const MISSING: usize = 500;

/// Names, which come with how many there are.
fn listed(out: &mut Out<'_>, names: impl ExactSizeIterator<Item = Value>) -> Result<(), out::Stop> {
    let total = names.len();
    out.push(r#"{"data":["#)?;
    let mut written = Elements::default();
    let mut errors = Value::Null;
    for name in names {
        if !written.push(out, &name)? {
            errors = json!([{ "msg": NO_ROOM }]);
            break;
        }
    }
    out.push(&format!(r#"],"total":{total},"limit":0,"offset":0,"errors":{errors}}}"#))
}

/// Traces in JSON, whose number Jaeger does not tell.
fn found(
    out: &mut Out<'_>,
    write: impl FnOnce(&mut Out<'_>) -> Result<Vec<Value>, out::Stop>,
) -> Result<(), out::Stop> {
    out.push(r#"{"data":["#)?;
    let errors = write(out)?;
    let errors = if errors.is_empty() { Value::Null } else { errors.into() };
    out.push(&format!(r#"],"total":0,"limit":0,"offset":0,"errors":{errors}}}"#))
}

fn error(status: StatusCode, message: &str) -> Response {
    let errors = json!([{ "code": status.as_u16(), "msg": message }]);
    let answer = json!({ "data": null, "total": 0, "limit": 0, "offset": 0, "errors": errors });
    answer::json(status, answer.to_string())
}
