//! What the terminal says of requests that are refused: a line for each kind and minute, with what to do.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{
    client::{authority, get, send},
    fixture::{PageDir, request, span},
    grpc,
    program::Started,
};

#[test]
fn each_kind_of_refusal_is_said_once_with_what_to_do() {
    let page_dir = PageDir::built();
    let started = Started::with(&page_dir, &[]);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    let viewer = started.url("viewer").trim_end_matches('/').to_owned();
    let json = ("content-type", "application/json");
    let one_wrong = request("web", &[span(1, 1, 0, "bad\\u001b[31m", 0, 1).replacen(&format!("{:032x}", 1), "xyz", 1)]);
    for _ in 0..3 {
        let post = |path: &str, headers: &[(&str, &str)], body: &str| {
            send(&otlp, "POST", path, headers, body.as_bytes()).status
        };
        assert_eq!(post("/v1/traces", &[json, ("origin", "http://localhost:3000")], "{}"), 403);
        assert_eq!(post("/v1/traces", &[json, ("origin", "http://localhost:3001")], "{}"), 403);
        assert_eq!(post("/v1/traces/v1/traces", &[json], "{}"), 404);
        assert_eq!(post("/v1/traces", &[json, ("content-encoding", "br")], "{}"), 415);
        assert_eq!(post("/v1/traces", &[("content-type", "text/xml")], "{}"), 415);
        assert_eq!(post("/v1/traces", &[json], "{"), 400);
        assert_eq!(post("/v1/traces", &[json], &one_wrong), 200);
        assert_eq!(post("/v1/traces", &[json, ("host", "machine")], "{}"), 403);
        assert_eq!(send(&viewer, "GET", "/api/list", &[("sec-fetch-site", "cross-site")], b"").status, 403);
        let mut connection = TcpStream::connect(authority(&otlp)).unwrap();
        connection.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
        let _ = connection.read(&mut [0; 8]);
        assert_eq!(grpc::export(&otlp, grpc::request(1)).unwrap_err().code(), tonic::Code::Unimplemented);
        // Who sees the answer needs no line.
        assert_eq!(get(&otlp, "/").status, 404);
        assert_eq!(get(&otlp, "/v1/traces").status, 405);
    }
    let (_, said) = started.end();
    let lines: Vec<_> = said.lines().collect();
    for (words, what_to_do) in [
        ("pages of http://localhost:3000", "--allow-origin http://localhost:3000"),
        ("nothing at /v1/traces/v1/traces", "leave /v1/traces out of OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("content encoding \"br\"", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip"),
        ("content type \"text/xml\"", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json or http/protobuf"),
        ("a request: EOF while parsing", "line 1"),
        ("of a request's spans 1:", "32 hex digits"),
        ("the host \"machine\"", "--allow-host machine"),
        ("pages of another site may not ask for /api/list", "open the address in a tab of its own"),
        ("gRPC is not spoken here", "it is taken at http://localhost:"),
        ("TLS is not spoken here", "http:// and not https://"),
    ] {
        let of_kind: Vec<_> = lines.iter().filter(|line| line.contains(words)).collect();
        assert_eq!(of_kind.len(), 1, "{words}: {said}");
        assert!(of_kind[0].starts_with("refused: ") && of_kind[0].contains(what_to_do), "{}", of_kind[0]);
    }
    assert_eq!(lines.len(), 10, "{said}");
    assert!(!said.contains('\u{1b}'));
}

/// Its sender got a success, and most show nothing of what stands beside it.
#[test]
fn a_request_of_which_nothing_is_read_is_said() {
    let page_dir = PageDir::built();
    let started = Started::with(&page_dir, &[]);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    for body in ["{}", r#"{"spans":[]}"#] {
        let answer = send(&otlp, "POST", "/v1/traces", &[("content-type", "application/json")], body.as_bytes());
        assert_eq!(answer.status, 200);
    }
    let (_, said) = started.end();
    let expected = "refused: all of a request: nothing is read of it: a request of traces has \"resourceSpans\"";
    assert!(said.starts_with(expected) && said.lines().count() == 1, "{said}");
}
