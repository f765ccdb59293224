//! The query API in Jaeger's shape. The expected document is what Jaeger 1.48 answers to the same spans, with the scope's tag
//! names of later releases.

use serde_json::json;

use crate::fixture::{Collector, request, span};

#[test]
fn a_trace_as_jaeger_has_it() {
    let collector = Collector::start();
    collector.take(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
        {"key":"r.int","value":{"intValue":"7"}}]},"scopeSpans":[{"scope":{"name":"lib","version":"1.2"},"spans":[
        {"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331","name":"root","kind":2,"traceState":"a=b",
         "startTimeUnixNano":"1700000000000001500","endTimeUnixNano":1700000000005002700,
         "attributes":[{"key":"s","value":{"stringValue":"x"}},{"key":"b","value":{"boolValue":true}},
          {"key":"i","value":{"intValue":"-5"}},{"key":"big","value":{"intValue":"9007199254740992"}},
          {"key":"d","value":{"doubleValue":1.5}},{"key":"none"},{"key":"by","value":{"bytesValue":"aGVsbG8="}},
          {"key":"arr","value":{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":1},{"boolValue":false},{"doubleValue":2.5}]}}},
          {"key":"kv","value":{"kvlistValue":{"values":[{"key":"z","value":{"intValue":"3"}},{"key":"a","value":{}}]}}}],
         "events":[{"timeUnixNano":"1700000000001000999","name":"exception","attributes":[{"key":"n","value":{"intValue":4}}]},
          {"timeUnixNano":"1700000000002000000"}],
         "links":[{"traceId":"0af7651916cd43dd8448eb211c80319d","spanId":"b7ad6b7169203332"}],
         "status":{"code":2,"message":"bad"}},
        {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203334","parentSpanId":"b7ad6b7169203331",
         "name":"child","startTimeUnixNano":"1700000000002000000","endTimeUnixNano":"1700000000002000999","status":{"code":1}}]}]},
        {"resource":{"attributes":[{"key":"x","value":{"stringValue":"y"}}]},"scopeSpans":[{"spans":[
        {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203335","parentSpanId":"b7ad6b7169203331",
         "name":"other","startTimeUnixNano":"1700000000003000000","endTimeUnixNano":"1700000000003000000"}]}]}]}"#,
    );
    let tag = |key: &str, kind: &str, value: serde_json::Value| json!({ "key": key, "type": kind, "value": value });
    let format = tag("internal.span.format", "string", "otlp".into());
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let parent = json!([{ "refType": "CHILD_OF", "traceID": trace_id, "spanID": "b7ad6b7169203331" }]);
    let expected = json!({
        "data": [{
            "traceID": trace_id,
            "spans": [
                {
                    "traceID": trace_id, "spanID": "b7ad6b7169203331", "operationName": "root",
                    "references": [{ "refType": "FOLLOWS_FROM", "traceID": "0af7651916cd43dd8448eb211c80319d", "spanID": "b7ad6b7169203332" }],
                    "startTime": 1_700_000_000_000_001_u64, "duration": 5001,
                    "tags": [
                        tag("otel.scope.name", "string", "lib".into()), tag("otel.scope.version", "string", "1.2".into()),
                        tag("s", "string", "x".into()), tag("b", "bool", true.into()), tag("i", "int64", (-5).into()),
                        tag("big", "int64", "9007199254740992".into()), tag("d", "float64", 1.5.into()),
                        tag("none", "string", "".into()), tag("by", "string", "aGVsbG8=".into()),
                        tag("arr", "string", r#"["a",1,false,2.5]"#.into()), tag("kv", "string", r#"{"a":null,"z":3}"#.into()),
                        tag("span.kind", "string", "server".into()), tag("otel.status_code", "string", "ERROR".into()),
                        tag("error", "bool", true.into()), tag("otel.status_description", "string", "bad".into()),
                        tag("w3c.tracestate", "string", "a=b".into()), format.clone(),
                    ],
                    "logs": [
                        { "timestamp": 1_700_000_000_001_000_u64,
                          "fields": [tag("event", "string", "exception".into()), tag("n", "int64", 4.into())] },
                        { "timestamp": 1_700_000_000_002_000_u64, "fields": [] },
                    ],
                    "processID": "p1", "warnings": null,
                },
                {
                    "traceID": trace_id, "spanID": "b7ad6b7169203334", "operationName": "child", "references": parent,
                    "startTime": 1_700_000_000_002_000_u64, "duration": 0,
                    "tags": [
                        tag("otel.scope.name", "string", "lib".into()), tag("otel.scope.version", "string", "1.2".into()),
                        tag("otel.status_code", "string", "OK".into()), format.clone(),
                    ],
                    "logs": [], "processID": "p1", "warnings": null,
                },
                {
                    "traceID": trace_id, "spanID": "b7ad6b7169203335", "operationName": "other", "references": parent,
                    "startTime": 1_700_000_000_003_000_u64, "duration": 0, "tags": [format], "logs": [], "processID": "p2", "warnings": null,
                },
            ],
            "processes": {
                "p1": { "serviceName": "shop", "tags": [tag("r.int", "int64", 7.into())] },
                "p2": { "serviceName": "empty-service-name", "tags": [tag("x", "string", "y".into())] },
            },
            "warnings": null,
        }],
        "total": 0, "limit": 0, "offset": 0, "errors": null,
    });
    let response = collector.view(&format!("/api/traces/{}", trace_id.to_uppercase()));
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(response.json(), expected);
    let mut with_a_missing_one = expected;
    with_a_missing_one["errors"] = json!([{ "msg": "trace not found", "traceID": "0000000000000005" }]);
    assert_eq!(collector.view(&format!("/api/traces?traceID={trace_id}&traceID=5")).json(), with_a_missing_one);
}

#[test]
fn services_and_search() {
    let collector = Collector::start();
    let empty = json!({ "data": [], "total": 0, "limit": 0, "offset": 0, "errors": null });
    assert_eq!(collector.view("/api/services").json(), empty);
    collector.take(&request("web", &[span(1, 1, 0, "a", 0, 5), span(2, 1, 0, "b", 100, 105)]));
    collector.take(&request("db", &[span(2, 2, 1, "query", 101, 102), span(2, 3, 99, "orphan", 103, 104)]));
    let services = json!({ "data": ["db", "web"], "total": 2, "limit": 0, "offset": 0, "errors": null });
    assert_eq!(collector.view("/api/services").json(), services);

    let found = |query: &str| -> Vec<String> {
        let answer = collector.view(&format!("/api/traces?{query}")).json();
        let traces = answer["data"].as_array().unwrap_or_else(|| panic!("{answer}"));
        traces.iter().map(|trace| trace["traceID"].as_str().unwrap()[15..].to_owned()).collect()
    };
    assert_eq!(found("service=web"), ["2", "1"], "newest first");
    assert_eq!(found("service=db"), ["2"]);
    let warned = collector.view(&format!("/api/traces/{:032x}", 2)).json();
    let warnings = |span: usize| warned["data"][0]["spans"][span]["warnings"].clone();
    assert_eq!(warnings(0), json!(null));
    assert!(warnings(2)[0].as_str().unwrap().contains("invalid parent span IDs=0000000000000063"));
}

#[test]
fn errors_in_jaegers_shape() {
    let collector = Collector::start();
    let missing = collector.view("/api/traces/0af7651916cd43dd8448eb211c80319c");
    assert_eq!(missing.status, 404);
    let expected = json!({ "data": null, "total": 0, "limit": 0, "offset": 0, "errors": [{ "code": 404, "msg": "trace not found" }] });
    assert_eq!(missing.json(), expected);
    for (path, word) in [
        ("/api/traces/xyz", "32"),
        ("/api/traces/0", "not all zero"),
        ("/api/traces/00af7651916cd43dd8448eb211c80319c", "32"),
        ("/api/traces?traceID=xyz", "32"),
        ("/api/traces", "parameter 'service' is required"),
        ("/api/traces?service=a&limit=x", "'limit'"),
        ("/api/traces?service=a&tags=%7B", "'tags' must be a JSON object"),
        ("/api/operations", "parameter 'service' is required"),
        ("/api/operations?service=a&spanKind=x", "producer or consumer"),
    ] {
        let response = collector.view(path);
        let body = response.json();
        assert_eq!(
            (response.status, &body["data"], &body["errors"][0]["code"]),
            (400, &json!(null), &json!(400)),
            "{path}"
        );
        assert!(body["errors"][0]["msg"].as_str().unwrap().contains(word), "{body}");
    }
    assert_eq!(collector.view("/api/nothing").json()["errors"][0]["code"], 404);
}

#[test]
fn two_spans_of_one_id_are_both_there_with_a_warning() {
    let collector = Collector::start();
    let client = span(1, 2, 1, "call", 10, 90);
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 100), client.clone()]));
    collector.take(&request("api", &[span(1, 2, 1, "serve", 20, 80)]));
    // Unfinished, then complete.
    collector.take(&request("web", &[span(1, 3, 1, "load", 5, 5)]));
    collector.take(&request("web", &[span(1, 3, 1, "load", 5, 50)]));
    // The same once more says nothing new.
    collector.take(&request("web", &[client]));
    let trace = collector.view("/api/traces/1").json();
    let spans = trace["data"][0]["spans"].as_array().unwrap();
    let seen: Vec<_> = spans
        .iter()
        .map(|span| {
            let warned = span["warnings"][0].as_str().is_some_and(|words| words.starts_with("duplicate span IDs="));
            (span["operationName"].as_str().unwrap(), span["duration"].as_u64().unwrap(), warned)
        })
        .collect();
    assert_eq!(
        seen,
        [("GET /", 100, false), ("load", 0, true), ("load", 45, true), ("call", 80, true), ("serve", 60, true)]
    );
    assert_eq!(collector.view("/api/list").json()["traces"][0]["spanCount"], 5);
    let v3 = collector.view("/api/v3/traces/1").json()["result"].to_string();
    assert_eq!(v3.matches(r#""spanId":"0000000000000003""#).count(), 2);
}
