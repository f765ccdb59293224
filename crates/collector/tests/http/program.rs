//! The program: what it prints, its flags, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Output, Stdio},
};

use crate::{client::get, fixture::PageDir};

const ANY_PORTS: [&str; 6] =
    ["--page-addr", "127.0.0.1:0", "--otlp-addr", "127.0.0.1:0", "--query-addr", "127.0.0.1:0"];

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_collector"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

/// Ends the program when dropped, if it has not ended.
struct Started {
    child: Child,
    lines: Vec<String>,
}

impl Started {
    fn new(page_dir: &PageDir) -> Self {
        let mut command = program(&ANY_PORTS);
        let mut child = command.arg("--page-dir").arg(page_dir.path()).spawn().unwrap();
        let stdout = child.stdout.as_mut().unwrap();
        let lines = BufReader::new(stdout).lines().take(3).map(Result::unwrap).collect();
        Self { child, lines }
    }

    fn url(&self, word: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(word)).expect(word);
        line.trim_start()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_prints_where_everything_is() {
    let page_dir = PageDir::built();
    let started = Started::new(&page_dir);
    let base = |word: &str, path: &str| started.url(word).strip_suffix(path).unwrap().to_owned();
    assert_eq!(get(&base("page", "/"), "/").status, 200);
    assert_eq!(get(&base("viewer", "/"), "/api/services").status, 200);
    assert_eq!(get(&base("OTLP", "/v1/traces"), "/v1/traces").status, 405);
    for line in &started.lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.len() == 2 && words[1].starts_with("http://"), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_even_with_a_request_under_way() {
    use std::{io::Write, net::TcpStream};

    for signal in ["INT", "TERM"] {
        let page_dir = PageDir::built();
        let mut started = Started::new(&page_dir);
        let address = started.url("OTLP").strip_prefix("http://").unwrap().strip_suffix("/v1/traces").unwrap();
        let mut hanging = TcpStream::connect(address).unwrap();
        hanging.write_all(b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n").unwrap();
        send_signal(signal, &started.child);
        let status = started.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut errors = String::new();
        started.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "");
    }
}

#[cfg(unix)]
fn send_signal(signal: &str, child: &Child) {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn it_outlives_whoever_reads_its_output() {
    let page_dir = PageDir::built();
    let mut started = Started::new(&page_dir);
    drop(started.child.stdout.take());
    let page = started.url("page").trim_end_matches('/').to_owned();
    assert_eq!(get(&page, "/").status, 200);
    send_signal("TERM", &started.child);
    assert_eq!(started.child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_explains_its_flags_and_refuses_wrong_ones() {
    let help = output(&["--help"]);
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    for word in [
        "--page-addr",
        "127.0.0.1:8080",
        "--otlp-addr",
        "127.0.0.1:4318",
        "--query-addr",
        "127.0.0.1:16686",
        "--page-dir",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let wrong: [&[&str]; 4] = [
        &["--page-addr", "8080"],
        &["--nothing"],
        &["--page-dir", "no/such/place"],
        &["--otlp-addr", "127.0.0.1:99999"],
    ];
    for arguments in wrong {
        let refused = output(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.starts_with("error: ") && message.contains(arguments[0]), "{message}");
    }
    let arguments = ["--page-addr", "192.0.2.1:80", "--otlp-addr", "127.0.0.1:0", "--query-addr", "127.0.0.1:0"];
    let refused = output(&arguments);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().starts_with("collector: cannot listen on 192.0.2.1:80: "));
}
