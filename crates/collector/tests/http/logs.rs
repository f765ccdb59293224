//! `/v1/logs` in, `/api/logs` and `/api/logs/live` out: every field of a record, every way to ask, and what a kill leaves.

use serde_json::{Value, json};

use crate::{
    client::{Response, get, send},
    events::Events,
    fixture::{Collector, config},
};
#[cfg(unix)]
use crate::{fixture::PageDir, program::Started};

const JSON: (&str, &str) = ("content-type", "application/json");
const BASE: u64 = 1_700_000_000_000_000_000;

pub fn post(otlp: &str, path: &str, body: &Value) -> Response {
    send(otlp, "POST", path, &[JSON], body.to_string().as_bytes())
}

fn take(collector: &Collector, body: &Value) {
    let response = post(collector.otlp(), "/v1/logs", body);
    assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#));
}

fn attribute(key: &str, text: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": text } })
}

/// A request with these records of one service.
fn request(service: &str, records: Value) -> Value {
    json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("service.name", service)] },
        "scopeLogs": [{ "scope": { "name": "lib" }, "logRecords": records }],
    }] })
}

/// A record that happened so many microseconds after a fixed time.
fn record(at: u64, severity: u64, body: &str) -> Value {
    json!({
        "timeUnixNano": (BASE + at * 1_000).to_string(),
        "severityNumber": severity,
        "body": { "stringValue": body },
    })
}

/// The bodies of the records that are found, in the order of the answer.
fn bodies(answer: &Value) -> Vec<String> {
    let elements = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let scopes = elements(answer, "resourceLogs").into_iter().flat_map(|resource| elements(&resource, "scopeLogs"));
    let records = scopes.flat_map(|scope| elements(&scope, "logRecords"));
    records.map(|record| record["body"]["stringValue"].as_str().unwrap_or("(none)").to_owned()).collect()
}

fn asked(collector: &Collector, query: &str) -> Vec<String> {
    let answer = collector.view(&format!("/api/logs?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    bodies(&answer.json())
}

/// A record with all that OTLP has, and what it came with.
fn with_everything() -> Value {
    json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("service.name", "shop")], "droppedAttributesCount": 1 },
        "schemaUrl": "https://example.com/resource",
        "scopeLogs": [{
            "scope": { "name": "lib", "version": "2", "attributes": [attribute("k", "scope")], "droppedAttributesCount": 2 },
            "schemaUrl": "https://example.com/scope",
            "logRecords": [
                {
                    "timeUnixNano": "1700000000000000009",
                    "observedTimeUnixNano": "1700000000000000010",
                    "severityNumber": 17,
                    "severityText": "Error",
                    "body": { "kvlistValue": { "values": [
                        { "key": "list", "value": { "arrayValue": { "values": [
                            { "intValue": "-9007199254740993" }, { "doubleValue": 1.5 }, { "boolValue": true }, {},
                            { "bytesValue": "AAH/" }, { "doubleValue": "NaN" },
                        ] } } },
                    ] } },
                    "attributes": [attribute("user", "7"), { "key": "none", "value": {} }],
                    "droppedAttributesCount": 3,
                    "flags": 257,
                    "traceId": "0af7651916cd43dd8448eb211c80319c",
                    "spanId": "b7ad6b7169203331",
                    "eventName": "exception",
                },
                { "timeUnixNano": "1700000000000000008" },
                { "observedTimeUnixNano": "1700000000000000007", "body": {} },
            ],
        }],
    }] })
}

#[test]
fn a_record_comes_back_field_by_field() {
    let collector = Collector::start();
    take(&collector, &with_everything());
    assert_eq!(collector.view("/api/logs").json(), with_everything());
    assert_eq!(get(&collector.addresses.page, "/viewer/api/logs").json(), with_everything());
}

#[test]
fn it_is_found_by_each_of_its_fields() {
    let collector = Collector::start();
    take(&collector, &with_everything());
    take(
        &collector,
        &request("web", json!([record(30, 9, "Looked up 100"), record(20, 13, "slow"), record(10, 1, "begin")])),
    );
    assert_eq!(asked(&collector, ""), ["Looked up 100", "slow", "begin", "(none)", "(none)", "(none)"], "newest first");
    assert_eq!(asked(&collector, "limit=2"), ["Looked up 100", "slow"]);
    assert_eq!(asked(&collector, "service=web&severity=warn"), ["slow"]);
    assert_eq!(asked(&collector, "severity=13"), ["slow", "(none)"]);
    assert_eq!(asked(&collector, "text=looked+UP"), ["Looked up 100"]);
    let from = BASE / 1_000;
    assert_eq!(asked(&collector, &format!("start={}&end={}", from + 10, from + 20)), ["slow", "begin"]);
    for one in [
        "traceId=0af7651916cd43dd8448eb211c80319c",
        "traceID=0AF7651916CD43DD8448EB211C80319C",
        "spanId=b7ad6b7169203331",
        "event=exception",
        "tag=user:7",
        "attribute=user=7",
        "tags=%7B%22user%22%3A%227%22%7D",
        "attribute=user=7&event=exception&severity=error&service=shop",
    ] {
        assert_eq!(asked(&collector, one).len(), 1, "{one}");
    }
    for shared in ["service=shop", "tag=k:scope", "tag=otel.scope.version:2"] {
        assert_eq!(asked(&collector, shared).len(), 3, "{shared}");
    }
    for none in
        ["service=none", "severity=fatal", "text=nothing", "event=click", "tag=user:8", "traceId=1", "lookback=1s"]
    {
        assert_eq!(asked(&collector, none), [""; 0], "{none}");
    }
}

#[test]
fn a_question_that_is_none_is_told_what_is() {
    let collector = Collector::start();
    for (query, words) in [
        ("severity=loud", "trace, debug, info"),
        ("traceId=x", "32 hex digits"),
        ("attribute=k", "key=value"),
        ("start=soon", "microseconds"),
        ("limit=0", "from 1"),
        ("since=x", "'since'"),
    ] {
        let answer = collector.view(&format!("/api/logs?{query}"));
        let message = answer.json()["errors"][0]["msg"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 400 && message.contains(words), "{query}: {} {message}", answer.status);
    }
}

#[test]
fn what_has_come_since_is_asked_and_followed() {
    let collector = Collector::start();
    take(&collector, &request("web", json!([record(1, 9, "first")])));
    let first = collector.view("/api/logs?since=0&severity=info").json();
    assert_eq!((bodies(&first), &first["complete"]), (vec!["first".into()], &json!(true)));
    let version = first["version"].as_str().unwrap();
    let path = format!("/api/logs/live?severity=info&since={version}");
    let mut events = Events::open(&collector.addresses.viewer, &path, &[]);
    take(
        &collector,
        &request("web", json!([record(2, 1, "not told"), record(3, 9, "second"), record(4, 17, "third")])),
    );
    let event = events.next().unwrap();
    assert_eq!((event.name.as_str(), bodies(&event.data)), ("logs", vec!["third".into(), "second".into()]));
    let next = collector.view(&format!("/api/logs?since={version}&severity=info")).json();
    assert_eq!((bodies(&next), &next["complete"]), (vec!["third".into(), "second".into()], &json!(false)));
    assert_eq!(next["version"], event.id);
    let many: Vec<_> = (0..600).map(|at| record(at, 9, "one of many")).collect();
    take(&collector, &request("web", many.into()));
    assert_eq!(events.next().unwrap().name, "anew");
}

#[test]
fn streams_are_bounded_in_number() {
    let page_dir = crate::fixture::PageDir::built();
    let mut config = config(&page_dir);
    config.bounds.streams = 2;
    let collector = Collector::with(config, page_dir);
    let viewer = collector.addresses.viewer.clone();
    let open = |path: &str| Events::open(&viewer, path, &[]);
    let _open = (open("/api/live"), open("/api/logs/live"));
    for path in ["/api/live", "/api/logs/live"] {
        let refused = get(&viewer, path);
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        assert!(refused.text().contains("too many streams"), "{}", refused.text());
    }
    assert_eq!(get(&viewer, "/api/logs").status, 200, "lists are asked all the same");
}

#[test]
fn the_oldest_records_go_first() {
    let page_dir = crate::fixture::PageDir::built();
    let mut config = config(&page_dir);
    config.limits.logs = 3;
    let collector = Collector::with(config, page_dir);
    take(&collector, &request("web", json!([record(9, 9, "old"), record(8, 9, "older")])));
    take(&collector, &request("web", json!([record(1, 9, "new"), record(2, 9, "newer")])));
    assert_eq!(asked(&collector, ""), ["older", "newer", "new"], "by arrival, not by what clocks say");
}

#[cfg(unix)]
#[test]
fn a_success_outlives_a_kill() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data, "--max-logs", "1000"]);
    let mut expected = Vec::new();
    for round in 0..4 {
        let mut started = start();
        let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
        for number in 0..20 {
            let at = round * 20 + number;
            assert_eq!(
                post(&otlp, "/v1/logs", &request("web", json!([record(at, 9, &format!("number {at}"))]))).status,
                200
            );
            expected.insert(0, format!("number {at}"));
        }
        started.child.kill().unwrap();
        drop(started);
        let started = start();
        let viewer = started.url("viewer").trim_end_matches('/').to_owned();
        assert_eq!(bodies(&get(&viewer, "/api/logs?limit=1000").json()), expected, "round {round}");
        assert!(
            started.url("traces").contains(&format!("{} log records", expected.len())),
            "{}",
            started.url("traces")
        );
    }
}
