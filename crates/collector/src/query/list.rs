//! What lists of traces are made of, for the viewer: summaries, newest start first (`/api/list`), and calls between services.
//!
//! The list takes the parameters of `/api/traces`, all of them optional. Times and durations are strings of nanoseconds: as
//! numbers they would be rounded by JavaScript.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Api, NO_ROOM, error, listed,
    out::{Elements, Out, Stop},
    parameters::Parameters,
    search,
};
use crate::store::{Dependency, Filter, Store, Summary};

/// How many services of a trace are named.
const SERVICES: usize = 50;
/// How many traces are summarised at a time: all of a list at once would fill the memory.
const AT_A_TIME: usize = 64;

/// `{traces, totals, version}`, and `error` if not all that were found had room. The version is where `/api/live` goes on from.
pub async fn list(State(Api { store, answers }): State<Api>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let asked = search::filter(&parameters).and_then(|filter| Ok((filter, parameters.limit("limit")?)));
    match asked {
        Ok((filter, limit)) => answers.write(move |out| write(out, &store, &filter, limit), error).await,
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn write(out: &mut Out<'_>, store: &Store, filter: &Filter, limit: usize) -> Result<(), Stop> {
    // Before the list: what changes meanwhile is then told twice rather than never.
    let version = store.version();
    let ids = store.search(filter, limit);
    out.push(r#"{"traces":["#)?;
    let mut written = Elements::default();
    let mut end = json!({ "totals": totals(store), "version": version.to_string() });
    'all: for ids in ids.chunks(AT_A_TIME) {
        for trace in store.summaries(ids) {
            if !written.push(out, &summary(&trace))? {
                end["error"] = NO_ROOM.into();
                break 'all;
            }
        }
    }
    let end = end.to_string();
    out.push("],")?;
    out.push(end.trim_start_matches('{'))
}

/// `{traces, totals}`
pub fn summaries(store: &Store, traces: &[Summary]) -> Value {
    let traces: Vec<_> = traces.iter().map(summary).collect();
    json!({ "traces": traces, "totals": totals(store) })
}

fn totals(store: &Store) -> Value {
    let totals = store.totals();
    json!({ "traces": totals.traces, "spans": totals.spans })
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
pub async fn dependencies(State(Api { store, answers }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match search::dependency_times(&Parameters::parse(query)) {
        Ok(start) => {
            let shown = |call: Dependency| {
                let Dependency { parent, child, calls } = call;
                json!({ "parent": *parent, "child": *child, "callCount": calls })
            };
            let work = move |out: &mut Out<'_>| listed(out, store.dependencies(&start).into_iter().map(shown));
            answers.write(work, error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}
