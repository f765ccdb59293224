//! What this machine may be called, and what pages are told that they can reach.

use crate::{
    client::{authority, get, send},
    fixture::{Collector, PageDir, config, request, span},
};

fn on_all_addresses() -> Collector {
    let page_dir = PageDir::built();
    let all = || "0.0.0.0:0".parse().unwrap();
    let config = collector::Config {
        page_addr: all(),
        otlp_addr: all(),
        query_addr: all(),
        grpc_addr: all(),
        allow_hosts: vec!["machine".into()],
        ..config(&page_dir)
    };
    Collector::with(config, page_dir)
}

fn port(url: &str) -> &str {
    authority(url).rsplit_once(':').unwrap().1
}

#[test]
fn every_public_port_is_noted() {
    let collector = on_all_addresses();
    let notes = &collector.addresses.notes;
    for (url, what) in [
        (collector.otlp(), "spans are taken from the whole network"),
        (&collector.addresses.viewer, "traces are shown to the whole network"),
        (&collector.addresses.page, "the page and the traces at /viewer are shown to the whole network"),
    ] {
        let note = format!("{what}, at 0.0.0.0:{}", port(url));
        assert!(notes.contains(&note), "{note}: {notes:?}");
    }
    assert!(Collector::start().addresses.notes.is_empty());
}

#[test]
fn pages_are_told_addresses_by_the_name_that_they_were_called_by() {
    let collector = on_all_addresses();
    let (page, otlp, viewer) = (&collector.addresses.page, collector.otlp(), &collector.addresses.viewer);
    for host in ["machine", "192.168.1.5", "[2001:db8::1]", "127.0.0.1", "localhost"] {
        let at = |url: &str| format!("http://{host}:{}", port(url));
        let called = |base: &str| send(base, "GET", "/", &[("host", authority(&at(base)))], b"");
        let html = called(page);
        for (name, url) in [("otlp-endpoint", at(otlp)), ("otlp-logs", at(otlp)), ("viewer-url", at(viewer))] {
            let told = format!("<meta name=\"{name}\" content=\"{url}\">");
            assert!(html.text().contains(&told), "{told}: {}", html.text());
        }
        let html = called(viewer);
        assert!(html.text().contains(&format!("{}/v1/traces", at(otlp))), "{host}: {}", html.text());
        assert!(html.text().contains(&format!("\"{}/\"", at(page))), "{host}: {}", html.text());

        // And the page that was opened so may send to where it is told to.
        let (origin, host) = (at(page), at(otlp));
        let headers = [("origin", origin.as_str()), ("host", authority(&host)), ("content-type", "application/json")];
        let body = request("web", &[span(1, 1, 0, "GET /", 0, 5)]);
        let sent = send(otlp, "POST", "/v1/traces", &headers, body.as_bytes());
        assert_eq!((sent.status, sent.header("access-control-allow-origin")), (200, Some(origin.as_str())), "{host}");
        let headers = [("origin", "http://machine:1"), headers[1], headers[2]];
        assert_eq!(send(otlp, "POST", "/v1/traces", &headers, b"{}").status, 403, "another page of that host");
    }
}

#[test]
fn only_names_that_are_allowed_are_answered_to() {
    let page_dir = PageDir::built();
    let config = collector::Config { allow_hosts: vec!["machine".into()], ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    let bases = [collector.addresses.page.as_str(), collector.otlp(), &collector.addresses.viewer];
    for base in bases {
        for (host, refused) in
            [("machine", false), ("MACHINE:1", false), ("other", true), ("machine.evil.example", true)]
        {
            let response = send(base, "GET", "/", &[("host", host)], b"");
            assert_eq!(response.status == 403, refused, "{base} {host}");
            assert!(!refused || response.text().contains("--allow-host"), "{}", response.text());
        }
        assert_ne!(get(base, "/").status, 403);
    }
    let origin = format!("http://machine:{}", port(&collector.addresses.page));
    let headers = [("origin", origin.as_str()), ("host", "machine:4318"), ("content-type", "application/json")];
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &headers, b"{}").status, 200);
    let headers = [headers[0], ("host", "localhost:4318"), headers[2]];
    assert_eq!(
        send(collector.otlp(), "POST", "/v1/traces", &headers, b"{}").status,
        403,
        "of another host than is asked"
    );
}
