//! The program: what it says on the terminal, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

/// The program, which sends to this endpoint; each span at once.
fn start(endpoint: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_users-service"));
    command.args(["--addr", "127.0.0.1:0"]).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    command.env_remove("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").env("OTEL_BSP_SCHEDULE_DELAY", "50");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// Where it listens, as it says.
fn url(process: &mut Child) -> String {
    let mut line = String::new();
    let stdout = process.stdout.as_mut().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    line.split_whitespace().nth(1).unwrap_or_else(|| panic!("an address in {line:?}")).to_owned()
}

/// A port that nothing listens on.
fn closed_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("its address").port()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn spans_that_are_lost_are_told() {
    let endpoint = format!("http://127.0.0.1:{}", closed_port());
    let mut process = start(&endpoint);
    let url = url(&mut process);
    assert_eq!(reqwest::get(&url).await.expect("an answer").status(), 200);
    let mut stderr = BufReader::new(process.stderr.take().expect("its output"));
    let mut line = String::new();
    stderr.read_line(&mut line).expect("a line");
    assert!(line.contains("not delivered") && line.contains(&endpoint), "{line}");
    assert!(line.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{line}");

    assert_eq!(reqwest::get(&url).await.expect("it answers as before").status(), 200);
    let id = process.id().to_string();
    assert!(Command::new("kill").arg(id).status().expect("kill is there").success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("what it says last");
    assert!(!rest.contains("Further ones"), "told twice: {rest}");
    assert!(process.wait().expect("it ends").success());
}

#[test]
fn an_endpoint_that_is_none_is_refused_with_words() {
    for endpoint in ["localhost:4318", "ftp://localhost", "notaurl", "http://", "http://a b"] {
        let output = start(endpoint).wait_with_output().expect("it ends");
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{endpoint}: {words}");
        assert!(words.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && words.contains("http://localhost:4318"), "{words}");
    }
}
