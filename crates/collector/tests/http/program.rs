//! The program: what it prints, its flags, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Output, Stdio},
};

use crate::{
    client::{self, get},
    fixture::PageDir,
};

pub const ANY_PORTS: [&str; 8] = [
    "--page-addr",
    "127.0.0.1:0",
    "--otlp-addr",
    "127.0.0.1:0",
    "--query-addr",
    "127.0.0.1:0",
    "--grpc-addr",
    "127.0.0.1:0",
];

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_collector");

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn output(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

/// Ends the program when dropped, if it has not ended.
pub struct Started {
    pub child: Child,
    lines: Vec<String>,
}

impl Started {
    fn new(page_dir: &PageDir) -> Self {
        Self::with(page_dir, &[])
    }

    pub fn with(page_dir: &PageDir, arguments: &[&str]) -> Self {
        let expected = 3 + usize::from(arguments.contains(&"--forward"));
        Self::printing(expected, page_dir, &[arguments, &["--memory"]].concat())
    }

    /// With these arguments only, and so many lines of what it prints.
    pub fn printing(lines: usize, page_dir: &PageDir, arguments: &[&str]) -> Self {
        Self::in_environment(&[], lines, page_dir, arguments)
    }

    /// The same with these variables.
    pub fn in_environment(variables: &[(&str, &str)], lines: usize, page_dir: &PageDir, arguments: &[&str]) -> Self {
        let mut command = program(&[]);
        // What programs on this machine are told to send to is no business of these tests.
        command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").envs(variables.iter().copied());
        Self::below(command, lines, page_dir, arguments)
    }

    /// The same, by a command that runs the program.
    pub fn below(mut command: Command, lines: usize, page_dir: &PageDir, arguments: &[&str]) -> Self {
        command.args(ANY_PORTS).args(arguments);
        Self::on_its_own_ports(command, lines, page_dir)
    }

    /// A command with everything but the page.
    pub fn on_its_own_ports(mut command: Command, lines: usize, page_dir: &PageDir) -> Self {
        command.arg("--page-dir").arg(page_dir.path()).current_dir(page_dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.as_mut().unwrap();
        let lines = BufReader::new(stdout).lines().take(lines).map(Result::unwrap).collect();
        Self { child, lines }
    }

    /// What it has printed at the start, and what it has said in all, when it has ended.
    #[cfg(unix)]
    pub fn end(mut self) -> (String, String) {
        send_signal("TERM", &self.child);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.lines.join("\n"), errors)
    }

    /// The next line of what it says.
    #[cfg(unix)]
    pub fn next_line_said(&mut self) -> String {
        let stderr = self.child.stderr.as_mut().unwrap();
        // What follows is left for others to read.
        let (mut line, mut byte) = (Vec::new(), [0]);
        while stderr.read(&mut byte).unwrap() > 0 && byte != *b"\n" {
            line.extend(byte);
        }
        String::from_utf8(line).unwrap()
    }

    pub fn url(&self, word: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(word)).expect(word);
        line.trim_start()
    }
}

impl Started {
    /// How it ends, after this signal or by itself, and what it has said about what went wrong.
    #[cfg(unix)]
    pub fn ended(mut self, signal: Option<&str>) -> (Option<i32>, String) {
        if let Some(signal) = signal {
            send_signal(signal, &self.child);
        }
        let code = self.child.wait().unwrap().code();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (code, errors)
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

/// Everything that may show what went wrong shows it, and no header.
#[cfg(unix)]
#[test]
fn what_is_not_forwarded_is_said_and_headers_are_not() {
    use crate::{
        client::send,
        endpoint::{Endpoint, status},
    };

    let endpoint = Endpoint::start([status("400 Bad Request", "", "no such key: sesame, try another")]);
    let page_dir = PageDir::built();
    let url = format!("{}/?key=hidden", endpoint.url());
    let arguments = ["--forward", &url, "--forward-header", "Authorization=Bearer sesame"];
    let started = Started::with(&page_dir, &arguments);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    for _ in 0..3 {
        assert_eq!(send(&otlp, "POST", "/v1/traces", &[("content-type", "application/json")], b"{}").status, 200);
        let received = endpoint.next();
        assert_eq!(received.target, "/v1/traces?key=hidden");
        assert_eq!(received.header("authorization"), Some("Bearer sesame"));
    }
    let (output, errors) = started.end();
    let to = format!("forward {}/v1/traces", endpoint.url());
    assert!(output.contains(&to), "{output}");
    let lines = [
        format!("{to}: 1 request dropped so far: it answered 400 Bad Request: no such key: …, try another\n"),
        format!("{to}: 2 requests dropped so far: "),
        format!("{to}: ended: of 3 requests 0 were delivered, 3 dropped\n"),
    ];
    assert!(lines.iter().all(|line| errors.contains(line.as_str())), "{errors}");
    for secret in ["sesame", "hidden"] {
        assert!(!errors.contains(secret) && !output.contains(secret), "{errors}{output}");
    }
}

#[cfg(unix)]
pub fn send_signal(signal: &str, child: &Child) {
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
fn a_named_port_that_is_taken_ends_it() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let page_dir = PageDir::built();
    for flag in ["--page-addr", "--otlp-addr", "--query-addr", "--grpc-addr"] {
        let others = ANY_PORTS.chunks(2).filter(|pair| pair[0] != flag).flatten().copied();
        let mut command = program(&["--memory", flag, &taken]);
        let refused = command.args(others).arg("--page-dir").arg(page_dir.path()).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{flag}: {said}");
        assert!(said.contains(&format!("{flag} {taken} is taken by another program")), "{said}");
    }
    // By its variable, too.
    let variable = ("COLLECTOR_OTLP_ADDR", &taken);
    let others = ANY_PORTS.chunks(2).filter(|pair| pair[0] != "--otlp-addr").flatten().copied();
    let refused = program(&["--memory"])
        .args(others)
        .arg("--page-dir")
        .arg(page_dir.path())
        .env(variable.0, variable.1)
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn flags_go_before_variables_and_these_before_the_file() {
    let page_dir = PageDir::built();
    let file = page_dir.path().join("collector.toml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    let config = file.display().to_string();
    let target = |variables: &[(&str, &str)], arguments: &[&str]| {
        let arguments = [&["--memory", "--config", &config], arguments].concat();
        let started = Started::in_environment(variables, 4, &page_dir, &arguments);
        let target = started.url("forward").to_owned();
        drop(started);
        target
    };
    write("forward = 'http://of-file.example'\nmax-spans = 7\n");
    let variable = [("COLLECTOR_FORWARD", "http://of-variable.example")];
    let flag = ["--forward", "http://of-flag.example"];
    assert_eq!(target(&[], &[]), "http://of-file.example/v1/traces");
    assert_eq!(target(&variable, &[]), "http://of-variable.example/v1/traces");
    assert_eq!(target(&variable, &flag), "http://of-flag.example/v1/traces");
    for (text, words) in [
        ("otlp_adr = 'secret'", "do you mean \"otlp-addr\""),
        ("max-spans = 'secret'", "--max-spans"),
        ("= secret", "it is no TOML"),
    ] {
        write(text);
        let refused = output(&[&ANY_PORTS[..], &["--config", &config]].concat());
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && message.contains(words), "{message}");
    }
    let refused = output(&["--config", "/no/such/file"]);
    assert_eq!(refused.status.code(), Some(2));
}

/// A flag's value that is no good, given in each way that settings can be given in, and words of the error.
const WRONG: [(&str, &str, &str); 23] = [
    ("page-addr", "nonsense", "--page-addr"),
    ("otlp-addr", "nonsense", "--otlp-addr"),
    ("query-addr", "nonsense", "--query-addr"),
    ("grpc-addr", "nonsense", "--grpc-addr"),
    ("data-dir", "/dev/null/x", "/dev/null/x"),
    ("memory", "nonsense", "memory"),
    ("max-bytes", "nonsense", "--max-bytes"),
    ("max-age", "nonsense", "--max-age"),
    ("max-spans", "nonsense", "--max-spans"),
    ("max-logs", "nonsense", "--max-logs"),
    ("allow-origin", "nonsense", "--allow-origin"),
    ("allow-host", "http://x", "--allow-host"),
    ("forward", "nonsense", "--forward"),
    ("forward-header-file", "/no/such/file", "/no/such/file"),
    ("forward-ca", "/no/such/file", "/no/such/file"),
    ("forward-compression", "nonsense", "--forward-compression"),
    ("forward-max-bytes", "nonsense", "--forward-max-bytes"),
    ("forward-max-age", "nonsense", "--forward-max-age"),
    ("rate", "nonsense", "--rate"),
    ("users-url", "nonsense", "http://localhost:8000"),
    ("api-key", "two words", "--api-key"),
    ("tls-cert", "/no/such/file", "/no/such/file"),
    ("tls-key", "/no/such/file", "/no/such/file"),
];

/// What is a word, and so never wrong: that it is heeded shows elsewhere.
const WORDS: [&str; 5] = ["page-dir", "forward-header", "config", "help", "version"];

#[test]
fn every_flag_is_a_variable_and_a_key_of_the_file_as_well() {
    let page_dir = PageDir::built();
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    let flags: std::collections::BTreeSet<_> = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--").or_else(|| line.split(", --").nth(1)))
        .filter_map(|rest| rest.split([' ', '=']).next())
        .collect();
    let known: std::collections::BTreeSet<_> =
        WRONG.iter().map(|(flag, ..)| *flag).chain(WORDS).chain(["log"]).collect();
    assert_eq!(flags, known);
    let certified = crate::certificates::Authority::new().certify();
    page_dir.write("cert.pem", &certified.certificate);
    page_dir.write("key.pem", &certified.key);
    page_dir.write("ca.pem", &certified.certificate);
    let path = |name: &str| page_dir.path().join(name).display().to_string();
    let (cert, key, config) = (path("cert.pem"), path("key.pem"), path("collector.toml"));
    for (flag, wrong, words) in WRONG {
        // What has to stand beside it.
        let beside: &[&str] = match flag {
            "tls-cert" => &["--tls-key", &key],
            "tls-key" => &["--tls-cert", &cert],
            "forward-header-file" | "forward-ca" | "forward-compression" => &["--forward", "https://127.0.0.1:9"],
            _ => &[],
        };
        let others = ANY_PORTS.chunks(2).filter(|pair| pair[0].trim_start_matches("--") != flag).flatten().copied();
        let base: Vec<_> = others.chain(beside.iter().copied()).collect();
        let refused = |way: &str, mut command: Command| {
            let refused = command.current_dir(page_dir.path()).output().unwrap();
            let said = String::from_utf8(refused.stderr).unwrap();
            assert!(matches!(refused.status.code(), Some(1 | 2)) && said.contains(words), "{flag} by {way}: {said}");
        };
        let mut by_flag = program(&base);
        by_flag.arg(format!("--{flag}={wrong}"));
        if flag != "memory" {
            refused("flag", by_flag);
        }
        let mut by_variable = program(&base);
        by_variable.env(format!("COLLECTOR_{}", flag.replace('-', "_").to_ascii_uppercase()), wrong);
        refused("variable", by_variable);
        // A flag goes before the file, also one that stands beside it there.
        let in_file = beside.chunks(2).map(|pair| format!("{} = '{}'\n", pair[0].trim_start_matches("--"), pair[1]));
        let in_file: String = in_file.chain([format!("{flag} = '{wrong}'\n")]).collect();
        std::fs::write(&config, in_file).unwrap();
        let mut by_file = program(&base[..base.len() - beside.len()]);
        by_file.args(["--config", &config]);
        refused("file", by_file);
    }
}

/// Deployments set all variables that they know, some of them to nothing.
#[test]
#[cfg(unix)]
fn an_empty_variable_is_one_that_is_not_set_and_lists_may_have_blanks() {
    let page_dir = PageDir::built();
    let names = WRONG.map(|(flag, ..)| format!("COLLECTOR_{}", flag.replace('-', "_").to_ascii_uppercase()));
    let more = ["COLLECTOR_CONFIG", "COLLECTOR_PAGE_DIR", "COLLECTOR_FORWARD_HEADERS", "RUST_LOG"];
    let mut variables: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    variables.extend(more.map(|name| (name, "")));
    let (printed, _) = Started::in_environment(&variables, 4, &page_dir, &[]).end();
    assert!(printed.contains("traces  .collector (0 traces"), "{printed}");
    let lists = [("COLLECTOR_ALLOW_ORIGIN", "http://a.example, http://b.example"), ("COLLECTOR_ALLOW_HOST", "a, b")];
    let started = Started::in_environment(&lists, 3, &page_dir, &["--memory"]);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap();
    let json = ("content-type", "application/json");
    for headers in [[("origin", "http://b.example"), json], [("host", "b"), json]] {
        assert_eq!(client::send(otlp, "POST", "/v1/traces", &headers, b"{}").status, 200, "{headers:?}");
    }
}

#[test]
fn the_log_says_more_if_it_is_asked_to() {
    let page_dir = PageDir::built();
    for (variables, arguments) in
        [(&[][..], &["--memory", "--log", "debug"][..]), (&[("RUST_LOG", "debug")], &["--memory"])]
    {
        let started = Started::in_environment(variables, 3, &page_dir, arguments);
        let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
        assert_eq!(client::send(&otlp, "POST", "/v1/traces", &[("content-type", "text/plain")], b"{}").status, 415);
        let (_, said) = started.end();
        assert!(said.contains(" WARN collector: refused: a request: content type"), "{said}");
    }
    let version = output(&["--version"]);
    assert!(version.status.success() && version.stdout.starts_with(b"collector "));
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
        "--data-dir",
        ".collector",
        "--memory",
        "--max-bytes",
        "--max-age",
        "--max-spans",
        "--allow-origin",
        "--allow-host",
        "--forward <URL>",
        "--forward-header <NAME=VALUE>",
        "never shown",
        "Other users of this machine can read the command line",
        "--forward-header-file",
        "chmod 600",
        "COLLECTOR_FORWARD_HEADERS",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let wrong: [&[&str]; 13] = [
        &["--allow-origin", "localhost"],
        &["--allow-host", "http://machine"],
        &["--forward-header-file", "headers"],
        &["--forward", "localhost:4318"],
        &["--forward-header", "a=b"],
        &["--page-addr", "8080"],
        &["--nothing"],
        &["--data-dir", "a", "--memory"],
        &["--max-bytes", "5"],
        &["--max-age", "soon"],
        &["--max-spans", "0"],
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
