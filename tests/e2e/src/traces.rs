//! Traces as a viewer's query API (Jaeger's v1) gives them.

use crate::{spans::Trace, wait};
use serde_json::Value;

/// The trace, as soon as it has at least `count` spans. Until then a viewer may warn of parents that are missing.
pub async fn trace(viewer: &str, trace_id: &str, count: usize) -> Trace {
    let what = format!("{count} spans of trace {trace_id} on {viewer}");
    wait::until(&what, async || {
        let answer = get(viewer, &format!("/api/traces/{trace_id}")).await;
        let trace = &answer["data"][0];
        let is_whole = trace["spans"].as_array().is_some_and(|spans| spans.len() >= count);
        if is_whole { Ok(Trace::from_json(trace)) } else { Err(answer) }
    })
    .await
}

/// The trace as it is now, if it is there.
pub async fn find(viewer: &str, trace_id: &str) -> Option<Trace> {
    let answer = get(viewer, &format!("/api/traces/{trace_id}")).await;
    let trace = &answer["data"][0];
    trace.is_object().then(|| Trace::from_json(trace))
}

/// Start and end of each span of a trace that is there, in nanoseconds, by version 3 of the API.
pub async fn lifetimes(viewer: &str, trace_id: &str) -> Vec<(u64, u64)> {
    let answer = get(viewer, &format!("/api/v3/traces/{trace_id}")).await;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let scopes =
        list(&answer["result"]["resourceSpans"]).into_iter().flat_map(|resource| list(&resource["scopeSpans"]));
    let nanoseconds = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).expect("a time is a string");
    let lifetime = |span: Value| (nanoseconds(&span["startTimeUnixNano"]), nanoseconds(&span["endTimeUnixNano"]));
    scopes.flat_map(|scope| list(&scope["spans"])).map(lifetime).collect()
}

/// The names of the services that sent spans.
pub async fn services(viewer: &str) -> Vec<String> {
    let answer = get(viewer, "/api/services").await;
    let names = answer["data"].as_array().cloned().unwrap_or_default();
    names.iter().map(|name| name.as_str().expect("a service's name is a string").to_owned()).collect()
}

async fn get(viewer: &str, path: &str) -> Value {
    let url = format!("{viewer}{path}");
    let answer = reqwest::get(&url).await.unwrap_or_else(|error| panic!("{url} does not answer: {error}"));
    let text = answer.text().await.unwrap_or_else(|error| panic!("{url} broke off: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url} is no JSON ({error}): {text}"))
}
