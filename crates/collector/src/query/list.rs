//! What lists of traces are made of, for the viewer: summaries, newest start first (`/api/list`), and calls between services.
//!
//! The list takes the parameters of `/api/traces`, all of them optional, and finds the tag `service.name` too; `traceID` stands besides
//! the others, and `since` is the version of a list that somebody has. Times and durations are strings of nanoseconds: as numbers they
//! would be rounded by JavaScript.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    AT_A_TIME, Api, NO_ROOM, error, listed,
    out::{Elements, Out, Stop},
    parameters::Parameters,
    search,
};
use crate::store::{Dependency, Listed, Store, Summary};

/// How many services of a trace are named.
const SERVICES: usize = 50;

/// `{traces, totals, version, complete}`, and `error` if not all that were found had room. The version is where the next list, or
/// `/api/live`, goes on from; with `since` a list is not complete: it has what has changed, unless that is not remembered any more,
/// or more than the limit.
pub async fn list(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let asked =
        search::listed(&parameters).and_then(|filter| Ok((filter, parameters.since()?, parameters.limit("limit")?)));
    match asked {
        Ok((filter, since, limit)) => {
            let work = move |out: &mut Out<'_>| write(out, &store, &store.listed(since, &filter, limit));
            answers.write(work, error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn write(out: &mut Out<'_>, store: &Store, found: &Listed) -> Result<(), Stop> {
    out.push(r#"{"traces":["#)?;
    let mut written = Elements::default();
    let mut end = json!({ "version": found.version.to_string(), "complete": found.complete });
    'all: for ids in found.ids.chunks(AT_A_TIME) {
        for trace in store.summaries(ids) {
            if !written.push(out, &summary(&trace))? {
                end["error"] = NO_ROOM.into();
                break 'all;
            }
        }
    }
    end["totals"] = totals(store);
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
        summary.services.iter().take(SERVICES).map(|(name, share)| json!({ "name": **name, "spans": share.spans }));
    let mut told = json!({
        "traceId": summary.trace_id.to_string(),
        "root": { "name": *summary.root.name, "service": *summary.root.service, "missing": summary.root.has_parent },
        "startTimeUnixNano": summary.start.to_string(),
        "durationNano": summary.duration().to_string(),
        "spanCount": summary.spans,
        "errorCount": summary.errors,
        "serviceCount": summary.services.len(),
        "services": services.collect::<Vec<_>>(),
    });
    if summary.listed != summary.start {
        told["listedUnixNano"] = summary.listed.to_string().into();
    }
    told
}

/// Jaeger's `/api/dependencies`: calls between services in traces with a span that starts within `lookback` (ms) before `endTs`
/// (ms); by default in all that are kept.
pub async fn dependencies(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
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
