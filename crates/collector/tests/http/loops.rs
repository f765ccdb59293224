//! Collectors that hand on to each other, or one to itself: every request comes to an end.

use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use collector::{Config, Counts, Forward, Target};

use crate::{
    client::send,
    fixture::{Collector, PageDir, config, request, span},
    forward::settled,
};

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn collector(otlp_addr: SocketAddr, query_addr: SocketAddr, forward_to: &str) -> Collector {
    let page_dir = PageDir::built();
    let forward = vec![Forward::to(Target::new(forward_to, &[]).unwrap())];
    Collector::with(Config { otlp_addr, query_addr, forward, ..config(&page_dir) }, page_dir)
}

fn one_trace() -> String {
    request("web", &[span(1, 1, 0, "GET /", 0, 5)])
}

#[test]
fn what_comes_back_to_its_own_ports_is_refused() {
    let (otlp, query) = (free(), free());
    let mapped = format!("http://[::ffff:127.0.0.1]:{}", otlp.port());
    let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    let named = [format!("http://{query}"), format!("http://{otlp}"), format!("http://localhost:{}", otlp.port())];
    for to in named.into_iter().chain(has_ipv6.then_some(mapped)) {
        let collector = collector(otlp, query, &to);
        collector.take(&one_trace());
        assert_eq!(settled(&collector), Counts { offered: 1, delivered: 0, dropped: 1 }, "{to}");
        assert_eq!(collector.view(&format!("/api/traces/{:032x}", 1)).status, 200);
    }
}

#[test]
fn two_that_point_at_each_other_keep_each_request_once() {
    let (first, second) = (free(), free());
    let there = collector(second, free(), &format!("http://{first}"));
    let here = collector(first, free(), &format!("http://{second}"));
    here.take(&one_trace());
    assert_eq!(settled(&here), Counts { offered: 1, delivered: 1, dropped: 0 });
    assert_eq!(settled(&there), Counts { offered: 1, delivered: 0, dropped: 1 });
    for collector in [here, there] {
        let trace = collector.view(&format!("/api/traces/{:032x}", 1)).json();
        assert_eq!(trace["data"][0]["spans"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn a_chain_hands_on_and_the_refusal_says_what_is_wrong() {
    let last = Collector::start();
    let middle = collector(free(), free(), last.otlp());
    let first = collector(free(), free(), middle.otlp());
    first.take(&one_trace());
    for collector in [&first, &middle] {
        assert_eq!(settled(collector), Counts { offered: 1, delivered: 1, dropped: 0 });
    }
    assert_eq!(last.view(&format!("/api/traces/{:032x}", 1)).status, 200);

    let way = vec!["0123456789abcdef"; 32].join(", ");
    let headers = [("content-type", "application/json"), ("collector-forwarded-by", &way)];
    let refused = send(first.otlp(), "POST", "/v1/traces", &headers, b"{}");
    assert_eq!(refused.status, 508);
    assert!(refused.json()["message"].as_str().unwrap().contains("32 collectors"), "{}", refused.text());
    assert_eq!(send(last.otlp(), "POST", "/v1/traces", &headers, b"{}").status, 200, "it hands nothing on");
}
