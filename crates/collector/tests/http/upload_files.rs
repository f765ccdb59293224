//! `POST /api/upload`: files of traces, by the rules of `/v1/traces`, and of any size.

use collector::{Bounds, Config};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value as Any},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use serde_json::{Value, json};

use crate::{
    client::{Response, send},
    endpoint::Endpoint,
    fixture::{Collector, PageDir, config, request, span},
    gzip::gzip,
    protobuf::{self, PROTOBUF, one_span},
};

fn upload(collector: &Collector, file: &[u8]) -> Response {
    let viewer = &collector.addresses.viewer;
    send(viewer, "POST", "/api/upload", &[("origin", viewer)], file)
}

/// What is said of a file of which something was taken.
fn taken(collector: &Collector, file: &[u8]) -> Value {
    let response = upload(collector, file);
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

/// Why nothing of a file was taken.
fn refused(collector: &Collector, file: impl AsRef<[u8]>) -> String {
    let said = taken(collector, file.as_ref());
    assert_eq!((&said["spans"], &said["refused"]["parts"]), (&json!(0), &json!(1)), "{said}");
    said["refused"]["message"].as_str().expect("a message").to_owned()
}

/// What a file is answered that cannot be read to its end.
fn failed(collector: &Collector, file: &[u8]) -> String {
    let response = upload(collector, file);
    assert_eq!((response.status, response.json()["code"].as_i64()), (400, Some(3)), "{}", response.text());
    response.json()["message"].as_str().expect("a message").to_owned()
}

fn whole(spans: u64, traces: u64, ids: &[u64]) -> Value {
    let ids: Vec<_> = ids.iter().map(|id| format!("{id:032x}")).collect();
    let (rejected, refused) = (json!({ "spans": 0, "message": "" }), json!({ "parts": 0, "message": "" }));
    json!({ "spans": spans, "traces": traces, "traceIds": ids, "rejected": rejected, "refused": refused })
}

fn one(trace: u64) -> String {
    request("shop", &[span(trace, 1, 0, "root", 0, 5)])
}

fn snake_case(json: &str) -> String {
    ["resourceSpans", "scopeSpans", "traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano"]
        .iter()
        .fold(json.to_owned(), |json, name| {
            let snake: String = name
                .chars()
                .map(|c| if c.is_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() })
                .collect();
            json.replace(&format!("\"{name}\""), &format!("\"{snake}\""))
        })
}

#[test]
fn files_of_every_kind_are_taken() {
    let (a, b) = (one(1), one(2));
    let line = |json: &str| json.replace('\n', " ");
    let batches = b.replacen("resourceSpans", "batches", 1);
    for (file, ids) in [
        (a.clone(), &[1][..]),
        (format!("{}\n{}\n", line(&a), line(&b)), &[1, 2]),
        (format!("{{\"result\":{a}}}\n{{\"result\":{b}}}"), &[1, 2]),
        (format!("[{a},{b}]"), &[1, 2]),
        (format!("\u{feff}{a}"), &[1]),
        (format!("\n\n  {a}{b}"), &[1, 2]),
        (format!("{{\"trace\":{a}}}{batches}"), &[1, 2]),
        (snake_case(&a), &[1]),
        (format!("{{\"resourceMetrics\":[{{}}]}}\n{{\"resourceLogs\":[]}}\n{a}"), &[1]),
    ] {
        let collector = Collector::start();
        let count = ids.len() as u64;
        assert_eq!(taken(&collector, file.as_bytes()), whole(count, count, ids), "{file}");
        assert_eq!(taken(&collector, &gzip(file.as_bytes())), whole(count, count, ids), "compressed, again: {file}");
        assert_eq!(collector.view("/api/list").json()["totals"], json!({ "traces": count, "spans": count }));
    }
    let collector = Collector::start();
    let id = u64::from_str_radix(&"03".repeat(8), 16).unwrap();
    for file in [one_span(), gzip(&one_span())] {
        let said = taken(&collector, &file);
        assert_eq!((&said["spans"], &said["traceIds"]), (&json!(1), &json!([format!("{id:016x}").repeat(2)])));
    }
}

/// The reader is one: whatever one end takes of a document, the other does.
#[test]
fn what_a_request_may_be_a_file_may_be() {
    let body = |fields: &str| request("shop", &[span(1, 1, 0, "a", 0, 1) + fields]);
    let value = |value: &str| body(&format!(r#","attributes":[{{"key":"v","value":{{{value}}}}}]"#));
    for json in [
        value(r#""intValue":"9007199254740993""#),
        value(r#""int_value":-9223372036854775808"#),
        value(r#""intValue":1e3"#),
        value(r#""intValue":1.5"#),
        value(r#""intValue":"9223372036854775808""#),
        value(r#""doubleValue":-0.0"#),
        value(r#""doubleValue":"-Infinity""#),
        value(r#""doubleValue":NaN"#),
        value(r#""doubleValue":"nan""#),
        value(r#""bytesValue":"-_8""#),
        value(r#""stringValue":"\ud800""#),
        value("\"stringValue\":\"a\tb\""),
        body(r#","kind":"SPAN_KIND_SERVER""#),
        body(r#","kind":"SERVER""#),
        body(r#","status":{"code":"2"}"#),
        body(r#","new":[[[{}]]]"#),
        body(r#","name":7"#),
        body(r#","links":null"#),
        format!("\u{feff}{}", body("")),
        format!("{}\u{feff}", body("x")),
    ] {
        let (received, uploaded) = (Collector::start(), Collector::start());
        let (request, file) = (received.post(&json), upload(&uploaded, json.as_bytes()));
        let is_taken = |response: &Response| {
            let answer = response.json();
            response.status == 200 && answer["spans"] != 0 && answer["partialSuccess"]["rejectedSpans"].is_null()
        };
        assert_eq!(is_taken(&request), is_taken(&file), "{json}: {}, {}", request.text(), file.text());
        let trace = "/api/v3/traces/1";
        assert_eq!(received.view(trace).text(), uploaded.view(trace).text(), "{json}");
    }
}

#[test]
fn what_is_downloaded_is_uploaded_field_by_field() {
    let (here, there) = (Collector::start(), Collector::start());
    // As deep as protobuf can be.
    let numbers = [-0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e15, 5e-324, f64::MAX].map(Any::DoubleValue);
    let values = numbers.into_iter().chain([i64::MIN, i64::MAX, (1 << 53) + 1].map(Any::IntValue));
    let attributes = values.enumerate().map(|(number, value)| {
        let list = |inner, _| Any::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] });
        let value = Some(AnyValue { value: Some((0..number * 47 / 9).fold(value, list)) });
        KeyValue { key: format!("{number}"), value, ..Default::default() }
    });
    let deep = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        flags: 0x301,
        start_time_unix_nano: u64::MAX - 1,
        end_time_unix_nano: u64::MAX,
        attributes: attributes.collect(),
        ..Default::default()
    };
    let body = protobuf::request(vec![deep]);
    assert_eq!(send(here.otlp(), "POST", "/v1/traces", &[PROTOBUF], &body).status, 200);
    let path = format!("/api/v3/traces/{}", "01".repeat(16));
    let download = here.view(&path);
    assert!(download.text().contains("-0.0") && download.text().contains("\"NaN\""), "{}", download.text());
    assert_eq!(taken(&there, &download.body)["spans"], 1);
    assert_eq!(there.view(&path).text(), download.text());
}

#[test]
fn what_is_no_good_is_told_with_its_place_and_holds_nothing_up() {
    let collector = Collector::start();
    for (file, words) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{", "line 1, column 1: it is no JSON: EOF"),
        ("hello", "line 1, column 1: it is no JSON"),
        ("{}\n\n{\"resourceSpans\":[}", "line 3, column 19: it is no JSON"),
        ("{\"resourceSpans\":{}}", "an array of ResourceSpans objects"),
        ("[1]", "line 1, column 2"),
        ("{\"data\":[{\"traceID\":\"1\",\"spans\":[]}]}", "version 1 of Jaeger"),
        ("{\"resourceLogs\":[]}", "metrics or logs"),
        ("{\"resourceSpans\":[]}", "no spans"),
        ("{\"resourceSpans\":[{\"resource\":{}},{\"scopeSpans\":[{}]}]}", "no spans"),
        ("{\"batches\":[{\"scopeSpans\":7}]}", "/batches/0/scopeSpans: "),
    ] {
        let said = refused(&collector, file);
        assert!(said.contains(words), "{file}: {said}");
    }
    let not_utf8 = refused(&collector, b"{}\n{\"a\":\"\xff\"}");
    assert!(not_utf8.contains("no spans"), "{not_utf8}");
    let damaged = failed(&collector, &gzip(one(9).as_bytes())[..40]);
    assert!(damaged.contains("gzip is damaged or incomplete"), "{damaged}");
    let no_message = failed(&collector, b"\n\x09\x12\xff");
    assert!(no_message.contains("no Protobuf message"), "{no_message}");

    let bad_ids = span(2, 1, 0, "bad", 0, 1).replacen(&format!("{:032x}", 2), "xyz", 1);
    let lines = [one(1), "{\"resourceSpans\":[{\"res".into(), one(3), request("shop", &[bad_ids]), one(4), "x".into()];
    let file = lines.map(|line| line.replace('\n', " ")).join("\n");
    let said = taken(&collector, file.as_bytes());
    assert_eq!(
        (&said["spans"], &said["rejected"]["spans"], &said["refused"]["parts"]),
        (&json!(3), &json!(1), &json!(2))
    );
    assert!(said["rejected"]["message"].as_str().unwrap().contains("32 hex digits"), "{said}");
    assert!(said["refused"]["message"].as_str().unwrap().starts_with("line 2, column "), "{said}");
}

/// One resource of 70 MiB, more than a request may have, through a gate that has room for a tenth of it.
#[test]
fn a_file_of_any_size_takes_little_memory() {
    let page_dir = PageDir::built();
    let bounds = Bounds { bytes: 8 << 20, ..Bounds::default() };
    let collector = Collector::with(Config { bounds, ..config(&page_dir) }, page_dir);
    let text = "x".repeat(1 << 20);
    let spans: Vec<_> = (1..=70)
        .map(|id| {
            span(1, id, 0, "a", id, id + 1)
                + &format!(r#","attributes":[{{"key":"k","value":{{"stringValue":"{text}"}}}}]"#)
        })
        .collect();
    let file = request("shop", &spans);
    assert!(file.len() > 70 << 20);
    assert_eq!(taken(&collector, file.as_bytes()), whole(70, 1, &[1]));
    let listed = collector.view("/api/list").json();
    assert_eq!(listed["traces"][0]["services"], json!([{ "name": "shop", "spans": 70 }]));
    let file = request("shop", &spans[..10]);
    assert_eq!(taken(&collector, &gzip(file.as_bytes())), whole(10, 1, &[1]));
}

#[test]
fn who_finds_no_room_is_told_to_come_again() {
    let page_dir = PageDir::built();
    let bounds = Bounds { requests: 0, ..Bounds::default() };
    let collector = Collector::with(Config { bounds, ..config(&page_dir) }, page_dir);
    let response = upload(&collector, &vec![b' '; 8 << 20]);
    assert_eq!((response.status, response.header("retry-after")), (429, Some("1")), "{}", response.text());
}

#[test]
fn what_is_uploaded_is_handed_on() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let forward = collector::Forward::to(collector::Target::new(&endpoint.url(), &[]).unwrap());
    let collector = Collector::with(Config { forward: vec![forward], ..config(&page_dir) }, page_dir);
    let file = format!("{{\"result\":{}}}\n{}", one(1), one(2));
    assert_eq!(taken(&collector, file.as_bytes()), whole(2, 2, &[1, 2]));
    let received = endpoint.next();
    assert_eq!(received.header("content-type"), Some(PROTOBUF.1));
    let request = ExportTraceServiceRequest::decode(&*received.body).unwrap();
    let ids: Vec<_> = request.resource_spans.iter().flat_map(scopes).map(|span| span.trace_id[15]).collect();
    assert_eq!(ids, [1, 2]);
}

fn scopes(resource: &ResourceSpans) -> impl Iterator<Item = &Span> {
    resource.scope_spans.iter().flat_map(|scope: &ScopeSpans| &scope.spans)
}

#[test]
fn what_a_document_without_spans_has_beside_is_not_the_next_ones() {
    let collector = Collector::start();
    let plain = r#"{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":[{SPAN}]}]}]}"#;
    let plain = plain.replace("SPAN", &span(1, 1, 0, "root", 0, 5));
    let file = format!(r#"{{"resourceSpans":[{{"resource":{{"x":1}}}}]}}{plain}"#);
    assert_eq!(taken(&collector, file.as_bytes())["spans"], 1);
    let told = collector.view(&format!("/api/v3/traces/{:032x}", 1));
    assert!(!told.text().contains(r#""x""#), "{}", told.text());
}
