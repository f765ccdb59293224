//! The program as a relay: by TLS, over an outage and a kill, and with the variables that SDKs read.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Command};

use crate::{
    certificates::Authority,
    client::{get, send},
    endpoint::{Answer, Endpoint, Received, status},
    fixture::{PageDir, request, span},
    forward::names,
    program::{ANY_PORTS, PROGRAM, Started, output},
    run::until,
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn start(variables: &[(&str, &str)], lines: usize, page_dir: &PageDir, arguments: &[&str]) -> (Started, String) {
    let started = Started::in_environment(variables, lines, page_dir, arguments);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    (started, otlp)
}

fn take(otlp: &str, name: &str, trace: u64) {
    let body = request("shop", &[span(trace, 1, 0, name, 0, 5)]);
    assert_eq!(send(otlp, "POST", "/v1/traces", &[JSON], body.as_bytes()).status, 200);
}

fn spans(received: &Received) -> String {
    names(&received.body).join(" ")
}

#[test]
fn https_is_spoken_where_the_certificate_is_trusted() {
    let authority = Authority::new();
    let endpoint = Endpoint::start_tls([Endpoint::ok()], authority.certify().server());
    let page_dir = PageDir::built();
    let file = |name: &str, text: &str| {
        let path = page_dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (ours, another) = (file("ca.pem", &authority.pem), file("other.pem", &Authority::new().pem));
    let url = format!("https://localhost:{}", endpoint.address.port());
    let (started, otlp) = start(&[], 5, &page_dir, &["--memory", "--forward", &url, "--forward-ca", &ours]);
    take(&otlp, "secure", 1);
    let received = endpoint.next();
    assert_eq!((received.target.as_str(), spans(&received).as_str()), ("/v1/traces", "secure"));
    assert_eq!(started.end().1, "");

    // The system's authorities do not know it, and no more does another one.
    for trusting in [&[][..], &["--forward-ca", &another]] {
        let arguments = [&["--memory", "--forward", &url][..], trusting].concat();
        let (mut started, otlp) = start(&[], 5, &page_dir, &arguments);
        take(&otlp, "insecure", 2);
        let said = started.next_line_said();
        assert!(said.contains("certificate"), "{said}");
        assert!(endpoint.received_no_more());
    }
}

#[test]
fn what_waits_outlives_a_kill_and_is_sent_by_the_next() {
    let down = Endpoint::start([Answer::Nothing]);
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let arguments = |url: &str| ["--data-dir", &data, "--forward", url].map(str::to_owned);
    // The address stays the same, whoever listens there.
    let url = down.url();
    let (mut started, otlp) = start(&[], 5, &page_dir, &arguments(&url).each_ref().map(String::as_str));
    (0..20).for_each(|number| take(&otlp, &format!("span-{number}"), number + 1));
    down.next();
    started.child.kill().unwrap();
    drop(started);

    let up = down.replaced([Endpoint::ok()]);
    let (started, _) = start(&[], 5, &page_dir, &arguments(&url).each_ref().map(String::as_str));
    let mut received: Vec<_> = (0..20).map(|_| spans(&up.next())).collect();
    received.sort();
    let mut expected: Vec<_> = (0..20).map(|number| format!("span-{number}")).collect();
    expected.sort();
    assert_eq!(received, expected);
    assert_eq!(started.end().1, "", "nothing is left");
    // And what was delivered is not sent again.
    let (started, _) = start(&[], 5, &page_dir, &arguments(&url).each_ref().map(String::as_str));
    drop(started.end());
    assert!(up.received_no_more());
    // For this user alone, and open to it.
    let queues = page_dir.path().join("data/forward");
    let queue = fs::read_dir(&queues).unwrap().next().unwrap().unwrap().path();
    for (path, mode) in [(queues, 0o700), (queue.clone(), 0o700), (queue.join("requests.redb"), 0o600)] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn what_waits_for_a_target_that_is_not_named_any_more_is_said_and_kept() {
    let (down, other) = (Endpoint::start([Answer::Nothing]), Endpoint::start([Endpoint::ok()]));
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let (first, second) = (down.url(), other.url());
    let begin =
        |url: &str, more: &[&str]| start(&[], 5, &page_dir, &[&["--data-dir", &data, "--forward", url], more].concat());
    let (mut started, otlp) = begin(&first, &[]);
    take(&otlp, "waits", 1);
    down.next();
    started.child.kill().unwrap();
    drop(started);
    let (started, _) = begin(&second, &[]);
    let (_, said) = started.end();
    let words = "1 request for a target that is not named any more wait in";
    assert!(said.contains(words) && said.contains("given up after 1day"), "{said}");
    assert!(other.received_no_more());
    let up = down.replaced([Endpoint::ok()]);
    let (started, _) = begin(&first, &[]);
    assert_eq!(spans(&up.next()), "waits");
    drop(started.end());
    // What was delivered, and what is too old, leaves nothing behind.
    let (started, _) = begin(&second, &["--forward-max-age", "1s"]);
    assert_eq!(started.end().1, "");
    let queues: Vec<_> = fs::read_dir(page_dir.path().join("data/forward")).unwrap().collect();
    assert_eq!(queues.len(), 1, "{queues:?}");
}

#[test]
fn a_wrong_key_is_said_once_and_what_waits_is_sent_with_the_right_one() {
    let endpoint = Endpoint::start([status("401 Unauthorized", "", "no such key: wrong1"), Endpoint::ok()]);
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let url = endpoint.url();
    let with_key = |key: &str| {
        let header = format!("Authorization=Bearer {key}");
        let arguments = ["--data-dir", &data, "--forward", &url, "--forward-header", &header];
        start(&[], 5, &page_dir, &arguments)
    };
    let (mut started, otlp) = with_key("wrong1");
    take(&otlp, "first", 1);
    assert_eq!(endpoint.next().header("authorization"), Some("Bearer wrong1"));
    let mut said = started.next_line_said();
    take(&otlp, "second", 2);
    said += &started.end().1;
    let told = said.matches("stopped: it answered 401 Unauthorized: no such key: …; nothing more is sent").count();
    assert!(told == 1 && said.contains("2 wait on the disk for the next start"), "{said}");
    assert!(endpoint.received_no_more());

    let (started, _) = with_key("right2");
    let received = [endpoint.next(), endpoint.next()];
    let mut names = received.each_ref().map(spans);
    names.sort();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(started.end().1, "");
}

#[test]
fn the_variables_of_opentelemetry_name_a_target_unless_that_is_this_collector() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let url = endpoint.url();
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=sesame%3D")];
    let (started, otlp) = start(&variables, 6, &page_dir, &["--memory"]);
    take(&otlp, "theirs", 1);
    let received = endpoint.next();
    assert_eq!((spans(&received).as_str(), received.header("api-key")), ("theirs", Some("sesame=")));
    let (printed, _) = started.end();
    assert!(printed.contains(&format!("forward {url}/v1/traces")) && printed.contains("note    "), "{printed}");

    let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["--memory", "--page-addr", "127.0.0.1:0", "--query-addr", "127.0.0.1:0"]);
    command.args(["--grpc-addr", "127.0.0.1:0", "--otlp-addr"]).arg(own.to_string());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://localhost:{}", own.port()));
    let started = Started::on_its_own_ports(command, 5, &page_dir);
    take(&format!("http://{own}"), "own", 1);
    let (printed, said) = started.end();
    assert!(printed.contains("is this collector itself") && !printed.contains("forward http"), "{printed}");
    assert_eq!(said, "");

    let wrong = [("OTEL_EXPORTER_OTLP_ENDPOINT", "secret")];
    let refused = Command::new(PROGRAM).args(ANY_PORTS).envs(wrong).output().unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && !message.contains("secret"), "{message}");
}

#[test]
fn a_key_in_the_path_is_sent_and_not_shown() {
    let endpoint = Endpoint::start([status("400 Bad Request", "", "nothing at /ingest/SESAME-77/v1/traces")]);
    let page_dir = PageDir::built();
    let url = format!("{}/ingest/sesame-77", endpoint.url());
    let (mut started, otlp) = start(&[("COLLECTOR_FORWARD", &url)], 5, &page_dir, &["--memory"]);
    take(&otlp, "any", 1);
    assert_eq!(endpoint.next().target, "/ingest/sesame-77/v1/traces");
    let mut said = started.next_line_said();
    let (printed, more) = started.end();
    said += &more;
    assert!(said.contains("it answered 400 Bad Request: nothing at /…/…/v1/traces"), "{said}");
    assert!(![&printed, &said].iter().any(|text| text.to_lowercase().contains("sesame")), "{printed}{said}");
}

const LOGS: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1700000000000000000",
    "severityNumber":9,"body":{"stringValue":"checked out"}}]}]}]}"#;
const METRICS: &str = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"carts","gauge":{"dataPoints":[
    {"timeUnixNano":"1700000000000000000","asInt":"7"}]}}]}]}]}"#;

/// One program hands on to another, by each protocol with TLS and without: all signals arrive.
#[test]
fn all_signals_go_from_one_to_another_by_every_protocol() {
    let authority = Authority::new();
    let certified = authority.certify();
    let page_dir = PageDir::built();
    let file = |name: &str, text: &str| {
        let path = page_dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (ca, certificate, key) =
        (file("ca.pem", &authority.pem), file("cert.pem", &certified.certificate), file("key.pem", &certified.key));
    let tls = ["--memory", "--tls-cert", &certificate, "--tls-key", &key];
    for (tls, is_grpc) in [(&tls[..1], false), (&tls[..1], true), (&tls[..], false), (&tls[..], true)] {
        let there = Started::printing(5, &page_dir, tls);
        let word = if is_grpc { "gRPC" } else { "OTLP" };
        let url = there.url(word).strip_suffix("/v1/traces").unwrap_or(there.url(word)).to_owned();
        assert_eq!(url.starts_with("https://"), tls.len() > 1, "{url}");
        let url = if is_grpc { url.replacen("http", "grpc", 1) } else { url };
        let mut arguments = vec!["--memory", "--forward", &url, "--forward-compression", "gzip"];
        if tls.len() > 1 {
            arguments.extend(["--forward-ca", &ca]);
        }
        let (here, otlp) = start(&[], 5, &page_dir, &arguments);
        take(&otlp, "checkout", 1);
        for (path, body) in [("/v1/logs", LOGS), ("/v1/metrics", METRICS)] {
            assert_eq!(send(&otlp, "POST", path, &[JSON], body.as_bytes()).status, 200, "{path}");
        }
        let viewer = there.url("viewer").trim_end_matches('/').to_owned();
        for (path, word) in [
            (format!("/api/traces/{:032x}", 1), "checkout"),
            ("/api/logs".into(), "checked out"),
            ("/api/metrics".into(), "carts"),
        ] {
            let answer = until(|| get(&viewer, &path), |answer| answer.text().contains(word));
            assert_eq!(answer.status, 200, "{url} {path}");
        }
        assert_eq!(here.end().1, "", "{url}");
        assert_eq!(there.end().1, "", "{url}");
    }
}

#[test]
fn who_speaks_no_tls_where_it_is_spoken_is_told_to() {
    let authority = Authority::new();
    let certified = authority.certify();
    let page_dir = PageDir::built();
    for (name, text) in
        [("cert.pem", &certified.certificate), ("key.pem", &certified.key), ("other.pem", &authority.certify().key)]
    {
        fs::write(page_dir.path().join(name), text).unwrap();
    }
    for (name, from, until) in [("expired", (2000, 1, 1), (2001, 2, 3)), ("early", (2100, 1, 1), (2101, 1, 1))] {
        let certified = authority.certify_for(from, until);
        fs::write(page_dir.path().join(format!("{name}.pem")), certified.certificate).unwrap();
        fs::write(page_dir.path().join(format!("{name}-key.pem")), certified.key).unwrap();
    }
    let path = |name: &str| page_dir.path().join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let mut started = Started::printing(5, &page_dir, &["--memory", "--tls-cert", &certificate, "--tls-key", &key]);
    let address = started.url("OTLP").strip_prefix("https://").unwrap().strip_suffix("/v1/traces").unwrap().to_owned();
    let mut plain = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut plain, b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let said = started.next_line_said();
    assert!(said.contains("give the endpoint as https://"), "{said}");

    for (certificate, key, words) in [
        ("/no/such/file", &*key, "--tls-cert /no/such/file: it cannot be read"),
        (&*key, &*key, "has no certificate"),
        (&*certificate, &*certificate, "has no private key"),
        (&*certificate, &path("other.pem"), "is not the key"),
        (&*path("expired.pem"), &path("expired-key.pem"), "it has expired, on 2001-02-03T00:00:00Z"),
        (&*path("early.pem"), &path("early-key.pem"), "it is not valid before 2100-01-01T00:00:00Z"),
    ] {
        let refused = output(&[&ANY_PORTS[..], &["--tls-cert", certificate, "--tls-key", key]].concat());
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && message.contains(words), "{message}");
    }
}
