//! Requests that were right once, with bytes changed, left out, doubled and mixed: whatever comes is answered as OTLP has it, nothing ends
//! the program, and what is honest is kept. The same changes on every run.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;

use crate::{
    client::{authority, get, parse},
    fixture::{Collector, request, span},
    protobuf::{self, PROTOBUF},
};

const JSON: &str = "application/json";
const ROUNDS: u64 = 300;

/// Numbers that look like chance and are none.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        // What readers look for, and what lengths and numbers go wrong with.
        const ODD: [&[u8]; 16] = [
            b"\"",
            b"{",
            b"}",
            b"[",
            b"]",
            b"null",
            b"-1",
            b"1e999",
            b"\\u0000",
            b"\\ud800",
            b"\xff\xff\xff\xff\x0f",
            b"\x00",
            b"\x80",
            b"18446744073709551616",
            b"%",
            b"\xed\xa0\x80",
        ];
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = at + self.below((bytes.len() - at).min(24));
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 => bytes.truncate(at),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let copy = bytes[at..end].to_vec();
                    let place = self.below(bytes.len());
                    bytes.splice(place..place, copy);
                }
                4 => drop(bytes.splice(at..end, ODD[self.below(ODD.len())].iter().copied())),
                _ => drop(bytes.splice(at..at, ODD[self.below(ODD.len())].iter().copied())),
            }
        }
    }
}

/// One connection for many requests.
struct Client {
    authority: String,
    connection: TcpStream,
}

impl Client {
    fn new(base: &str) -> Self {
        let authority = authority(base).to_owned();
        let connection = Self::connect(&authority);
        Self { authority, connection }
    }

    fn connect(authority: &str) -> TcpStream {
        let connection = TcpStream::connect(authority).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        connection
    }

    /// The status, and the answer's words.
    fn ask(&mut self, head: &str, body: &[u8]) -> (u16, String) {
        let head = format!("{head}\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
        let request = [head.as_bytes(), body].concat();
        let mut answer = self.try_ask(&request);
        if answer.is_empty() {
            // The answer before may have been the connection's last.
            self.connection = Self::connect(&self.authority);
            answer = self.try_ask(&request);
        }
        assert!(!answer.is_empty(), "closed without an answer to {head}");
        let answer = parse(&answer);
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Nothing, if the connection is at its end.
    fn try_ask(&mut self, request: &[u8]) -> Vec<u8> {
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        if self.connection.write_all(request).is_err() {
            return answer;
        }
        while let Ok(length @ 1..) = self.connection.read(&mut piece) {
            answer.extend(&piece[..length]);
            if is_whole(&answer) {
                break;
            }
        }
        answer
    }
}

/// Whether as much has come as its header says.
fn is_whole(answer: &[u8]) -> bool {
    answer.windows(4).position(|window| window == b"\r\n\r\n").is_some_and(|end| {
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        length.is_some_and(|length| answer.len() >= end + 4 + length)
    })
}

/// Right requests of every signal: path, media type, body.
fn corpus() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let attributes = json!([
        { "key": "s", "value": { "stringValue": "a\u{1f600}\\" } }, { "key": "i", "value": { "intValue": "-9007199254740993" } },
        { "key": "d", "value": { "doubleValue": 1e-7 } }, { "key": "b", "value": { "bytesValue": "aGVsbG8=" } },
        { "key": "l", "value": { "arrayValue": { "values": [{ "boolValue": true }, {}] } } },
        { "key": "m", "value": { "kvlistValue": { "values": [{ "key": "x", "value": { "intValue": 1 } }] } } },
    ]);
    let resource = json!({ "attributes": attributes, "droppedAttributesCount": 1 });
    let (trace, id) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let span = json!({ "traceId": trace, "spanId": id, "parentSpanId": "00f067aa0ba902b7", "traceState": "a=b", "flags": 257, "name": "n",
        "kind": 3, "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000001000", "attributes": attributes,
        "events": [{ "timeUnixNano": "1700000000000000001", "name": "e", "attributes": attributes }],
        "links": [{ "traceId": trace, "spanId": id, "attributes": attributes }], "status": { "code": 2, "message": "m" } });
    let log = json!({ "timeUnixNano": "1700000000000000000", "severityNumber": 9, "severityText": "INFO", "body": { "stringValue": "b" },
        "attributes": attributes, "traceId": trace, "spanId": id, "eventName": "e" });
    let point = json!({ "timeUnixNano": "7", "asDouble": 1.5, "attributes": attributes });
    let histogram =
        json!({ "timeUnixNano": "7", "count": "4", "sum": 1.5, "bucketCounts": ["1", "3"], "explicitBounds": [2.5] });
    let metrics = json!([{ "name": "g", "unit": "By", "gauge": { "dataPoints": [point] } },
        { "name": "h", "histogram": { "aggregationTemporality": 2, "dataPoints": [histogram] } }]);
    let scope = json!({ "name": "lib", "version": "1", "attributes": attributes });
    let json = |value: serde_json::Value| value.to_string().into_bytes();
    let spans = json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": scope, "spans": [span, span] }], "schemaUrl": "s" }] });
    vec![
        ("/v1/traces", JSON, json(spans)),
        (
            "/v1/logs",
            JSON,
            json(
                json!({ "resourceLogs": [{ "resource": resource, "scopeLogs": [{ "scope": scope, "logRecords": [log] }] }] }),
            ),
        ),
        (
            "/v1/metrics",
            JSON,
            json(json!({ "resourceMetrics": [{ "resource": resource, "scopeMetrics": [{ "metrics": metrics }] }] })),
        ),
        ("/v1/traces", PROTOBUF.1, protobuf::one_span()),
        // The fields of one signal are wrong ones of another.
        ("/v1/logs", PROTOBUF.1, protobuf::one_span()),
        ("/v1/metrics", PROTOBUF.1, protobuf::one_span()),
    ]
}

#[test]
fn every_request_is_answered_and_the_honest_ones_are_kept() {
    let collector = Collector::start();
    let mut numbers = Numbers(19);
    let mut client = Client::new(collector.otlp());
    let mut taken = 0;
    for (path, media, right) in corpus() {
        for round in 0..ROUNDS {
            let mut body = right.clone();
            numbers.mutate(&mut body);
            let head = format!("POST {path} HTTP/1.1\r\ncontent-type: {media}");
            let (status, words) = client.ask(&head, &body);
            let shown = String::from_utf8_lossy(&body);
            assert!(matches!(status, 200 | 400), "{path} {media}, round {round}: {status} {words}\n{shown}");
            taken += u64::from(status == 200);
        }
    }
    assert!(taken > 100, "only {taken} were taken: the changes are too many to reach what is behind the readers");
    collector.take(&request("honest", &[span(77, 1, 0, "work", 0, 5)]));
    for path in [
        "/api/traces/4d",
        "/api/list",
        "/api/logs",
        "/api/metrics",
        "/api/services",
        "/api/dependencies",
        "/api/v3/traces/4d",
    ] {
        let answer = collector.view(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json();
    }
}

#[test]
fn every_question_is_answered() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "a", 0, 5)]));
    let right = [
        "/api/traces?service=web&operation=a&tags=%7B%22a%22:%22b%22%7D&minDuration=1ms&maxDuration=1.5s&lookback=1h&limit=20&start=1&end=2",
        "/api/traces?service=web&tag=error:true&tag=a%3Db",
        "/api/traces?traceID=1&traceID=00000000000000000000000000000001",
        "/api/v3/traces?query.service_name=web&query.start_time_min=2023-01-01T00:00:00Z&query.start_time_max=2024-01-01T00:00:00Z",
        "/api/v3/trace-summaries?query.serviceName=web&query.startTimeMin=2023-01-01T00:00:00Z&query.startTimeMax=2024-01-01T00:00:00Z\
         &query.attributes=%7B%22a%22:%22b%22%7D",
        "/api/v3/traces/00000000000000000000000000000001?start_time=2023-01-01T00:00:00Z",
        "/api/list?service=web&minDuration=5ms&tags=%7B%22a%22:%22b%22%7D&limit=5&since=1",
        "/api/logs?service=a&text=b&severity=9&event=c&tag=a:1&attribute=b%3D2&start=1&end=2&limit=3",
        "/api/dependencies?endTs=1700000000000&lookback=86400000",
        "/api/metrics/latencies?service=web&quantile=0.95&endTs=1700000000000&lookback=3600000&step=60000&ratePer=600000",
        "/trace/00000000000000000000000000000001?uiFind=a",
    ];
    let mut numbers = Numbers(7);
    let mut client = Client::new(&collector.addresses.viewer);
    for path in right {
        for _ in 0..ROUNDS {
            let mut changed = path.as_bytes().to_vec();
            numbers.mutate(&mut changed);
            // A request's line is of visible ASCII; all else reaches the readers escaped.
            let escaped = |byte: &u8| {
                if byte.is_ascii_graphic() && *byte != b'#' {
                    char::from(*byte).to_string()
                } else {
                    format!("%{byte:02x}")
                }
            };
            let changed: String = changed.iter().map(escaped).collect();
            let (status, words) = client.ask(&format!("GET /{} HTTP/1.1", changed.trim_start_matches('/')), b"");
            assert!(status < 500, "{changed}: {status} {words}");
        }
    }
    assert_eq!(get(&collector.addresses.viewer, "/api/traces/1").status, 200);
}
