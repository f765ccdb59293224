//! The query API, in the shape of Jaeger's `/api` (v1) and `/api/v3`, so that what reads a Jaeger reads this; and what the
//! viewer needs beside it, lists without spans.
//!
//! In: the store and a request. Out, for v1: `{data, total, limit, offset, errors}` in JSON, errors as Jaeger words them.

mod answer;
mod duration;
mod jaeger;
mod list;
mod live;
mod otlp;
mod parameters;
mod search;
mod v3;
#[cfg(test)]
mod vectors;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use crate::{
    model::{TraceId, tags},
    store::Store,
};
pub use live::Stop;
use parameters::Parameters;
use search::Search;

pub fn router(store: Arc<Store>, stop: Stop) -> Router {
    Router::new()
        .route("/api/services", get(services))
        .route("/api/services/{service}/operations", get(operations_of))
        .route("/api/operations", get(operations))
        .route("/api/traces", get(traces))
        .route("/api/traces/{id}", get(trace))
        .route("/api/dependencies", get(list::dependencies))
        .route("/api/list", get(list::list))
        .route("/api/live", get(live::live).layer(Extension(stop)))
        .route("/api/{*path}", get(|| async { error(StatusCode::NOT_FOUND, NO_SUCH_PATH) }))
        .merge(v3::router())
        .with_state(store)
}

const NO_SUCH_PATH: &str = "there are /api/services, /api/services/NAME/operations, /api/operations?service=NAME, \
    /api/traces?service=NAME, /api/traces/ID, /api/dependencies, /api/list and /api/live, and /api/v3/services, operations, traces and traces/ID";
const BAD_ID: &str = "a trace id has up to 32 hex digits and is not all zero";
const NOT_FOUND: &str = "trace not found";
const NO_ROOM: &str = "the answer would be too large: ask for a lower limit or less time";

async fn services(State(store): State<Arc<Store>>) -> Response {
    listed(store.services().iter().map(|name| name.as_ref().into()).collect())
}

/// Names only.
async fn operations_of(State(store): State<Arc<Store>>, Path(service): Path<String>) -> Response {
    let names: BTreeSet<_> = store.operations(&service).into_iter().map(|(name, _)| name).collect();
    listed(names.iter().map(|name| name.as_ref().into()).collect())
}

/// Names and kinds.
async fn operations(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let found = parameters.get("service").ok_or_else(|| "parameter 'service' is required".to_owned());
    let found = found.and_then(|service| Ok(of_kind(&store, service, span_kind(&parameters, "spanKind")?)));
    match found {
        Ok(found) => listed(found),
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
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

async fn trace(State(store): State<Arc<Store>>, Path(id): Path<String>) -> Response {
    let Some(id) = TraceId::parse(&id) else {
        return error(StatusCode::BAD_REQUEST, BAD_ID);
    };
    let work = move || match store.trace(id) {
        Some(spans) => found(&jaeger::trace(id, &spans, answer::LIMIT), &[]),
        None => error(StatusCode::NOT_FOUND, NOT_FOUND),
    };
    answer::apart(work, error).await
}

/// By `traceID`, which may occur several times, or by search.
async fn traces(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> Response {
    let search = match Search::parse(&Parameters::parse(query)) {
        Ok(search) => search,
        Err(message) => return error(StatusCode::BAD_REQUEST, &message),
    };
    answer::apart(move || answer(&store, search), error).await
}

fn answer(store: &Store, search: Search) -> Response {
    let (ids, by_id) = match search {
        Search::Ids(ids) => (ids, true),
        Search::Traces(filter, limit) => (store.search(&filter, limit), false),
    };
    let (mut data, mut errors) = (String::new(), Vec::new());
    for id in ids {
        match store.trace(id) {
            Some(spans) => {
                let room = answer::LIMIT.saturating_sub(data.len());
                let trace = jaeger::trace(id, &spans, answer::LIMIT);
                if trace.len() > room && !data.is_empty() {
                    errors.push(json!({ "msg": NO_ROOM, "traceID": jaeger::trace_id(id) }));
                    break;
                }
                data += if data.is_empty() { "" } else { "," };
                data += &trace;
            }
            None if by_id => errors.push(json!({ "msg": NOT_FOUND, "traceID": jaeger::trace_id(id) })),
            // It went while the others were written.
            None => {}
        }
    }
    found(&data, &errors)
}

/// Names, which come with how many there are.
fn listed(names: Vec<Value>) -> Response {
    let answer = json!({ "data": names, "total": names.len(), "limit": 0, "offset": 0, "errors": null });
    answer::json(StatusCode::OK, answer.to_string())
}

/// Traces in JSON, whose number Jaeger does not tell.
fn found(data: &str, errors: &[Value]) -> Response {
    let errors = if errors.is_empty() { Value::Null } else { errors.into() };
    answer::json(StatusCode::OK, format!(r#"{{"data":[{data}],"total":0,"limit":0,"offset":0,"errors":{errors}}}"#))
}

fn error(status: StatusCode, message: &str) -> Response {
    let errors = json!([{ "code": status.as_u16(), "msg": message }]);
    let answer = json!({ "data": null, "total": 0, "limit": 0, "offset": 0, "errors": errors });
    answer::json(status, answer.to_string())
}
