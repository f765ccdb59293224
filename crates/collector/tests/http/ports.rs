//! Taken ports: what moves, what stays away, and what the page is told.

use std::{
    io::Write,
    net::{Ipv6Addr, SocketAddr, TcpListener},
};

use collector::Otlp;

use crate::{
    client::{authority, get, send},
    fixture::{Collector, PageDir, any_port, config},
};

/// A port that another program has.
fn taken() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Says so past the test runner, which shows only what failing tests print.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "not tested: {why}");
}

fn port(url: &str) -> u16 {
    authority(url).rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn without_the_otlp_port_only_the_page_is_served() {
    let (_other, address) = taken();
    let page_dir = PageDir::built();
    let config = collector::Config { otlp_addr: address, ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    assert!(matches!(collector.addresses.otlp, Otlp::Taken(taken) if taken == address));
    assert_eq!(collector.addresses.viewer, "http://localhost:16686");

    let printed = collector.addresses.to_string();
    let line = printed.lines().find(|line| line.starts_with("OTLP ")).unwrap();
    assert!(line.contains(&format!("port {} is taken", address.port())), "{line}");
    assert!(!line.contains("http://"), "{line}");
    assert!(printed.contains("viewer  http://localhost:16686/\n"), "{printed}");

    let html = collector.page("/");
    assert!(html.text().contains(&format!(r#"content="http://localhost:{}""#, address.port())));
    assert!(html.text().contains(r#"content="http://localhost:16686""#));
    assert!(html.text().contains(r#"content="Jaeger UI""#));
    for path in ["/viewer", "/viewer/trace/0af7651916cd43dd8448eb211c80319c"] {
        let viewer = collector.page(path);
        assert_eq!(viewer.status, 404);
        assert!(viewer.text().contains(r#"<a href="http://localhost:16686">Jaeger UI</a>"#), "{}", viewer.text());
    }
}

#[test]
fn a_taken_viewer_port_moves_the_viewer() {
    let (_other, address) = taken();
    let page_dir = PageDir::built();
    let config = collector::Config { query_addr: address, ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    let moved = port(&collector.addresses.viewer);
    assert_ne!(moved, address.port());
    assert_eq!(collector.view("/api/services").status, 200);
    assert!(collector.page("/").text().contains(&format!(r#"name="viewer-url" content="http://localhost:{moved}""#)));
    let note = &collector.addresses.notes[0];
    assert!(note.contains(&format!("port {} is taken", address.port())) && note.contains(&moved.to_string()), "{note}");
}

#[test]
fn a_taken_page_port_moves_the_page_and_cors_follows() {
    let (_other, address) = taken();
    let page_dir = PageDir::built();
    let config = collector::Config { page_addr: address, ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    let moved = port(&collector.addresses.page);
    assert!(moved > address.port());
    assert_eq!(collector.page("/").status, 200);
    let note = &collector.addresses.notes[0];
    assert!(note.contains(&format!("port {} is taken", address.port())) && note.contains(&moved.to_string()), "{note}");
    for (port, allowed) in [(moved, true), (address.port(), false)] {
        let origin = format!("http://localhost:{port}");
        let headers = [("origin", origin.as_str()), ("content-type", "application/json")];
        let response = send(collector.otlp(), "POST", "/v1/traces", &headers, b"{}");
        assert_eq!(response.header("access-control-allow-origin").is_some(), allowed, "{origin}");
    }
}

#[test]
fn a_listener_on_all_addresses_counts_as_taken() {
    let other = TcpListener::bind("0.0.0.0:0").unwrap();
    let address = SocketAddr::new(any_port().ip(), other.local_addr().unwrap().port());
    let page_dir = PageDir::built();
    let config = collector::Config { otlp_addr: address, ..config(&page_dir) };
    assert!(matches!(Collector::with(config, page_dir).addresses.otlp, Otlp::Taken(_)));
}

#[test]
fn both_loopback_addresses_answer_to_localhost() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        skipped("this machine has no ::1");
        return;
    }
    let collector = Collector::start();
    for url in [&collector.addresses.page, &collector.addresses.viewer] {
        assert!(url.starts_with("http://localhost:"), "{url}");
        let second = format!("http://[::1]:{}", port(url));
        assert_eq!(get(&second, "/").status, 200, "{second}");
    }
    let origin = format!("http://[::1]:{}", port(&collector.addresses.page));
    let headers = [("origin", origin.as_str()), ("content-type", "application/json")];
    let response = send(collector.otlp(), "POST", "/v1/traces", &headers, b"{}");
    assert_eq!(response.header("access-control-allow-origin"), Some(origin.as_str()));
}

#[test]
fn where_another_has_the_second_loopback_address_urls_name_ours() {
    let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        skipped("this machine has no ::1");
        return;
    };
    let address = SocketAddr::new(any_port().ip(), other.local_addr().unwrap().port());
    let page_dir = PageDir::built();
    let config = collector::Config { otlp_addr: address, ..config(&page_dir) };
    let collector = Collector::with(config, page_dir);
    assert_eq!(collector.otlp(), format!("http://{address}"));
    assert_eq!(collector.post("{}").status, 200);
    assert!(collector.page("/").text().contains(&format!(r#"content="http://{address}""#)));
}

#[test]
fn an_address_that_is_not_of_this_machine_is_an_error() {
    let page_dir = PageDir::built();
    let config = collector::Config { page_addr: "192.0.2.1:8080".parse().unwrap(), ..config(&page_dir) };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(collector::start(config)).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "cannot listen on 192.0.2.1:8080");
    assert!(std::error::Error::source(&error).is_some());
}
