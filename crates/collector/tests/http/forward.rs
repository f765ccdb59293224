//! What is handed on to another endpoint: as it came, tried again, bounded, and accounted for.

use std::{thread, time::Duration};

use collector::{Config, Counts, Forward, Patience, Target};

use crate::{
    client::send,
    endpoint::{Answer, Endpoint, status},
    fixture::{Collector, PageDir, config, request, span},
    gzip::gzip,
    protobuf::{PROTOBUF, one_span},
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn forward(url: &str, headers: &[&str]) -> Forward {
    let headers: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    let mut forward = Forward::to(Target::new(url, &headers).unwrap());
    forward.patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        in_all: Duration::from_secs(100),
    };
    forward
}

fn collector(forward: Forward) -> Collector {
    let page_dir = PageDir::built();
    let config = Config { forward: Some(forward), ..config(&page_dir) };
    Collector::with(config, page_dir)
}

/// Waits until every request has come to an end.
pub fn settled(collector: &Collector) -> Counts {
    for _ in 0..6_000 {
        let counts = collector.forwarded();
        if counts.offered == counts.delivered + counts.dropped {
            return counts;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("still under way: {:?}", collector.forwarded());
}

#[test]
fn bodies_arrive_as_they_came_with_the_headers_of_the_command_line() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let url = format!("{}/tenant/", endpoint.url());
    let collector = collector(forward(&url, &["Authorization=Bearer a=b", "x-tenant=shop", "X-Tenant=two"]));
    assert_eq!(collector.addresses.forward.as_deref(), Some(&*format!("{url}v1/traces")));
    let json = request("shop", &[span(1, 1, 0, "root", 0, 5)]).into_bytes();
    let cases = [
        (JSON, None, json.clone()),
        (JSON, Some("gzip"), gzip(&json)),
        (PROTOBUF, None, one_span()),
        (PROTOBUF, Some("gzip"), gzip(&one_span())),
        (PROTOBUF, None, Vec::new()),
    ];
    for (content_type, encoding, body) in cases {
        let mut headers = vec![content_type, ("authorization", "a page's own"), ("cookie", "a=b")];
        headers.extend(encoding.map(|encoding| ("content-encoding", encoding)));
        assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &headers, &body).status, 200);
        let received = endpoint.next();
        assert_eq!(received.target, "/tenant/v1/traces");
        assert_eq!(received.body, body);
        assert_eq!(received.header("content-type"), Some(content_type.1));
        assert_eq!(received.header("content-encoding"), encoding);
        assert_eq!(received.header("authorization"), Some("Bearer a=b"));
        assert_eq!(received.header("x-tenant"), Some("shop"));
        assert_eq!(received.header("host"), Some(&*endpoint.address.to_string()));
        assert!(received.header("user-agent").unwrap().starts_with("collector/"));
        assert_eq!(received.header("cookie"), None);
    }
    assert_eq!(settled(&collector), Counts { offered: 5, delivered: 5, dropped: 0 });
}

#[test]
fn what_is_refused_here_is_not_handed_on() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let collector = collector(forward(&endpoint.url(), &[]));
    assert_eq!(collector.post("x").status, 400);
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &[("content-type", "text/plain")], b"{}").status, 415);
    let partly = request("shop", &[r#""name":"no ids""#.into(), span(1, 1, 0, "root", 0, 5)]);
    assert_eq!(collector.post(&partly).json()["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(endpoint.next().body, partly.as_bytes(), "partly taken is taken, and the other side judges for itself");
    assert_eq!(settled(&collector), Counts { offered: 1, delivered: 1, dropped: 0 });
}

#[test]
fn outages_are_waited_out() {
    let answers = [
        status("503 Service Unavailable", "", ""),
        status("429 Too Many Requests", "retry-after: 0\r\n", "slow down"),
        status("502 Bad Gateway", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""),
        status("504 Gateway Timeout", "retry-after: soon\r\n", ""),
        Answer::Nothing,
        Answer::Text("nonsense\r\n\r\n".into()),
        Endpoint::ok(),
    ];
    let endpoint = Endpoint::start(answers);
    let collector = collector(forward(&endpoint.url(), &[]));
    let body = request("shop", &[span(1, 1, 0, "root", 0, 5)]);
    collector.take(&body);
    for attempt in 1..=7 {
        assert_eq!(endpoint.next().body, body.as_bytes(), "attempt {attempt}");
    }
    assert_eq!(settled(&collector), Counts { offered: 1, delivered: 1, dropped: 0 });
    assert!(endpoint.received_no_more());
}

#[test]
fn refusals_are_final_and_counted() {
    for refusal in ["400 Bad Request", "401 Unauthorized", "404 Not Found", "500 Internal Server Error", "301 Moved"] {
        let endpoint = Endpoint::start([status(refusal, "", "no"), Endpoint::ok()]);
        let collector = collector(forward(&endpoint.url(), &[]));
        collector.take("{}");
        assert_eq!(settled(&collector), Counts { offered: 1, delivered: 0, dropped: 1 }, "{refusal}");
        collector.take("{}");
        assert_eq!(settled(&collector), Counts { offered: 2, delivered: 1, dropped: 1 }, "{refusal}");
    }
}

#[test]
fn a_pause_that_is_asked_for_is_kept_or_the_request_given_up() {
    for after in ["3600", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let endpoint = Endpoint::start([
            status("429 Too Many Requests", &format!("retry-after: {after}\r\n"), ""),
            Endpoint::ok(),
        ]);
        let collector = collector(forward(&endpoint.url(), &[]));
        collector.take("{}");
        // Longer than its patience: one attempt and no more.
        assert_eq!(settled(&collector), Counts { offered: 1, delivered: 0, dropped: 1 }, "{after}");
        endpoint.next();
        assert!(endpoint.received_no_more());
    }
}

#[test]
fn the_queue_is_bounded_and_what_is_beyond_is_dropped_and_counted() {
    let endpoint = Endpoint::start([Answer::Later]);
    let mut forward = forward(&endpoint.url(), &[]);
    forward.queue = 5_000;
    let collector = collector(forward);
    let body = format!("{{{}}}", " ".repeat(1_000));
    for _ in 0..10 {
        collector.take(&body);
    }
    // Three have room at 1,002 bytes and some overhead each.
    (0..3).for_each(|_| drop(endpoint.next()));
    assert_eq!(collector.forwarded(), Counts { offered: 10, delivered: 0, dropped: 7 });
    // What was received last is noted before its answer is held.
    while settled_after_release(&endpoint, &collector).delivered < 3 {}
    collector.take(&body);
    assert_eq!(endpoint.next().body, body.as_bytes(), "there is room again");
    while settled_after_release(&endpoint, &collector).delivered < 4 {}
}

fn settled_after_release(endpoint: &Endpoint, collector: &Collector) -> Counts {
    endpoint.release();
    thread::sleep(Duration::from_millis(5));
    collector.forwarded()
}

#[test]
fn what_waits_is_sent_before_the_end() {
    let endpoint = Endpoint::start([status("200 OK", "", r#"{"partialSuccess":{"rejectedSpans":"1"}}"#)]);
    let mut collector = collector(forward(&endpoint.url(), &[]));
    (0..20).for_each(|_| collector.take("{}"));
    collector.stop(Duration::from_secs(60));
    (0..20).for_each(|_| assert_eq!(endpoint.next().body, b"{}"));
}

#[test]
fn an_endpoint_that_never_answers_does_not_keep_it_from_ending() {
    let endpoint = Endpoint::start([Answer::Later]);
    let mut collector = collector(forward(&endpoint.url(), &[]));
    collector.take("{}");
    endpoint.next();
    collector.stop(Duration::from_millis(50));
}

#[test]
fn where_another_program_receives_nothing_is_forwarded() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let forward = Some(forward("http://collector.example:4318", &[]));
    let collector = Collector::with(Config { forward, otlp_addr: endpoint.address, ..config(&page_dir) }, page_dir);
    assert_eq!(collector.addresses.forward, None);
    assert!(collector.addresses.notes.iter().any(|note| note.contains("nothing is forwarded")));
}
