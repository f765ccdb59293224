//! Compressed bodies, and those that are made to fill the memory.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::{
    client::{Response, send},
    fixture::{Collector, request, span},
    protobuf::{PROTOBUF, assert_status_message, one_span},
};

const JSON: (&str, &str) = ("content-type", "application/json");

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn post(collector: &Collector, content_type: (&str, &str), encoding: &str, body: &[u8]) -> Response {
    send(collector.otlp(), "POST", "/v1/traces", &[content_type, ("content-encoding", encoding)], body)
}

#[test]
fn both_formats_are_inflated() {
    let collector = Collector::start();
    let json = gzip(request("shop", &[span(1, 1, 0, "root", 0, 5)]).as_bytes());
    for encoding in ["gzip", "GZIP", "x-gzip"] {
        let response = post(&collector, JSON, encoding, &json);
        assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#), "{encoding}");
    }
    assert_eq!(post(&collector, PROTOBUF, "gzip", &gzip(&one_span())).status, 200);
    assert_eq!(collector.view(&format!("/api/traces/{:032x}", 1)).status, 200);
    assert_eq!(collector.view(&format!("/api/traces/{}", "03".repeat(16))).status, 200);
}

#[test]
fn a_bomb_is_not_inflated_beyond_the_cap() {
    let collector = Collector::start();
    let mebibyte = gzip(&[b' '; 1 << 20]);
    // A gigabyte of spaces in some megabytes.
    let bomb = mebibyte.repeat(1024);
    let response = post(&collector, JSON, "gzip", &bomb);
    assert_eq!(response.status, 413);
    assert!(response.json()["message"].as_str().unwrap().contains("64 MiB when it is decompressed"));
    assert_status_message(&post(&collector, PROTOBUF, "gzip", &bomb), 413, 8, "64 MiB");

    let last = gzip(format!("{{}}{}", " ".repeat((1 << 20) - 2)).as_bytes());
    assert_eq!(post(&collector, JSON, "gzip", &[mebibyte.repeat(63), last].concat()).status, 200);
}

#[test]
fn a_small_body_that_would_fill_the_memory_is_refused() {
    let collector = Collector::start();
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(1 << 20));
    let response = post(&collector, JSON, "gzip", &gzip(json.as_bytes()));
    assert_eq!(response.status, 413);
    assert!(response.text().contains("256 MiB of memory"), "{}", response.text());
    // In protobuf it takes none: each is looked at and let go.
    let protobuf = [0x0a, 0x00].repeat(8 << 20);
    assert_eq!(post(&collector, PROTOBUF, "gzip", &gzip(&protobuf)).status, 200);
}

#[test]
fn what_is_no_gzip_is_400_and_says_so() {
    let collector = Collector::start();
    let whole = gzip(b"{}");
    for body in [b"{}".as_slice(), b"", &whole[..whole.len() - 1], &[&whole[..], b"{}"].concat()] {
        let response = post(&collector, JSON, "gzip", body);
        assert_eq!(response.status, 400, "{body:?}");
        assert!(response.json()["message"].as_str().unwrap().contains("gzip"));
    }
    let unsaid = send(collector.otlp(), "POST", "/v1/traces", &[JSON], &whole);
    assert_eq!(unsaid.status, 400);
    assert!(unsaid.text().contains("Content-Encoding: gzip"), "{}", unsaid.text());
}
