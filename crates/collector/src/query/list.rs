//! What lists of traces are made of, for the viewer: summaries, newest start first (`/api/list`), and calls between services.
//!
//! The list takes the parameters of `/api/traces`, all of them optional, with `traceID` besides the others; and `since`, the version
//! of a list that somebody has. Times and durations are strings of nanoseconds: as numbers they would be rounded by JavaScript.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{answer, error, listed, parameters::Parameters, search};
use crate::store::{Dependency, Listed, Store, Summary};

/// How many services of a trace are named.
const SERVICES: usize = 50;

/// `{traces, totals, version, complete}`. The version is where the next list, or `/api/live`, goes on from; with `since` a list is
/// not complete: it has what has changed, unless that is not remembered any more, or more than the limit.
pub async fn list(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let asked =
        search::listed(&parameters).and_then(|filter| Ok((filter, parameters.since()?, parameters.limit("limit")?)));
    let (filter, since, limit) = match asked {
        Ok(asked) => asked,
        Err(message) => return error(StatusCode::BAD_REQUEST, &message),
    };
    let work = move || {
        let Listed { ids, version, complete } = store.listed(since, &filter, limit);
        let mut body = summaries(&store, &store.summaries(&ids));
        body["version"] = version.to_string().into();
        body["complete"] = complete.into();
        answer::json(StatusCode::OK, body.to_string())
    };
    answer::apart(work, error).await
}

/// `{traces, totals}`
pub fn summaries(store: &Store, traces: &[Summary]) -> Value {
    let totals = store.totals();
    let traces: Vec<_> = traces.iter().map(summary).collect();
    json!({ "traces": traces, "totals": { "traces": totals.traces, "spans": totals.spans } })
}

fn summary(summary: &Summary) -> Value {
    let services =
        summary.services.iter().take(SERVICES).map(|(name, spans)| json!({ "name": **name, "spans": spans }));
    json!({
        "traceId": summary.trace_id.to_string(),
        "root": { "name": *summary.root.name, "service": *summary.root.service, "missing": summary.root.has_parent },
        "startTimeUnixNano": summary.start.to_string(),
        "durationNano": summary.duration().to_string(),
        "spanCount": summary.spans,
        "errorCount": summary.errors,
        "serviceCount": summary.services.len(),
        "services": services.collect::<Vec<_>>(),
    })
}

/// Jaeger's `/api/dependencies`: calls between services in traces that start within `lookback` (ms) before `endTs` (ms), or
/// within the parameters of a search's time; by default in all that are kept.
pub async fn dependencies(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> Response {
    match search::dependency_times(&Parameters::parse(query)) {
        Ok(start) => {
            let work = move || {
                let calls = store.dependencies(&start);
                let shown = |call: &_| {
                    let Dependency { parent, child, calls } = call;
                    json!({ "parent": **parent, "child": **child, "callCount": calls })
                };
                listed(calls.iter().map(shown).collect())
            };
            answer::apart(work, error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}
