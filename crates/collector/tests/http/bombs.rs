//! Bodies that stand for more than they are, in every encoding, and records without end: each is answered, and nothing else suffers.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use serde_json::json;

use crate::{
    attacks::Attacked,
    client::{get, send},
    fixture::{request, span},
    gzip::gzip,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
/// What a body stands for: 1 GiB, in pieces of 1 MiB.
const PIECES: usize = 1 << 10;
static PIECE: [u8; 1 << 20] = [b' '; 1 << 20];

/// Frames of one block after the other, each of which stands for 128 KiB of one byte (RFC 8878, 3.1.1).
fn zstd() -> Vec<u8> {
    // A window of 128 KiB, and no content size.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    let (blocks, size) = (PIECES * 8, 128_u32 << 10);
    for number in 1..=blocks {
        let header = size << 3 | 1 << 1 | u32::from(number == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame
}

fn zlib() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    (0..80).for_each(|_| encoder.write_all(&PIECE).unwrap());
    encoder.finish().unwrap()
}

/// In frames, and as one block that says that it has 4 GiB.
fn snappy() -> [Vec<u8>; 2] {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(&PIECE).unwrap();
    let framed = encoder.into_inner().unwrap();
    // The identifier of the stream may be repeated.
    [framed.repeat(PIECES), vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, b' ']]
}

#[test]
fn compressed_bodies_that_stand_for_gigabytes_are_too_large() {
    let attacked = Attacked::start();
    let [framed, block] = snappy();
    for (encoding, body) in [
        ("gzip", gzip(&PIECE).repeat(PIECES)),
        ("deflate", zlib()),
        ("zstd", zstd()),
        ("snappy", framed),
        ("snappy", block),
    ] {
        for content_type in [JSON, PROTOBUF] {
            let headers = [content_type, ("content-encoding", encoding)];
            let answer = send(attacked.otlp(), "POST", "/v1/traces", &headers, &body);
            let words = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, 413, "{encoding}: {words}");
            assert!(words.contains("64 MiB"), "{encoding}: {words}");
        }
    }
    attacked.holds(2);
}

#[test]
fn bodies_of_nothing_and_of_depth_are_answered() {
    let attacked = Attacked::start();
    let post = |path: &str, body: &[u8]| send(attacked.otlp(), "POST", path, &[JSON], body).status;
    let mut blank = vec![b' '; 64 << 20];
    (blank[0], blank[(64 << 20) - 1]) = (b'{', b'}');
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        assert_eq!(post(path, &blank), 200, "{path}");
        assert_eq!(post(path, &[&b"{\"x\":"[..], &b"[".repeat(8 << 20)].concat()), 400, "{path}");
    }
    let deep = r#"{"arrayValue":{"values":["#.repeat(1 << 20);
    let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{deep}"#);
    assert_eq!(post("/v1/logs", body.as_bytes()), 400);
    attacked.holds(2);
}

/// What is not known in a record is looked through for each field behind it: that of its neighbours is not, and without end neither.
#[test]
fn members_that_are_not_known_are_answered_however_many_there_are() {
    let attacked = Attacked::start();
    let spans = |spans: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    let many = spans(&vec![r#"{"x":1,"kind":1}"#; 200_000].join(","));
    let answer = send(attacked.otlp(), "POST", "/v1/traces", &[JSON], many.as_bytes());
    assert_eq!((answer.status, &answer.json()["partialSuccess"]["rejectedSpans"]), (200, &json!("200000")));
    let one = spans(&format!("{{{}{}\"kind\":1}}", r#""":1,"#.repeat(32_000), r#""kind":1,"#.repeat(100_000)));
    assert_eq!(send(attacked.otlp(), "POST", "/v1/traces", &[JSON], one.as_bytes()).status, 413);
    attacked.holds(2);
}

#[test]
fn records_that_are_too_large_are_refused_alone() {
    let attacked = Attacked::start();
    let attribute = r#"{"key":"k","value":{"intValue":1}}"#;
    let with = |attributes: &str| span(5, 9, 0, "large", 0, 5) + &format!(r#","attributes":[{attributes}]"#);
    let million = format!("{}{attribute}", format!("{attribute},").repeat(999_999));
    let body = request("shop", &[span(4, 1, 0, "small", 0, 5), with(&million)]);
    let answer = send(attacked.otlp(), "POST", "/v1/traces", &[JSON], body.as_bytes());
    assert_eq!((answer.status, &answer.json()["partialSuccess"]["rejectedSpans"]), (200, &json!("1")));
    assert!(answer.text().contains("span \\\"large\\\": it has too many attributes"), "{}", answer.text());
    assert_eq!(get(attacked.viewer(), "/api/traces/4").status, 200);

    // One text of 60 MiB is less than what a body may have.
    let text = format!(r#"{{"key":"k","value":{{"stringValue":"{}"}}}}"#, "x".repeat(60 << 20));
    let body = request("shop", &[with(&text)]);
    assert_eq!(send(attacked.otlp(), "POST", "/v1/traces", &[JSON], body.as_bytes()).status, 200);
    let told = get(attacked.viewer(), "/api/v3/traces/5");
    assert!(told.status == 200 && told.body.len() > 60 << 20, "{} bytes", told.body.len());
    attacked.holds(3);
}

#[test]
fn of_a_hundred_thousand_series_the_newest_are_kept() {
    let attacked = Attacked::start();
    for part in 0..10 {
        let points: Vec<_> = (0..10_000)
            .map(|number| {
                format!(
                    r#"{{"asInt":1,"timeUnixNano":"5","attributes":[{{"key":"n","value":{{"intValue":{}}}}}]}}"#,
                    part * 10_000 + number
                )
            })
            .collect();
        let body = format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","gauge":{{"dataPoints":[{}]}}}}]}}]}}]}}"#,
            points.join(",")
        );
        assert_eq!(send(attacked.otlp(), "POST", "/v1/metrics", &[JSON], body.as_bytes()).status, 200);
    }
    let metrics = get(attacked.viewer(), "/api/metrics?limit=1").json();
    assert_eq!(metrics["series"], 20_000);
    attacked.holds(2);
}

/// Traces and logs together, in requests of all shapes.
#[test]
fn the_disk_is_bounded_as_a_whole() {
    const MOST: u64 = 16 << 20;
    let attacked = Attacked::with(&["--max-bytes", "16MiB"]);
    let text = |length: usize| format!(r#"[{{"key":"k","value":{{"stringValue":"{}"}}}}]"#, "x".repeat(length));
    let mut sent = 0;
    for round in 0..24_u64 {
        // Small and large spans, one trace and many, and logs with a large resource.
        let length = [10, 1_000, 100_000][round as usize % 3];
        let spans: Vec<_> = (1..=2_000_000 / (length as u64 + 200))
            .map(|id| {
                let trace = if round % 2 == 0 { 100 + round } else { 1_000_000 * round + id };
                span(trace, id, 0, "work", 0, 5) + &format!(r#","attributes":{}"#, text(length))
            })
            .collect();
        let traces = request("shop", &spans);
        let record = format!(r#"{{"timeUnixNano":"{round}","body":{{"stringValue":"{}"}}}}"#, "y".repeat(length));
        let records = vec![record; 1_000_000 / (length + 100)].join(",");
        let logs = format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":{}}},"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#,
            text(length * 10)
        );
        for (path, body) in [("/v1/traces", traces), ("/v1/logs", logs)] {
            sent += body.len() as u64;
            let answer = send(attacked.otlp(), "POST", path, &[JSON], body.as_bytes());
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
    // Two databases have some pages of their own, and a commit under way has its own.
    let (disk, most) = (attacked.disk(), MOST + (8 << 20));
    assert!(sent > 3 * MOST && disk <= most, "{disk} bytes of files, of {sent} that were sent");
    let metrics = get(attacked.viewer(), "/metrics");
    assert!(!metrics.text().contains("collector_evicted_traces_total 0\n"), "{}", metrics.text());
    assert!(!metrics.text().contains("collector_evicted_log_records_total 0\n"), "{}", metrics.text());
}
