//! Version 3 of the query API: OTLP JSON, which the collector must take again as it gives it.

use serde_json::{Value, json};

use crate::fixture::{Collector, request, span};

const TIMES: &str = "query.start_time_min=2023-11-14T00:00:00Z&query.start_time_max=2023-11-15T00:00:00Z";

fn collector() -> Collector {
    let collector = Collector::start();
    let tagged = |number: u64| {
        let tag = format!(r#""attributes":[{{"key":"a_b","value":{{"intValue":"{number}"}}}}]"#);
        let start = number * 1_000_000;
        format!("{},{tag}", span(number, 1, 0, &format!("op {number}"), start, start + number * 1_000))
    };
    collector.take(&request("web", &[tagged(1), tagged(2), tagged(3)]));
    collector.take(&request("db", &[span(1, 2, 1, "query", 1_000_001, 1_000_002)]));
    collector
}

fn found(collector: &Collector, query: &str) -> String {
    let answer = collector.view(&format!("/api/v3/traces?{query}")).json();
    let Some(resources) = answer["result"]["resourceSpans"].as_array() else {
        return answer["error"]["httpCode"].to_string();
    };
    let spans = resources.iter().map(|resource| &resource["scopeSpans"][0]["spans"]);
    let mut ids: Vec<&str> = spans
        .flat_map(|spans| spans.as_array().unwrap())
        .map(|span| &span["traceId"])
        .map(|id| &id.as_str().unwrap()[31..])
        .collect();
    ids.dedup();
    ids.concat()
}

#[test]
fn every_parameter_in_both_spellings() {
    let collector = collector();
    let with_times = |query: &str| found(&collector, &format!("{TIMES}&{query}"));
    for (query, expected) in [
        ("", "321"),
        ("query.service_name=web", "321"),
        ("query.serviceName=db", "1"),
        ("query.service_name=nobody", "404"),
        ("query.service_name=web&query.operation_name=op+2", "2"),
        ("query.serviceName=web&query.operationName=op+2", "2"),
        ("query.service_name=web&query.attributes=%7B%22a_b%22:%223%22%7D", "3"),
        ("query.service_name=web&query.attributes[a_b]=3", "3"),
        ("query.service_name=web&query.duration_min=2ms", "32"),
        ("query.service_name=web&query.durationMax=2ms", "21"),
        ("query.service_name=web&query.search_depth=1", "3"),
        ("query.service_name=web&query.searchDepth=2", "32"),
        ("query.service_name=web&query.num_traces=1", "3"),
        ("query.service_name=web&query.raw_traces=true", "321"),
    ] {
        assert_eq!(with_times(query), expected, "{query}");
    }
    let between = "query.service_name=web&query.startTimeMin=2023-11-14T23:13:21.5%2B01:00&query.startTimeMax=2023-11-14T22:13:22Z";
    assert_eq!(found(&collector, between), "2");
}

/// As Go writes a time that is not set, and beyond what nanoseconds can tell.
#[test]
fn times_that_are_far_away_are_before_or_after_everything() {
    let collector = collector();
    let times = "query.start_time_min=0001-01-01T00:00:00Z&query.start_time_max=9999-12-31T23:59:59Z";
    assert_eq!(found(&collector, times).len(), 3);
    let before = "query.start_time_min=0001-01-01T00:00:00Z&query.start_time_max=1969-12-31T23:59:59.9Z";
    assert_eq!(found(&collector, before), "404");
}

#[test]
fn names_and_errors() {
    let collector = collector();
    let get = |path: &str| -> (u16, Value) {
        let response = collector.view(path);
        assert_eq!(response.header("content-type"), Some("application/json"));
        (response.status, response.json())
    };
    assert_eq!(get("/api/v3/services"), (200, json!({ "services": ["db", "web"] })));
    let operations = json!({ "operations": [{ "name": "query", "spanKind": "internal" }] });
    assert_eq!(get("/api/v3/operations?service=db"), (200, operations));
    assert_eq!(get("/api/v3/operations?service=db&span_kind=server"), (200, json!({ "operations": [] })));
    let missing =
        json!({ "error": { "grpcCode": 5, "httpCode": 404, "message": "trace not found", "httpStatus": "Not Found" } });
    assert_eq!(get("/api/v3/traces/77"), (404, missing));
    for (path, words) in [
        ("/api/v3/traces/xyz", "hex digits"),
        ("/api/v3/operations", "'service' is required"),
        ("/api/v3/operations?service=db&spanKind=x", "producer or consumer"),
        ("/api/v3/traces", "'query.startTimeMin' is required, as query.start_time_min"),
        ("/api/v3/traces?query.start_time_min=2023-11-14T00:00:00Z", "'query.startTimeMax' is required"),
        ("/api/v3/traces?query.start_time_min=1700000000", "RFC 3339"),
        (
            "/api/v3/traces?query.start_time_min=2023-11-14T00:00:01Z&query.start_time_max=2023-11-14T00:00:00Z",
            "must not be after",
        ),
        (&format!("/api/v3/traces?{TIMES}&query.duration_min=5"), "such as 100ms"),
        (&format!("/api/v3/traces?{TIMES}&query.search_depth=-1"), "from 1"),
        (&format!("/api/v3/traces?{TIMES}&query.attributes=x"), "JSON object"),
    ] {
        let (status, body) = get(path);
        assert_eq!((status, &body["error"]["httpCode"]), (400, &json!(400)), "{path}");
        assert!(body["error"]["message"].as_str().unwrap().contains(words), "{path}: {body}");
    }
}

#[test]
fn what_is_given_can_be_sent_again() {
    let sent = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }], "droppedAttributesCount": 1 },
        "scopeSpans": [{
            "scope": { "name": "lib", "version": "1", "attributes": [{ "key": "s", "value": { "boolValue": true } }] },
            "spans": [{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "traceState": "a=b",
                "parentSpanId": "b7ad6b7169203332", "name": "root", "kind": 2,
                "startTimeUnixNano": "1700000000000001501", "endTimeUnixNano": "1700000000005002701",
                "attributes": [
                    { "key": "i", "value": { "intValue": "9007199254740993" } },
                    { "key": "d", "value": { "doubleValue": 1.5 } },
                    { "key": "nan", "value": { "doubleValue": "NaN" } },
                    { "key": "none", "value": {} },
                    { "key": "by", "value": { "bytesValue": "aGk=" } },
                    { "key": "list", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, {}] } } },
                    { "key": "map", "value": { "kvlistValue": { "values": [{ "key": "k", "value": { "intValue": "1" } }] } } },
                ],
                "droppedAttributesCount": 2,
                "events": [{ "timeUnixNano": "1700000000000001999", "name": "e", "attributes": [{ "key": "k", "value": { "stringValue": "v" } }] }],
                "droppedEventsCount": 3,
                "links": [{ "traceId": "0af7651916cd43dd8448eb211c80319d", "spanId": "b7ad6b7169203333", "traceState": "c=d", "flags": 256 }],
                "droppedLinksCount": 4,
                "status": { "message": "bad", "code": 2 },
            }],
        }],
    }] });
    let first = Collector::start();
    first.take(&sent.to_string());
    let given = first.view("/api/v3/traces/0AF7651916CD43DD8448EB211C80319C").json();
    assert_eq!(given, json!({ "result": sent }));
    let second = Collector::start();
    second.take(&given["result"].to_string());
    assert_eq!(second.view("/api/v3/traces/af7651916cd43dd8448eb211c80319c").json(), given);
}
