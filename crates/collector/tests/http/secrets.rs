//! What goes with --forward and is nobody's business: it is sent, and seen nowhere.

use std::fs;

use crate::{
    client::send,
    endpoint::{Endpoint, status},
    fixture::PageDir,
    program::{ANY_PORTS, Started, output},
};

#[test]
fn headers_from_files_and_the_environment_are_sent_and_never_shown() {
    let repeated =
        "tenant ab has no key SESAME, user me, password openopen; nothing at /v1/traces?key=hid%20den&z9 (hid den)";
    let endpoint = Endpoint::start([status("401 Unauthorized", "", repeated)]);
    let page_dir = PageDir::built();
    let file = page_dir.path().join("headers");
    fs::write(&file, "# the key\nx-key = sesame\n\nAuthorization=Basic bWU6b3Blbm9wZW4=\n").unwrap();
    let url = format!("{}/?key=hid%20den&z9", endpoint.url());
    let variables = [("COLLECTOR_FORWARD", url.as_str()), ("COLLECTOR_FORWARD_HEADERS", "x-tenant=ab\nx-one=1\n")];
    let arguments = ["--memory", "--forward-header-file", file.to_str().unwrap(), "--forward-header", "x-team=blue"];
    let started = Started::in_environment(&variables, 4, &page_dir, &arguments);
    let command_line = fs::read(format!("/proc/{}/cmdline", started.child.id()));
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    assert_eq!(send(&otlp, "POST", "/v1/traces", &[("content-type", "application/json")], b"{}").status, 200);
    let received = endpoint.next();
    assert_eq!(received.target, "/v1/traces?key=hid%20den&z9");
    for (name, value) in [
        ("x-key", "sesame"),
        ("authorization", "Basic bWU6b3Blbm9wZW4="),
        ("x-tenant", "ab"),
        ("x-one", "1"),
        ("x-team", "blue"),
    ] {
        assert_eq!(received.header(name), Some(value));
    }
    let (printed, said) = started.end();
    let shown = "tenant … has no key …, user …, password …; nothing at /v1/traces?… (…)";
    assert!(said.contains(&format!("it answered 401 Unauthorized: {shown}")), "{said}");
    assert!(printed.contains(&format!("forward {}/v1/traces", endpoint.url())), "{printed}");
    let command_line = command_line.unwrap_or_default();
    for secret in ["sesame", "SESAME", "openopen", "bWU6", "hid", "z9"] {
        assert!(!said.contains(secret) && !printed.contains(secret), "{secret}: {said}{printed}");
        assert!(!String::from_utf8_lossy(&command_line).contains(secret), "{secret} is in the command line");
    }
}

#[test]
fn what_is_wrong_is_said_without_it() {
    let page_dir = PageDir::built();
    let file = |name: &str, text: &[u8]| {
        let path = page_dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let colon = file("colon", b"x-ok=1\nAuthorization: secret\n");
    let binary = file("binary", b"x=\xffsecret");
    let long = file("long", &b"x=secret\n".repeat(20_000));
    let to = ["--forward", "http://a.example"];
    let with_file = |path| [&to[..], &["--forward-header-file", path]].concat();
    for (arguments, words) in [
        (with_file(&colon), "line 2: give NAME=VALUE"),
        (with_file(&binary), "it cannot be read"),
        (with_file(&long), "larger than 64 KiB"),
        (with_file("/no/such/file"), "it cannot be read"),
        (with_file(page_dir.path().to_str().unwrap()), "it cannot be read"),
        (vec!["--forward", "http://me:secret@a.example"], "--forward-header-file"),
        (vec!["--forward", "http://me:se?secret@a.example"], "no http URL"),
        (vec!["--forward", "ftp://a.example?key=secret"], "no http URL"),
        (vec!["--forward", "https://a.example", "--forward-ca", "/no/such/file"], "cannot be read"),
        (vec!["--forward", "http://a.example", "--forward-header", "Authorization=Bearer", "secret"], "in quotes"),
        (vec!["secret"], "belongs to no flag"),
        (vec!["--forward-haeder=Authorization=secret"], "--forward-haeder"),
        (vec!["--forward-header", "Authorization=secret"], "--forward <URL>"),
    ] {
        let refused = output(&[&ANY_PORTS[..], &arguments].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains(words) && !message.contains("secret"), "{arguments:?}: {message}");
    }
}
