//! The query API, in the shape of Jaeger's `/api` (v1), so that what reads a Jaeger reads this.
//!
//! In: the store and a request. Out: `{data, total, limit, offset, errors}` in JSON, errors as Jaeger words them.

mod jaeger;
mod search;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{model::TraceId, store::Store};
use search::Search;

pub fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/api/services", get(services))
        .route("/api/traces", get(traces))
        .route("/api/traces/{id}", get(trace))
        .route("/api/{*path}", get(|| async { error(StatusCode::NOT_FOUND, NO_SUCH_PATH) }))
        .with_state(store)
}

const NO_SUCH_PATH: &str = "there are /api/services, /api/traces?service=NAME and /api/traces/ID";
const BAD_ID: &str = "a trace id has 32 (or 16) hex digits and is not all zero";
const NOT_FOUND: &str = "trace not found";

async fn services(State(store): State<Arc<Store>>) -> Response {
    let services = store.services();
    let total = services.len();
    let names = services.iter().map(|name| Value::from(name.as_ref())).collect();
    success(names, total)
}

async fn trace(State(store): State<Arc<Store>>, Path(id): Path<String>) -> Response {
    let Some(id) = TraceId::parse(&id) else {
        return error(StatusCode::BAD_REQUEST, BAD_ID);
    };
    answered(move || match store.trace(id) {
        Some(spans) => success(vec![jaeger::trace(id, &spans)], 0),
        None => error(StatusCode::NOT_FOUND, NOT_FOUND),
    })
    .await
}

/// By `traceID`, which may occur several times, or by search.
async fn traces(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    answered(move || {
        let by_id = parameters.iter().filter(|(name, _)| name == "traceID").map(|(_, id)| TraceId::parse(id));
        let ids = match by_id.collect::<Option<Vec<_>>>() {
            None => return error(StatusCode::BAD_REQUEST, BAD_ID),
            Some(ids) if ids.is_empty() => match Search::parse(&parameters) {
                Ok(search) => search.run(&store),
                Err(message) => return error(StatusCode::BAD_REQUEST, &message),
            },
            Some(ids) => ids,
        };
        let found = ids.iter().filter_map(|&id| Some(jaeger::trace(id, &store.trace(id)?)));
        success(found.collect(), 0)
    })
    .await
}

/// Large traces take a while to write: not on the threads that serve the connections.
async fn answered(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let failed = |_| error(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written");
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

fn success(data: Vec<Value>, total: usize) -> Response {
    let answer = json!({ "data": data, "total": total, "limit": 0, "offset": 0, "errors": null });
    answer_with(StatusCode::OK, &answer)
}

fn error(status: StatusCode, message: &str) -> Response {
    let errors = json!([{ "code": status.as_u16(), "msg": message }]);
    answer_with(status, &json!({ "data": null, "total": 0, "limit": 0, "offset": 0, "errors": errors }))
}

fn answer_with(status: StatusCode, answer: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}
