//! HTTP/2 as nobody speaks it who means well: frames that cost little to send and much to answer, and answers that nobody takes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::{
    attacks::Attacked,
    client::{authority, get, send},
    fixture::{request, span},
    run::until,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// RFC 9113, 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Literal fields without indexing and without Huffman's code (RFC 7541, 6.2.2).
fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = text.len();
        let mut bytes = vec![];
        match length.checked_sub(127) {
            None => bytes.push(length as u8),
            Some(mut rest) => {
                bytes.push(127);
                while rest >= 128 {
                    bytes.push((rest % 128) as u8 | 128);
                    rest /= 128;
                }
                bytes.push(rest as u8);
            }
        }
        bytes.extend(text.as_bytes());
        bytes
    };
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

fn call() -> Vec<u8> {
    fields(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ])
}

fn question(path: &str) -> Vec<u8> {
    fields(&[(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "localhost")])
}

/// A connection with these settings.
fn connect(base: &str, settings: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(authority(base)).unwrap();
    // Whoever is not read any more gives up.
    connection.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()).unwrap();
    connection
}

/// The kind of the first frame of this stream, beside those that make room in it.
fn first_of(connection: &mut TcpStream, stream: u32) -> u8 {
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).expect("a frame of the stream");
        let [a, b, c, kind, _, of @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        connection.read_exact(&mut payload).expect("a whole frame");
        if u32::from_be_bytes(of) == stream && kind != WINDOW_UPDATE {
            return kind;
        }
    }
}

fn grpc(attacked: &Attacked) -> String {
    attacked.started.url("gRPC").trim_end_matches('/').to_owned()
}

/// Sends these bytes so many times, as long as somebody takes them.
fn flood(connection: &mut TcpStream, times: u32, bytes: impl Fn(u32) -> Vec<u8>) {
    for number in 0..times {
        if connection.write_all(&bytes(number)).is_err() {
            return;
        }
    }
}

#[test]
fn floods_of_frames_end_their_connection_at_most() {
    let attacked = Attacked::start();
    let base = grpc(&attacked);
    let reset = |number: u32| {
        let stream = 2 * number + 1;
        [frame(HEADERS, END_HEADERS, stream, &call()), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    };
    flood(&mut connect(&base, &[]), 50_000, reset);
    attacked.holds(2);
    let mut endless = connect(&base, &[]);
    let _ = endless.write_all(&frame(HEADERS, 0, 1, &call()));
    let filler = fields(&[("x-filler", &"x".repeat(16_000))]);
    flood(&mut endless, 8_000, |_| frame(CONTINUATION, 0, 1, &filler));
    attacked.holds(2);
    let thousand = |kind: u8, payload: &[u8]| frame(kind, 0, 0, payload).repeat(1_000);
    // None of what is answered is read.
    flood(&mut connect(&base, &[]), 500, |_| thousand(SETTINGS, &[0, 4, 0, 0, 0xff, 0xff]));
    flood(&mut connect(&base, &[]), 500, |_| thousand(PING, &[7; 8]));
    flood(&mut connect(&base, &[]), 500, |_| thousand(DATA, &[]));
    attacked.holds(2);
}

#[test]
fn a_header_without_end_is_refused() {
    let attacked = Attacked::start();
    let base = grpc(&attacked);
    // 1 MiB of fields in one block, as far as it is taken.
    let mut connection = connect(&base, &[]);
    let one = fields(&[("x-large", &"x".repeat(16_000))]);
    let _ = connection.write_all(&frame(HEADERS, END_STREAM, 1, &call()));
    flood(&mut connection, 64, |number| frame(CONTINUATION, if number == 63 { END_HEADERS } else { 0 }, 1, &one));
    let mut answer = Vec::new();
    let _ = connection.take(1 << 20).read_to_end(&mut answer);
    attacked.holds(2);
}

/// The five bytes before a message of gRPC say how long it is.
#[test]
fn a_message_that_says_it_has_four_gigabytes_takes_what_it_has() {
    let attacked = Attacked::start();
    let base = grpc(&attacked);
    let mut connections: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = connect(&base, &[]);
            let head = frame(HEADERS, END_HEADERS, 1, &call());
            let message = frame(DATA, END_STREAM, 1, &[0, 0xff, 0xff, 0xff, 0xff, b'x']);
            connection.write_all(&[head, message].concat()).unwrap();
            connection
        })
        .collect();
    for connection in &mut connections {
        // The answer has its status in a block of fields, of which the names may be coded.
        assert_eq!(first_of(connection, 1), HEADERS);
    }
    attacked.holds(2);
}

/// Streams whose window never opens hold what is written for them, and the places of others no longer than those.
#[test]
fn answers_that_no_window_takes_do_not_fill_the_memory() {
    let attacked = Attacked::start();
    for thousand in 0..5 {
        let spans: Vec<_> =
            (1..=1_000).map(|id| span(1_000 * (thousand + 1) + id, 1, 0, "GET /", id, id + 1)).collect();
        let headers = [("content-type", "application/json")];
        assert_eq!(
            send(attacked.otlp(), "POST", "/v1/traces", &headers, request("web", &spans).as_bytes()).status,
            200
        );
    }
    let no_window = [0, 4, 0, 0, 0, 0];
    let asked = ["/api/list?limit=200", "/api/traces?service=web&limit=5000", "/", "/api/logs"];
    let _unread: Vec<_> = (0..100)
        .map(|_| {
            let mut connection = connect(attacked.viewer(), &no_window);
            flood(&mut connection, 32, |number| {
                frame(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    2 * number + 1,
                    &question(asked[number as usize % asked.len()]),
                )
            });
            connection
        })
        .collect();
    for _ in 0..3 {
        until(|| get(attacked.viewer(), "/api/services"), |answer| answer.status == 200);
    }
    let senders: Vec<_> = (0..100)
        .map(|_| {
            let mut connection = connect(&grpc(&attacked), &no_window);
            flood(&mut connection, 32, |number| {
                let head = frame(HEADERS, END_HEADERS, 2 * number + 1, &call());
                [head, frame(DATA, END_STREAM, 2 * number + 1, &[0, 0, 0, 0, 0])].concat()
            });
            connection
        })
        .collect();
    for trace in 100..103 {
        until(|| attacked.honest(trace), |answer| answer.status == 200);
    }
    let taken = crate::memory::peak(attacked.started.child.id());
    assert!(taken <= crate::attacks::MOST, "{taken} MiB");
    drop(senders);
}
