//! `POST /v1/traces`: what is taken, and what is answered.

use crate::{
    client::{Response, get, raw, send},
    fixture::{Collector, request, span},
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn assert_status_body(response: &Response, status: u16, code: i64, word: &str) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.header("content-type"), Some("application/json"));
    let body = response.json();
    assert_eq!(body["code"], code);
    let message = body["message"].as_str().expect("a message");
    assert!(message.contains(word), "{message}");
}

#[test]
fn spans_are_taken_and_empty_requests_are_fine() {
    let collector = Collector::start();
    for body in ["{}", r#"{"resourceSpans":[]}"#, r#"{"resourceSpans":[{"scopeSpans":[]}],"new":{}}"#] {
        collector.take(body);
    }
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=UTF-8"] {
        let body = request("shop", &[span(1, 1, 0, "root", 0, 5)]);
        let response = send(collector.otlp(), "POST", "/v1/traces", &[("content-type", content_type)], body.as_bytes());
        assert_eq!(response.status, 200, "{content_type}");
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.text(), r#"{"partialSuccess":{}}"#);
    }
    let identity = [JSON, ("content-encoding", "identity")];
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &identity, b"{}").status, 200);
    let trace = collector.view(&format!("/api/traces/{:032x}", 1)).json();
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 1, "sent three times, kept once");
}

#[test]
fn invalid_spans_are_rejected_and_the_others_kept() {
    let collector = Collector::start();
    let with = |old: &str, new: &str| span(7, 9, 0, "bad \\\"one\\\"", 0, 5).replacen(old, new, 1);
    let zero = "0".repeat(32);
    let spans = [
        span(7, 1, 0, "good", 0, 5),
        with(&format!("{:032x}", 7), &zero),
        with(&format!("{:032x}", 7), "xyz"),
        with(&format!("{:032x}", 7), ""),
        with(&format!("{:016x}", 9), "0000000000000000"),
        with(&format!("{:016x}", 9), "09"),
        with(r#""parentSpanId":"""#, r#""parentSpanId":"nope""#),
        span(7, 2, 1, "good too", 1, 2),
        with(r#""parentSpanId":"""#, r#""parentSpanId":"0000000000000000""#),
    ];
    let response = collector.post(&request("shop", &spans));
    assert_eq!(response.status, 200);
    let partial = &response.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "6");
    let message = partial["errorMessage"].as_str().unwrap();
    assert!(message.contains("traceId") && message.contains("32 hex digits") && message.contains("bad"), "{message}");
    let trace = collector.view(&format!("/api/traces/{:032x}", 7)).json();
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 3);
}

#[test]
fn spans_that_end_before_they_start_are_kept_with_a_warning() {
    let collector = Collector::start();
    let spans = [span(8, 1, 0, "good", 0, 5), span(8, 2, 1, "odd", 5, 4), span(8, 3, 1, "odd too", 5, 0)];
    let response = collector.post(&request("shop", &spans));
    assert_eq!(response.status, 200);
    let partial = &response.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "0");
    let message = partial["errorMessage"].as_str().unwrap();
    assert!(message.contains("span \"odd\": it ends before it starts") && message.contains("first of 2"), "{message}");
    let trace = collector.view(&format!("/api/traces/{:032x}", 8)).json();
    let spans = trace["data"][0]["spans"].as_array().unwrap();
    let warned =
        spans.iter().filter(|span| span["warnings"][0].as_str().is_some_and(|text| text.contains("ends before")));
    assert_eq!((spans.len(), warned.count()), (3, 2));

    let both = [r#""name":"no ids""#.to_owned(), span(8, 4, 1, "odd", 5, 4)];
    let response = collector.post(&request("shop", &both)).json();
    assert_eq!(response["partialSuccess"]["rejectedSpans"], "1");
    let message = response["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(message.contains("traceId must be") && message.contains("; span \"odd\": it ends"), "{message}");
}

/// It is kept once. A span of another service is another one, whatever its id.
#[test]
fn a_large_resource_and_many_scopes_do_not_fill_the_memory() {
    let collector = Collector::start();
    let scopes: Vec<_> = (1..=100).map(|id| format!(r#"{{"spans":[{{{}}}]}}"#, span(9, id, 0, "a", 0, 5))).collect();
    let attribute = format!(r#"{{"key":"k","value":{{"stringValue":"{}"}}}}"#, "x".repeat(1 << 20));
    let resource = format!(r#"{{"resource":{{"attributes":[{attribute}]}},"scopeSpans":[{}]}}"#, scopes.join(","));
    let response =
        collector.post(&format!(r#"{{"resourceSpans":[{resource},{{"scopeSpans":[{}]}}]}}"#, scopes[0])).json();
    assert_eq!(response["partialSuccess"], serde_json::json!({}), "{response}");
    assert_eq!(collector.view("/api/list").json()["totals"]["spans"], 101);
    // And told once.
    let trace = collector.view(&format!("/api/v3/traces/{:032x}", 9));
    assert!(trace.status == 200 && trace.body.len() < 2 << 20, "{} bytes", trace.body.len());
}

#[test]
fn bad_json_is_400_with_the_place() {
    let collector = Collector::start();
    for body in ["", "x", "[]", "5", r#"{"resourceSpans":5}"#, r#"{"resourceSpans":["#, "{} {}"] {
        assert_status_body(&collector.post(body), 400, 3, "line 1 column");
    }
    assert_status_body(&collector.post(" \n"), 400, 3, "the body is empty");
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let answer = send(collector.otlp(), "POST", "/v1/traces", &[JSON], &utf_16);
    assert_status_body(&answer, 400, 3, "it looks like UTF-16: send UTF-8");
    let wrong = r#"{"resourceSpans":[{"scopeSpans":7}]}"#;
    assert_status_body(&collector.post(wrong), 400, 3, "/resourceSpans/0/scopeSpans: ");
}

/// What SDKs and scripts really get wrong.
#[test]
fn a_bad_field_costs_its_span_and_no_other() {
    let collector = Collector::start();
    for (number, (field, words)) in (1..).zip([
        (r#""droppedAttributesCount":-1"#, "/droppedAttributesCount: "),
        (r#""status":"ERROR""#, "/status: "),
        (r#""attributes":[{"key":"k","value":{"intValue":5.5}}]"#, "/attributes/0/value/intValue: "),
        (r#""attributes":[{"key":"k","value":{"intValue":1e+21}}]"#, "/attributes/0/value/intValue: "),
        (r#""name":1"#, "/name: "),
    ]) {
        let spans = [
            span(number, 1, 0, "one", 0, 1),
            span(number, 2, 1, "bad", 0, 1) + "," + field,
            span(number, 3, 1, "two", 0, 1),
        ];
        let answer = collector.post(&request("shop", &spans)).json();
        assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1", "{answer}");
        let message = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
        assert!(message.starts_with("span \"") && message.contains(words), "{message}");
        let trace = collector.view(&format!("/api/traces/{number:032x}")).json();
        assert_eq!(trace["data"][0]["spans"].as_array().map(Vec::len), Some(2), "{field}");
    }
    let no_utf8 = request("shop", &[span(9, 1, 0, "a", 0, 1)]).into_bytes();
    let place = no_utf8.windows(8).position(|text| text == b"\"name\":\"").unwrap() + 8;
    let place = no_utf8[place..].windows(8).position(|text| text == b"\"name\":\"").unwrap() + place + 8;
    let no_utf8 = [&no_utf8[..place], b"\xff", &no_utf8[place..]].concat();
    let answer = send(collector.otlp(), "POST", "/v1/traces", &[JSON], &no_utf8);
    assert_eq!((answer.status, answer.text()), (200, r#"{"partialSuccess":{}}"#));
    let trace = collector.view(&format!("/api/traces/{:032x}", 9)).json();
    assert_eq!(trace["data"][0]["spans"][0]["operationName"], "\u{fffd}a");
}

#[test]
fn what_belongs_elsewhere_is_told() {
    let collector = Collector::start();
    for (body, words) in [
        (
            r#"{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[{}]}]}]}"#,
            "instrumentationLibrarySpans is not read",
        ),
        (r#"{"resourceLogs":[{}]}"#, "/v1/logs"),
        (r#"{"resourceMetrics":[{}]}"#, "/v1/metrics"),
        (r#"{"spans":[{}],"x":1}"#, r#"a request of traces has "resourceSpans", this one has "spans", "x""#),
        (r#"{"resourcespans":[{}]}"#, r#"this one has "resourcespans""#),
    ] {
        let answer = collector.post(body);
        let message = answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 200 && message.contains(words), "{body}: {}", answer.text());
    }
    // What is not known beside what is, or an empty request, is nothing to speak of.
    for body in ["{}", "null", r#"{"x":1,"resource_spans":[]}"#] {
        assert_eq!(collector.post(body).text(), r#"{"partialSuccess":{}}"#);
    }
}

#[test]
fn other_types_encodings_methods_and_paths() {
    let collector = Collector::start();
    let post = |headers: &[(&str, &str)]| send(collector.otlp(), "POST", "/v1/traces", headers, b"{}");
    for content_type in ["text/plain", "application/protobuf", "application/jsonp", ""] {
        assert_status_body(&post(&[("content-type", content_type)]), 415, 3, "application/json");
    }
    assert_status_body(&post(&[]), 415, 3, "no content type");
    for encoding in ["br", "compress", "gzip, gzip"] {
        assert_status_body(
            &post(&[JSON, ("content-encoding", encoding)]),
            415,
            3,
            "gzip, deflate, zstd, snappy or uncompressed",
        );
    }
    let twice = [JSON, ("content-encoding", "gzip"), ("content-encoding", "gzip")];
    assert_status_body(&post(&twice), 415, 3, "\"gzip, gzip\"");
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let response = send(collector.otlp(), method, "/v1/traces", &[JSON], b"{}");
        assert_status_body(&response, 405, 12, method);
        assert_eq!(response.header("allow"), Some("POST, OPTIONS"));
    }
    for path in ["/", "/v1/profiles", "/v1/traces/"] {
        assert_status_body(&send(collector.otlp(), "POST", path, &[JSON], b"{}"), 404, 5, "/v1/traces");
    }
    assert_eq!(get(collector.otlp(), "/trace/1").status, 404, "no viewer here");
}

#[test]
fn the_limit_is_64_mib_and_larger_bodies_get_their_answer() {
    let collector = Collector::start();
    let mut body = vec![b' '; 64 << 20];
    body[0] = b'{';
    *body.last_mut().unwrap() = b'}';
    let post = |headers: &[(&str, &str)], body: &[u8]| send(collector.otlp(), "POST", "/v1/traces", headers, body);
    assert_eq!(post(&[JSON], &body).status, 200);
    body.push(b' ');
    assert_status_body(&post(&[JSON], &body), 413, 8, "64 MiB");

    // Without a declared length.
    let head = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len());
    let response = raw(collector.otlp(), &[chunked.as_bytes(), &body, b"\r\n0\r\n\r\n"]);
    assert_status_body(&response, 413, 8, "64 MiB");

    // Asked first, nothing is sent.
    let asking = format!("{head}expect: 100-continue\r\ncontent-length: {}\r\n\r\n", body.len());
    assert_status_body(&raw(collector.otlp(), &[asking.as_bytes()]), 413, 8, "64 MiB");
}

#[test]
fn hosts_that_are_not_this_machine_are_refused_on_every_port() {
    let collector = Collector::start();
    let addresses = &collector.addresses;
    for base in [addresses.page.as_str(), collector.otlp(), addresses.viewer.as_str()] {
        for host in ["evil.example", "evil.example:8080", "192.168.0.1", "localhost.evil.example"] {
            let response = send(base, "GET", "/", &[("host", host)], b"");
            assert_eq!(response.status, 403, "{base} {host}");
            assert!(response.text().contains("localhost"), "{}", response.text());
        }
        for host in ["localhost", "127.0.0.1:1", "[::1]"] {
            assert_ne!(send(base, "GET", "/", &[("host", host)], b"").status, 403, "{base} {host}");
        }
        let absolute =
            raw(base, &[b"GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"]);
        assert_eq!(absolute.status, 403);
        assert_eq!(raw(base, &[b"GET / HTTP/1.0\r\n\r\n"]).status, 400, "no host at all");
    }
}
