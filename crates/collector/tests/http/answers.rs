//! Answers are bounded: in traces, in bytes, in how many are written at once and how long nobody reads them.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use collector::Bounds;
use serde_json::Value;

use crate::{
    client::{Response, authority, parse, send},
    fixture::{Collector, PageDir, config, request, span},
    run::until,
};

/// What is large, for a limit that is 16 times that.
const SOME: usize = 64 << 10;
/// More than sockets hold.
const LARGE: usize = 20 << 20;

fn collector(bounds: Bounds) -> Collector {
    let page_dir = PageDir::built();
    let config = collector::Config { bounds, ..config(&page_dir) };
    Collector::with(config, page_dir)
}

/// A span with an attribute of so many quotes, which JSON doubles.
fn large(trace: u64, id: u64, quotes: usize) -> String {
    let text = r#"\""#.repeat(quotes);
    span(trace, id, 0, "large", id, id + 1)
        + &format!(r#","attributes":[{{"key":"k","value":{{"stringValue":"{text}"}}}}]"#)
}

#[test]
fn no_answer_has_more_than_ten_thousand_traces() {
    let collector = Collector::start();
    for thousand in 0..11 {
        let spans: Vec<_> = (1..=1_000).map(|id| span(thousand * 1_000 + id, 1, 0, "s", id, id + 1)).collect();
        collector.take(&request("web", &spans));
    }
    let list = collector.view("/api/list?limit=300000").json();
    assert_eq!(list["traces"].as_array().unwrap().len(), 10_000);
    assert_eq!((&list["totals"]["traces"], &list["error"]), (&Value::from(11_000), &Value::Null));
    let traces = collector.view("/api/traces?service=web&limit=2147483647").json();
    assert_eq!(traces["data"].as_array().unwrap().len(), 10_000);
    let times = "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2030-01-01T00:00:00Z";
    let found = collector.view(&format!("/api/v3/traces?{times}&query.search_depth=10001")).json();
    assert_eq!(found["result"]["resourceSpans"].as_array().unwrap().len(), 10_000);
    assert_eq!(collector.view("/api/list?limit=7").json()["traces"].as_array().unwrap().len(), 7);
}

#[test]
fn an_answer_ends_at_its_limit_and_says_so() {
    assert_eq!(Bounds::default().answer, 128 << 20);
    let collector = collector(Bounds { answer: 16 * SOME, ..Bounds::default() });
    // In protobuf a little more than half the limit, in JSON twice that.
    for id in 1..=3 {
        collector.take(&request("web", &[large(1, id, 3 * SOME)]));
    }
    collector.take(&request("web", &[span(2, 1, 0, "small", 0, 1)]));
    let id = format!("{:032x}", 1);
    let bounded = |path: &str| {
        let answer = collector.view(path);
        assert!(answer.body.len() <= 16 * SOME, "{path}: {}", answer.body.len());
        (answer.status, answer.json())
    };
    let spans = |answer: &Value, trace: usize| answer["data"][trace]["spans"].as_array().map(Vec::len);
    let warning = "only the first 2 of 3 spans are here: the answer would be too large";
    let (_, one) = bounded(&format!("/api/traces/{id}"));
    assert_eq!((spans(&one, 0), &one["data"][0]["warnings"][0]), (Some(2), &Value::from(warning)));
    let (_, found) = bounded("/api/traces?service=web");
    assert_eq!((spans(&found, 0), spans(&found, 1), spans(&found, 2)), (Some(2), None, None), "the newest first");
    assert!(found["errors"][0]["msg"].as_str().unwrap().contains("too large"), "{}", found["errors"]);

    let (status, cut) = bounded(&format!("/api/v3/traces/{id}"));
    assert_eq!((status, cut["result"]["resourceSpans"].as_array().map(Vec::len)), (200, Some(2)));
    assert!(cut["error"]["message"].as_str().unwrap().contains("too large"), "{}", cut["error"]);

    // Where that can be known before, it is an error from the beginning.
    for id in 4..=6 {
        collector.take(&request("web", &[large(1, id, 3 * SOME)]));
    }
    let (status, refused) = bounded(&format!("/api/v3/traces/{id}"));
    assert_eq!((status, &refused["result"]), (400, &Value::Null));
    assert!(refused["error"]["message"].as_str().unwrap().contains("too large"), "{refused}");
}

#[test]
fn lists_of_names_end_there_too() {
    let collector = collector(Bounds { answer: 16 * SOME, ..Bounds::default() });
    for number in 1..=7 {
        let name = format!("{number}") + &"x".repeat(7 * SOME / 2);
        collector.take(&request("web", &[span(number, 1, 0, &name, 0, 1)]));
    }
    let operations = collector.view("/api/services/web/operations");
    assert!(operations.body.len() <= 16 * SOME);
    let operations = operations.json();
    assert_eq!((operations["data"].as_array().map(Vec::len), &operations["total"]), (Some(4), &Value::from(7)));
    assert!(operations["errors"][0]["msg"].as_str().unwrap().contains("too large"));
    let list = collector.view("/api/list").json();
    assert_eq!(list["traces"].as_array().map(Vec::len), Some(4));
    assert!(list["error"].as_str().unwrap().contains("too large"));
}

/// An answer that has begun, and is not read on.
struct Unread(TcpStream);

impl Unread {
    /// Asks for more than the sockets hold.
    fn new(collector: &Collector) -> Self {
        Self::ask(collector).expect("an answer")
    }

    /// None if there is no place for it now.
    fn ask(collector: &Collector) -> Option<Self> {
        let host = authority(&collector.addresses.viewer);
        let mut connection = TcpStream::connect(host).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let path = format!("/api/traces/{:032x}", 1);
        write!(connection, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut begin = [0; 12];
        connection.read_exact(&mut begin).unwrap();
        (&begin == b"HTTP/1.1 200").then_some(Self(connection))
    }

    /// All that comes. A connection that is reset has an end too.
    fn rest(mut self) -> Vec<u8> {
        let mut answer = b"HTTP/1.1 200".to_vec();
        let _ = self.0.read_to_end(&mut answer);
        answer
    }
}

#[test]
fn who_does_not_read_gives_the_place_up_and_does_not_get_half_for_whole() {
    let idle = Duration::from_secs(3);
    let collector = collector(Bounds { answers: 1, idle, ..Bounds::default() });
    collector.take(&request("web", &[large(1, 1, LARGE / 2)]));
    let unread = Unread::new(&collector);
    let is_answered = |answer: &Response| {
        let told = (answer.status, answer.header("retry-after"));
        assert!(answer.status == 200 || told == (503, Some("1")), "{}", answer.text());
        answer.status == 200
    };
    until(|| collector.view("/api/services"), is_answered);
    let answer = unread.rest();
    assert!(answer.len() < LARGE && !answer.ends_with(b"0\r\n\r\n"), "{} bytes", answer.len());
    // On a busy machine a reader may rest for longer than it may, and then asks again.
    let mut answers = (0..1_000).filter_map(|_| Unread::ask(&collector)).map(Unread::rest);
    let whole = answers.find(|answer| answer.ends_with(b"0\r\n\r\n"));
    assert!(whole.is_some_and(|answer| parse(&answer).body.len() > LARGE), "who reads gets all of it");
}

#[test]
fn who_does_not_read_makes_place_for_who_waits() {
    let collector = collector(Bounds { answers: 1, idle: Duration::from_secs(3_600), ..Bounds::default() });
    collector.take(&request("web", &[large(1, 1, LARGE / 2)]));
    let unread = Unread::new(&collector);
    assert_eq!(collector.view("/api/services").status, 200);
    let answer = unread.rest();
    assert!(answer.len() < LARGE && !answer.ends_with(b"0\r\n\r\n"), "{} bytes", answer.len());
}

#[test]
fn a_connection_that_is_not_read_is_closed() {
    let collector = collector(Bounds { idle: Duration::from_millis(100), ..Bounds::default() });
    collector.take(&request("web", &[large(1, 1, LARGE / 2)]));
    let Unread(mut connection) = Unread::new(&collector);
    connection.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    // Seen from here without reading: what is sent finds nobody, where it would wait for ever.
    let refused = loop {
        if let Err(error) = connection.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n") {
            break error.kind();
        }
    };
    assert!([ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&refused), "{refused}");
}

#[test]
fn who_finds_no_place_is_told_to_come_again_in_the_words_of_each_api() {
    let collector = collector(Bounds { answers: 0, idle: Duration::from_millis(1), ..Bounds::default() });
    for path in ["/api/services", "/api/list", "/api/dependencies", "/api/traces?service=a", "/api/v3/services"] {
        let refused = collector.view(path);
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{path}");
        let answer = refused.json();
        let words = answer["errors"][0]["msg"].as_str().or(answer["error"]["message"].as_str());
        assert!(words.unwrap().contains("ask again"), "{path}: {answer}");
    }
    assert_eq!(collector.view("/").status, 200, "the viewer itself takes no place");
    assert_eq!(send(&collector.addresses.viewer, "GET", "/api/list?limit=x", &[], b"").status, 400);
    assert_eq!(collector.post("{}").status, 200);
}
