//! What somebody sends to wear the program down: it answers, keeps what is honest, and takes no more than docs/collector.md promises.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::{
    client::{Response, authority, get, raw, send},
    fixture::{PageDir, request, span},
    gzip::gzip,
    memory::peak,
    program::{PROGRAM, Started},
    run::until,
};

/// The promise, in MiB, for whatever comes; spans that are kept take more beside it.
pub const MOST: u64 = 640;
/// The same for a span that is kept, in bytes: with the most tags that are in the index.
const SPAN: u64 = 2_500;

/// How many spans without anything a body has, of a few kilobytes.
const EMPTY: usize = 800_000;

const JSON: (&str, &str) = ("content-type", "application/json");

pub struct Attacked {
    pub started: Started,
    page_dir: PageDir,
}

impl Attacked {
    pub fn start() -> Self {
        Self::with(&[])
    }

    pub fn with(arguments: &[&str]) -> Self {
        let page_dir = PageDir::built();
        let data = page_dir.path().join("data").display().to_string();
        // With as few descriptors as many systems give.
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 1024 && exec \"$0\" \"$@\"", PROGRAM]);
        let attacked = Self {
            started: Started::below(shell, 5, &page_dir, &[&["--data-dir", &data], arguments].concat()),
            page_dir,
        };
        assert_eq!(attacked.honest(1).status, 200);
        attacked
    }

    pub fn otlp(&self) -> &str {
        self.started.url("OTLP").trim_end_matches("/v1/traces")
    }

    pub fn viewer(&self) -> &str {
        self.started.url("viewer").trim_end_matches('/')
    }

    pub fn honest(&self, trace: u64) -> Response {
        let body = request("honest", &[span(trace, 1, 0, "work", 0, 5)]);
        send(self.otlp(), "POST", "/v1/traces", &[JSON], body.as_bytes())
    }

    /// What is honest is taken, kept and shown, and what the program has taken is what was promised.
    pub fn holds(&self, spans: u64) {
        // Somebody may be told to come again.
        until(|| self.honest(2), |answer| answer.status != 429);
        for trace in ["1", "2"] {
            assert_eq!(get(self.viewer(), &format!("/api/traces/{trace}")).status, 200, "trace {trace}");
        }
        let (taken, promised) = (peak(self.started.child.id()), MOST + ((spans * SPAN) >> 20));
        println!("at most {taken} MiB of memory, and {} bytes of files", self.disk());
        assert!(taken <= promised, "{taken} MiB at most, {promised} promised");
    }

    /// All files, in bytes.
    pub fn disk(&self) -> u64 {
        let files = fs::read_dir(self.page_dir.path().join("data")).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }
}

/// So many scopes of one span each, below a resource of this text.
fn scopes(resource: &str, scopes: u64, trace: impl Fn(u64) -> u64) -> String {
    let scopes: Vec<_> = (1..=scopes)
        .map(|id| {
            format!(r#"{{"scope":{{"name":"s{id}"}},"spans":[{{{}}}]}}"#, span(trace(id), 100 + id, 0, "a", 0, 5))
        })
        .collect();
    format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{resource}]}},"scopeSpans":[{}]}}]}}"#, scopes.join(","))
}

#[test]
fn a_resource_is_kept_once_however_many_scopes_it_has() {
    let attacked = Attacked::start();
    let large = format!(r#"{{"key":"k","value":{{"stringValue":"{}"}}}}"#, "x".repeat(1 << 20));
    let body = gzip(scopes(&large, 2_000, |_| 7).as_bytes());
    let headers = [JSON, ("content-encoding", "gzip")];
    for _ in 0..4 {
        assert_eq!(send(attacked.otlp(), "POST", "/v1/traces", &headers, &body).status, 200);
    }
    assert!(attacked.disk() < 64 << 20, "{} bytes", attacked.disk());
    let trace = get(attacked.viewer(), "/api/v3/traces/7");
    assert!(trace.status == 200 && trace.body.len() < 8 << 20, "{} bytes", trace.body.len());
    assert_eq!(get(attacked.viewer(), "/api/traces/7").status, 200);
    attacked.holds(2_000);
}

#[test]
fn many_attributes_of_a_resource_are_not_in_the_index_of_each_trace() {
    let attacked = Attacked::start();
    let attribute = |number| format!(r#"{{"key":"k{number}","value":{{"intValue":{number}}}}}"#);
    let attributes: Vec<_> = (0..30_000).map(attribute).collect();
    let body = gzip(scopes(&attributes.join(","), 2_000, |id| 1_000 + id).as_bytes());
    let headers = [JSON, ("content-encoding", "gzip")];
    assert_eq!(send(attacked.otlp(), "POST", "/v1/traces", &headers, &body).status, 200);
    attacked.holds(2_000);
    // What is not in the index is found all the same.
    let found = get(attacked.viewer(), "/api/traces?service=OTLPResourceNoServiceName&tag=k29999:29999&limit=1").json();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(0), "{found}");
    let found = get(attacked.viewer(), "/api/traces?service=empty-service-name&tag=k29999:29999&limit=1").json();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
}

#[test]
fn small_bodies_that_stand_for_hundreds_of_megabytes_find_no_room() {
    let attacked = Attacked::start();
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(EMPTY - 1));
    // A span without anything is a key and a length of 0; above it are three messages with theirs.
    let mut protobuf = [0x12, 0].repeat(EMPTY);
    for tag in [0x12, 0x0a] {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(protobuf.len() as u64, &mut outer);
        outer.append(&mut protobuf);
        protobuf = outer;
    }
    let bodies = [(JSON, gzip(json.as_bytes()), 4), (("content-type", "application/x-protobuf"), gzip(&protobuf), 20)];
    thread::scope(|scope| {
        for (content_type, body, posts) in &bodies {
            for _ in 0..*posts {
                let attacked = &attacked;
                scope.spawn(move || {
                    let headers = [*content_type, ("content-encoding", "gzip")];
                    let response = send(attacked.otlp(), "POST", "/v1/traces", &headers, body);
                    assert!(matches!(response.status, 200 | 429), "{}", response.status);
                    if response.status == 429 {
                        assert_eq!(response.header("retry-after"), Some("1"));
                    }
                });
            }
        }
    });
    attacked.holds(2);
}

#[test]
fn who_declares_much_and_sends_little_blocks_nobody() {
    let attacked = Attacked::start();
    let slow: Vec<_> = (0..12)
        .map(|_| {
            let mut connection = TcpStream::connect(authority(attacked.otlp())).unwrap();
            let head = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                        content-length: 67108864\r\n\r\n{";
            connection.write_all(head.as_bytes()).unwrap();
            connection
        })
        .collect();
    attacked.holds(2);
    drop(slow);
    // Nor does who sends nearly all of it: there is no room for so many, and the slow give way.
    let mut part = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 67108864\r\n\r\n{"
        .to_vec();
    part.resize(63 << 20, b' ');
    let held: Vec<_> = (0..8)
        .filter_map(|_| {
            let mut connection = TcpStream::connect(authority(attacked.otlp())).unwrap();
            connection.write_all(&part).ok().map(|()| connection)
        })
        .collect();
    // Nor do those that go on with a byte now and then.
    let dripping = AtomicBool::new(true);
    thread::scope(|scope| {
        for mut connection in held {
            let dripping = &dripping;
            scope.spawn(move || {
                while dripping.load(Ordering::Relaxed) && connection.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
        (0..5).for_each(|_| attacked.holds(2));
        dripping.store(false, Ordering::Relaxed);
    });
}

#[test]
fn half_sent_headers_do_not_end_it() {
    let attacked = Attacked::start();
    let half: Vec<_> = (0..1_100)
        .filter_map(|_| {
            let mut connection = TcpStream::connect(authority(attacked.otlp())).ok()?;
            connection.write_all(b"POST /v1/traces HTTP/1.1\r\nhost: loc").ok()?;
            Some(connection)
        })
        .collect();
    attacked.holds(2);
    // Nor on the viewer's port, which has places of its own.
    let more: Vec<_> = (0..400).filter_map(|_| TcpStream::connect(authority(attacked.viewer())).ok()).collect();
    attacked.holds(2);
    drop((half, more));
}

/// Whoever is cut off sees the end and no answer; nobody else notices.
#[test]
fn who_has_been_idle_for_longest_gives_way() {
    let attacked = Attacked::start();
    let mut first = TcpStream::connect(authority(attacked.otlp())).unwrap();
    first.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    first.write_all(b"POST /v1/").unwrap();
    let others: Vec<_> = (0..800).filter_map(|_| TcpStream::connect(authority(attacked.otlp())).ok()).collect();
    let ended = first.read(&mut [0; 8]);
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    let get = raw(attacked.otlp(), &[b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"]);
    assert_eq!(get.status, 404);
    drop(others);
}

/// Each sends a byte at a time of what it has declared, and never enough. Places are bounded: some are cut off, and nobody else notices.
#[test]
fn two_thousand_who_drip_block_nobody() {
    const HEAD: &[u8] = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    let attacked = Attacked::start();
    let connect = |_| {
        let mut connection = TcpStream::connect(authority(attacked.otlp())).ok()?;
        connection.set_nonblocking(true).ok()?;
        connection.write_all(HEAD).ok().map(|()| connection)
    };
    let mut slow: Vec<_> = (0..2_000).filter_map(connect).collect();
    for drip in 0..5 {
        // Whoever has been cut off is replaced.
        slow.retain_mut(|connection| connection.write_all(b" ").is_ok());
        slow.extend((slow.len()..2_000).filter_map(connect));
        for trace in 0..20 {
            let answer = attacked.honest(100 + drip * 20 + trace);
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
    attacked.holds(102);
    let kept = get(attacked.viewer(), "/api/list?limit=1000").json()["traces"].as_array().map(Vec::len);
    assert_eq!(kept, Some(102), "every success is kept");
}
