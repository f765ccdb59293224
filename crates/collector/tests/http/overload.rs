//! More at once than there is room for: told to come again, and what got a success is kept.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use collector::Bounds;

use crate::{
    client::{Response, authority, parse, raw, send},
    fixture::{Collector, PageDir, config, request, span},
    gzip::gzip,
    protobuf::{PROTOBUF, assert_status_message, one_span},
    run::until,
};

fn collector(bounds: Bounds) -> Collector {
    let page_dir = PageDir::built();
    let config = collector::Config { bounds, ..config(&page_dir) };
    Collector::with(config, page_dir)
}

/// A request that is under way: the server has taken its header and waits for the body.
struct Held(TcpStream);

impl Held {
    fn new(collector: &Collector, length: usize) -> Self {
        let mut connection = TcpStream::connect(authority(collector.otlp())).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            connection,
            "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        )
        .unwrap();
        let mut answer = [0; 25];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self(connection)
    }

    /// Sends a part of the body.
    fn begin(mut self, part: &[u8]) -> Self {
        self.0.write_all(part).unwrap();
        self
    }

    fn finish(mut self, body: &[u8]) -> Response {
        self.0.write_all(body).unwrap();
        self.answer()
    }

    fn answer(mut self) -> Response {
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).unwrap();
        parse(&answer)
    }
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it is not so in a minute");
}

/// What requests that are under way hold.
fn bytes_held(collector: &Collector) -> usize {
    let metrics = collector.view("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix("collector_budget_used_bytes "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or_else(|| panic!("{}", metrics.text()))
}

fn assert_overloaded(response: &Response) {
    assert_eq!((response.status, response.header("retry-after")), (429, Some("1")), "{}", response.text());
    assert_eq!(response.json()["code"], 8);
    assert!(response.json()["message"].as_str().unwrap().contains("later"));
}

#[test]
fn too_many_requests_are_told_to_come_again() {
    let collector = collector(Bounds { requests: 2, ..Bounds::default() });
    let body = request("shop", &[span(1, 1, 0, "held", 0, 1)]);
    let held = [Held::new(&collector, body.len()), Held::new(&collector, 2)];
    assert_overloaded(&collector.post("{}"));
    // A body of some size is read to its end, or its sender would see a broken connection and no answer.
    assert_overloaded(&collector.post(&" ".repeat(8 << 20)));
    let response = send(collector.otlp(), "POST", "/v1/traces", &[PROTOBUF], &one_span());
    assert_status_message(&response, 429, 8, "later");
    assert_eq!(collector.view("/").status, 200, "the traces can still be looked at");

    let [first, second] = held;
    assert_eq!(first.finish(body.as_bytes()).status, 200);
    assert_eq!(collector.post("{}").status, 200, "there is room again");
    assert_eq!(second.finish(b"{}").status, 200);
    assert_eq!(collector.view(&format!("/api/traces/{:032x}", 1)).status, 200);
}

#[test]
fn too_many_bytes_are_told_to_come_again() {
    // Nobody counts as slow.
    let collector = collector(Bounds { bytes: 1_000, idle: Duration::from_secs(3_600), ..Bounds::default() });
    // What is declared takes no room, only what has come.
    let held = Held::new(&collector, 64 << 20);
    let spaces_of = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    assert_eq!(collector.post(&spaces_of(800)).status, 200);
    drop(held);
    // Only its own requests would keep the next one from finding room: it is not to come across any of them.
    wait_until(|| bytes_held(&collector) == 0);
    let held = Held::new(&collector, 800).begin(format!("{{{}", " ".repeat(798)).as_bytes());
    wait_until(|| bytes_held(&collector) == 799);
    let spaces = format!("{{{}}}", " ".repeat(298));
    assert_overloaded(&collector.post(&spaces));
    let head = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n12c\r\n{spaces}\r\n0\r\n\r\n");
    assert_overloaded(&raw(collector.otlp(), &[chunked.as_bytes()]));
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    assert_overloaded(&send(collector.otlp(), "POST", "/v1/traces", &headers, &gzip(spaces.as_bytes())));
    assert_eq!(collector.post("{}").status, 200);
    assert_eq!(held.finish(b"}").status, 200);
    assert_eq!(collector.post(&spaces).status, 200);
}

#[test]
fn who_hangs_gives_its_place_up() {
    let collector = collector(Bounds { requests: 1, idle: Duration::from_millis(50), ..Bounds::default() });
    let response = Held::new(&collector, 2).answer();
    assert_eq!((response.status, &response.json()["code"]), (408, &4.into()));
    assert_eq!(collector.post("{}").status, 200);
}

#[test]
fn every_success_is_kept_whatever_else_is_refused() {
    let collector = collector(Bounds { requests: 2, ..Bounds::default() });
    thread::scope(|scope| {
        for sender in 0..8_u64 {
            let collector = &collector;
            scope.spawn(move || {
                for number in 1..=25 {
                    let body = request("shop", &[span(1, sender * 25 + number, 0, "s", 0, 1)]);
                    until(|| collector.post(&body), |answer| answer.status == 200);
                }
            });
        }
    });
    let trace = collector.view(&format!("/api/traces/{:032x}", 1)).json();
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 200);
}

#[test]
fn who_drips_never_keeps_out_who_does_not() {
    const MIB: usize = 1 << 20;
    let collector = collector(Bounds { bytes: 8 * MIB, ..Bounds::default() });
    let spaces = format!("{{{}}}", " ".repeat(MIB));
    let dripping = AtomicBool::new(true);
    thread::scope(|scope| {
        let end = End(&dripping);
        // More than there is room for, each with most of what it sends at once, and then a byte now and then.
        for _ in 0..12 {
            let mut connection = Held::new(&collector, 64 * MIB).0;
            let dripping = &dripping;
            scope.spawn(move || {
                let mut goes_on = connection.write_all(&vec![b' '; MIB]).is_ok();
                while goes_on && dripping.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(20));
                    goes_on = connection.write_all(b" ").is_ok();
                }
            });
        }
        wait_until(|| bytes_held(&collector) > 6 * MIB);
        let statuses: Vec<_> = (0..6).flat_map(|_| [&*spaces, "{}"]).map(|body| collector.post(body).status).collect();
        drop(end);
        assert_eq!(statuses, [200; 12]);
    });
}

/// Ends what goes on while it is true, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
