//! `/api/v3/trace-summaries`, by which Jaeger's UI searches from 2.19 on: the traces of a search without their spans.
//!
//! In: the parameters of `/api/v3/traces`. Out: what the index tells of each trace, newest start first, as the JSON of protobuf
//! has it: 64-bit integers are strings, and what is zero or empty is left out.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    AT_A_TIME, Api, NO_ROOM,
    out::{Elements, Out, Stop},
    v3,
};
use crate::store::{Filter, Store, Summary};

pub async fn summaries(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match v3::search(query) {
        Ok((filter, limit)) => answers.write(move |out| found(out, &store, &filter, limit), v3::error).await,
        Err(message) => v3::error(StatusCode::BAD_REQUEST, &message),
    }
}

fn found(out: &mut Out<'_>, store: &Store, filter: &Filter, limit: usize) -> Result<(), Stop> {
    out.push(r#"{"summaries":["#)?;
    let mut written = Elements::default();
    for ids in store.search(filter, limit).chunks(AT_A_TIME) {
        let traces = store.summaries(ids);
        let orphans = store.orphans(traces.iter().map(|trace| trace.trace_id));
        for (trace, orphans) in traces.iter().zip(orphans) {
            if !written.push(out, &summary(trace, orphans))? {
                return v3::cut(out, "]", StatusCode::BAD_REQUEST, NO_ROOM);
            }
        }
    }
    out.push("]}")
}

fn summary(trace: &Summary, orphans: usize) -> Value {
    // A trace whose root is missing has no name in Jaeger.
    let root = |name| Some(name).filter(|_| !trace.root.has_parent).and_then(text);
    let services = trace.services.iter().map(|(name, share)| {
        members([("name", text(name)), ("spanCount", count(share.spans)), ("errorSpanCount", count(share.errors))])
    });
    members([
        ("traceId", Some(trace.trace_id.to_string().into())),
        ("rootServiceName", root(&trace.root.service)),
        ("rootOperationName", root(&trace.root.name)),
        ("minStartTimeUnixNano", time(trace.start)),
        // A span that ends before it starts has no length.
        ("maxEndTimeUnixNano", time(trace.end.max(trace.start))),
        ("spanCount", count(trace.spans)),
        ("errorSpanCount", count(trace.errors)),
        ("orphanSpanCount", count(orphans)),
        ("services", Some(services.collect())),
    ])
}

fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    there.collect::<Map<_, _>>().into()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| text.into())
}

fn count(number: usize) -> Option<Value> {
    (number > 0).then(|| number.into())
}

fn time(nanos: u64) -> Option<Value> {
    (nanos > 0).then(|| nanos.to_string().into())
}
