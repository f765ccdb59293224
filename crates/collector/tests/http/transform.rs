//! `POST /api/transform`, by which Jaeger's UI reads a file that its user uploads.

use std::time::Duration;

use collector::Bounds;
use serde_json::{Value, json};

use crate::{
    client::{Response, send},
    fixture::{Collector, PageDir, config, request, span},
    gzip::gzip,
    protobuf::{PROTOBUF, one_span},
};

/// As a browser sends what the UI gives to `fetch` as a text.
fn transform(collector: &Collector, body: &str) -> Response {
    let headers = [("content-type", "text/plain;charset=UTF-8")];
    send(&collector.addresses.viewer, "POST", "/api/transform", &headers, body.as_bytes())
}

#[test]
fn a_file_is_transformed_and_not_kept() {
    let collector = Collector::start();
    let tagged = span(2, 1, 0, "GET /", 0, 1_000)
        + r#","attributes":[{"key":"n","value":{"intValue":"7"}}],"status":{"code":2}"#;
    let file = request("web", &[tagged, span(5, 1, 0, "other", 0, 1), span(2, 2, 1, "render", 500, 900)]);
    let answer = transform(&collector, &file);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let answer = answer.json();
    let ids: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|trace| &trace["traceID"]).collect();
    assert_eq!(ids, ["0000000000000002", "0000000000000005"], "in the order of the file");
    assert_eq!(collector.view("/api/services").json()["total"], 0, "nothing is kept");
    assert_eq!(collector.view("/api/list").json()["totals"], json!({ "traces": 0, "spans": 0 }));
    // What the same spans are when they are received and asked for.
    collector.take(&file);
    let kept = collector.view("/api/traces?traceID=2&traceID=5").json();
    assert_eq!(answer, kept);
    for empty in ["{}", r#"{"resourceSpans":[]}"#] {
        let answer = transform(&collector, empty);
        let nothing = json!({ "data": [], "total": 0, "limit": 0, "offset": 0, "errors": null });
        assert_eq!((answer.status, answer.json()), (200, nothing), "{empty}");
    }
    assert_eq!(send(&collector.addresses.page, "POST", "/viewer/api/transform", &[], file.as_bytes()).status, 200);
}

/// The example that Jaeger tests its own with, in both directions.
#[test]
fn a_transformed_span_is_as_jaeger_has_it() {
    let collector = Collector::start();
    let span = r#"{"traceId":"83a9efd15c1c98a977e0711cc93ee28b","spanId":"e127af99e3b3e074","parentSpanId":"909541b92cf05311",
        "name":"okey-dokey-0","kind":2,"startTimeUnixNano":"1706678909209712000","endTimeUnixNano":"1706678909209835000",
        "attributes":[{"key":"net.peer.ip","value":{"stringValue":"1.2.3.4"}}],"status":{}}"#;
    let file = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"telemetrygen"}}}}]}},
        "scopeSpans":[{{"scope":{{"name":"telemetrygen"}},"spans":[{span},{span}]}}],
        "schemaUrl":"https://opentelemetry.io/schemas/1.4.0"}}]}}"#
    );
    let trace = &transform(&collector, &file).json()["data"][0];
    let tag = |key: &str, value: &str| json!({ "key": key, "type": "string", "value": value });
    let parent =
        json!({ "refType": "CHILD_OF", "traceID": "83a9efd15c1c98a977e0711cc93ee28b", "spanID": "909541b92cf05311" });
    assert_eq!(trace["spans"].as_array().map(Vec::len), Some(2), "twice in the file, twice in the answer");
    for span in trace["spans"].as_array().unwrap() {
        let mut span = span.clone();
        assert!(span["warnings"].take()[0].as_str().unwrap().contains("909541b92cf05311"));
        let tags = [
            tag("otel.scope.name", "telemetrygen"),
            tag("net.peer.ip", "1.2.3.4"),
            tag("span.kind", "server"),
            tag("internal.span.format", "otlp"),
        ];
        let expected = json!({
            "traceID": "83a9efd15c1c98a977e0711cc93ee28b", "spanID": "e127af99e3b3e074", "operationName": "okey-dokey-0",
            "references": [parent], "startTime": 1_706_678_909_209_712_u64, "duration": 123, "tags": tags, "logs": [],
            "processID": "p1", "warnings": null,
        });
        assert_eq!(span, expected);
    }
    assert_eq!(trace["processes"], json!({ "p1": { "serviceName": "telemetrygen", "tags": [] } }));
}

#[test]
fn files_that_are_none_are_refused_in_jaegers_form() {
    let collector = Collector::start();
    let wrong = |name: &str| span(1, 2, 0, name, 0, 1).replacen(&format!("{:032x}", 1), "xyz", 1);
    for (body, words) in [
        ("", "EOF"),
        ("<html>", "line 1"),
        ("[]", "object"),
        (r#"{"resourceSpans":{}}"#, "/resourceSpans"),
        (
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7}]}]}]}"#,
            "span \"\": /name: invalid type: integer `7`",
        ),
        (
            &request("web", &[span(0, 2, 0, "zero", 0, 1)]),
            "span \"zero\": traceId must be 32 hex digits and not all zero",
        ),
    ] {
        let answer = transform(&collector, body);
        let json = answer.json();
        assert_eq!(
            (answer.status, &json["data"], &json["errors"][0]["code"]),
            (400, &Value::Null, &json!(400)),
            "{body}"
        );
        let message = json["errors"][0]["msg"].as_str().unwrap();
        assert!(message.contains(words), "{body}: {message}");
    }
    let malformed = transform(&collector, &request("web", &[wrong("bad")]));
    assert_eq!(malformed.status, 400, "{}", malformed.text());
    // The rest of a file is shown, and what is not there is said.
    let zero = || span(0, 3, 0, "zero", 0, 1);
    let partly = transform(&collector, &request("web", &[span(1, 1, 0, "good", 0, 1), zero(), zero()]));
    let json = partly.json();
    assert_eq!((partly.status, json["data"][0]["spans"].as_array().map(Vec::len)), (200, Some(1)));
    assert!(json["errors"][0]["msg"].as_str().unwrap().contains("the first of 2 such spans"), "{json}");

    let get = collector.view("/api/transform");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST, OPTIONS")));
    assert!(get.json()["errors"][0]["msg"].as_str().unwrap().contains("POST"));
    let other = send(&collector.addresses.viewer, "POST", "/api/archive/1", &[], b"");
    assert_eq!(
        (other.status, &other.json()["errors"][0]["code"]),
        (404, &json!(404)),
        "what is not here is said in JSON"
    );
}

#[test]
fn a_file_is_read_as_an_upload_is() {
    let collector = Collector::start();
    let viewer = &collector.addresses.viewer;
    let file = request("web", &[span(1, 1, 0, "a", 0, 1)]);
    let plain = transform(&collector, &file).json();
    let zipped = send(viewer, "POST", "/api/transform", &[("content-encoding", "gzip")], &gzip(file.as_bytes()));
    assert_eq!((zipped.status, zipped.json()), (200, plain));
    let protobuf = send(viewer, "POST", "/api/transform", &[PROTOBUF], &one_span());
    assert_eq!((protobuf.status, protobuf.json()["data"].as_array().map(Vec::len)), (200, Some(1)));
    let unknown = send(viewer, "POST", "/api/transform", &[("content-encoding", "br")], b"");
    assert_eq!((unknown.status, &unknown.json()["errors"][0]["code"]), (415, &json!(415)));
    let large = transform(&collector, &" ".repeat((64 << 20) + 1));
    assert_eq!((large.status, &large.json()["errors"][0]["code"]), (413, &json!(413)));
}

#[test]
fn beyond_what_there_is_room_for_it_is_told_to_come_again() {
    let page_dir = PageDir::built();
    let bounds = Bounds { bytes: 1_000, idle: Duration::from_secs(30), ..Bounds::default() };
    let config = collector::Config { bounds, ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    let full = transform(&collector, &" ".repeat(1_001));
    assert_eq!((full.status, full.header("retry-after")), (429, Some("1")));
    assert!(full.json()["errors"][0]["msg"].as_str().unwrap().contains("later"));
    assert_eq!(transform(&collector, "{}").status, 200);
}
