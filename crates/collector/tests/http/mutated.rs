//! Requests that were right once, with bytes changed, left out, doubled and mixed: whatever comes is answered as OTLP has it, nothing ends
//! the program, and what is honest is kept. The same changes on every run.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::{
    client::{authority, get, parse},
    fixture::{Collector, request, span},
    protobuf::{self, PROTOBUF},
};

#[path = "../../../../fuzz/mutate.rs"]
mod mutate;
use mutate::{Numbers, seeds};

const JSON: &str = "application/json";
const ROUNDS: u64 = 300;

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
    let json = |name: &str| seeds("otlp_json").into_iter().find(|(file, _)| file == name).expect("a seed").1;
    vec![
        ("/v1/traces", JSON, json("traces.json")),
        ("/v1/logs", JSON, json("logs.json")),
        ("/v1/metrics", JSON, json("metrics.json")),
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
    let mut numbers = Numbers(7);
    let mut client = Client::new(&collector.addresses.viewer);
    for (_, path) in seeds("query") {
        for _ in 0..ROUNDS {
            let mut changed = path.clone();
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
