//! What is handed on to another endpoint: as it came, tried again, bounded, and accounted for.

use std::{thread, time::Duration};

use collector::{Config, Counts, Forward, Patience, Target};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message;

use crate::{
    client::send,
    endpoint::{Answer, Endpoint, status},
    fixture::{Collector, PageDir, config, request, span},
    gzip::gzip,
    protobuf::{PROTOBUF, one_span},
    run::until,
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
    collector_with(vec![forward])
}

fn collector_with(forward: Vec<Forward>) -> Collector {
    let page_dir = PageDir::built();
    let config = Config { forward, ..config(&page_dir) };
    Collector::with(config, page_dir)
}

/// The names of the spans of a body in protobuf.
pub fn names(body: &[u8]) -> Vec<String> {
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP in protobuf");
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.name).collect()
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
fn requests_arrive_in_protobuf_with_the_headers_of_the_command_line() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let url = format!("{}/tenant/", endpoint.url());
    let collector = collector(forward(&url, &["Authorization=Bearer a=b", "x-tenant=shop", "X-Tenant=two"]));
    assert_eq!(collector.addresses.forward, [format!("{}/…/v1/traces", endpoint.url())], "a path may be a key");
    let json = request("shop", &[span(1, 1, 0, "root", 0, 5)]).into_bytes();
    let cases = [
        (JSON, None, json.clone(), vec!["root"]),
        (JSON, Some("gzip"), gzip(&json), vec!["root"]),
        (PROTOBUF, None, one_span(), names(&one_span()).leak().iter().map(String::as_str).collect()),
        (PROTOBUF, Some("gzip"), gzip(&one_span()), names(&one_span()).leak().iter().map(String::as_str).collect()),
        (PROTOBUF, None, Vec::new(), vec![]),
    ];
    for (content_type, encoding, body, spans) in cases {
        let mut headers = vec![content_type, ("authorization", "a page's own"), ("cookie", "a=b")];
        headers.extend(encoding.map(|encoding| ("content-encoding", encoding)));
        assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &headers, &body).status, 200);
        let received = endpoint.next();
        assert_eq!(received.target, "/tenant/v1/traces");
        assert_eq!(names(&received.body), spans);
        assert_eq!(received.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(received.header("content-encoding"), None);
        assert_eq!(received.header("authorization"), Some("Bearer a=b"));
        assert_eq!(received.header("x-tenant"), Some("shop"));
        assert_eq!(received.header("host"), Some(&*endpoint.address.to_string()));
        assert!(received.header("user-agent").unwrap().starts_with("collector/"));
        assert_eq!(received.header("cookie"), None);
    }
    assert_eq!(settled(&collector), Counts { offered: 5, delivered: 5, dropped: 0 });
}

#[test]
fn it_is_compressed_if_that_is_asked_for() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let mut forward = forward(&endpoint.url(), &[]);
    forward.target = forward.target.with_gzip(true);
    let collector = collector(forward);
    collector.take(&request("shop", &[span(1, 1, 0, "root", 0, 5)]));
    let received = endpoint.next();
    assert_eq!(received.header("content-encoding"), Some("gzip"));
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&received.body[..]), &mut body).unwrap();
    assert_eq!(names(&body), ["root"]);
}

#[test]
fn what_is_refused_here_is_not_handed_on() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let collector = collector(forward(&endpoint.url(), &[]));
    assert_eq!(collector.post("x").status, 400);
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &[("content-type", "text/plain")], b"{}").status, 415);
    let partly = request("shop", &[r#""name":"no ids""#.into(), span(1, 1, 0, "root", 0, 5)]);
    assert_eq!(collector.post(&partly).json()["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(names(&endpoint.next().body), ["root"], "partly taken is handed on in part");
    assert_eq!(settled(&collector), Counts { offered: 1, delivered: 1, dropped: 0 });
}

#[test]
fn a_record_that_cannot_be_read_costs_its_neighbours_nothing_there_either() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let collector = collector(forward(&endpoint.url(), &[]));
    let mut whole = ExportTraceServiceRequest::decode(&*one_span()).unwrap();
    let spans = &mut whole.resource_spans[0].scope_spans[0].spans;
    let mut named = |name: &str, trace_id: &[u8]| {
        let span = Span { name: name.into(), trace_id: trace_id.to_vec(), ..spans[0].clone() };
        spans.push(span);
    };
    named("without an id", b"");
    named("in Latin-1: @", b"0123456789abcdef");
    let mut body = whole.encode_to_vec();
    let at = body.iter().position(|byte| *byte == b'@').unwrap();
    body[at] = 0xe9;
    let answer = send(collector.otlp(), "POST", "/v1/traces", &[PROTOBUF], &body);
    assert_eq!(answer.status, 200);
    let received = ExportTraceServiceRequest::decode(&*endpoint.next().body).expect("what a strict reader reads");
    assert_eq!(received.resource_spans[0].resource, whole.resource_spans[0].resource);
    let names = names(&received.encode_to_vec());
    assert_eq!(names[1..], ["in Latin-1: \u{fffd}"], "{names:?}");
    assert_eq!(names.len(), 2);
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
        assert_eq!(names(&endpoint.next().body), ["root"], "attempt {attempt}");
    }
    assert_eq!(settled(&collector), Counts { offered: 1, delivered: 1, dropped: 0 });
    assert!(endpoint.received_no_more());
}

#[test]
fn refusals_are_final_and_counted() {
    for refusal in ["400 Bad Request", "404 Not Found", "500 Internal Server Error", "301 Moved"] {
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
fn the_queue_is_bounded_and_whoever_finds_no_room_is_told_to_come_again() {
    let endpoint = Endpoint::start([Answer::Later]);
    let mut forward = forward(&endpoint.url(), &[]);
    forward.queue = 5_000;
    let collector = collector(forward);
    let one = |number: u64| request("shop", &[span(number, 1, 0, &"x".repeat(1_000), 0, 5)]);
    let answers: Vec<_> = (1..=10).map(|number| collector.post(&one(number))).collect();
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    // Each takes some 1,100 bytes and some overhead.
    assert_eq!(taken, 3, "{:?}", collector.forwarded());
    let full = &answers[9];
    assert_eq!((full.status, full.header("retry-after").is_some()), (503, true));
    assert!(full.text().contains("too much waits to be forwarded"), "{}", full.text());
    assert_eq!(collector.view(&format!("/api/traces/{:032x}", 10)).status, 404, "nothing of it was kept");
    (0..3).for_each(|_| drop(endpoint.next()));
    delivered_after_release(&endpoint, &collector, 3);
    // What was delivered makes room a moment later.
    until(|| collector.post(&one(11)), |answer| answer.status == 200);
    assert_eq!(names(&endpoint.next().body), ["x".repeat(1_000)], "there is room again");
    delivered_after_release(&endpoint, &collector, 4);
}

/// Answers until so many have been delivered.
fn delivered_after_release(endpoint: &Endpoint, collector: &Collector, number: u64) {
    for _ in 0..6_000 {
        endpoint.release();
        thread::sleep(Duration::from_millis(10));
        if collector.forwarded().delivered >= number {
            return;
        }
    }
    panic!("not {number} delivered in a minute: {:?}", collector.forwarded());
}

#[test]
fn a_wrong_key_stops_it_and_what_waits_is_kept() {
    for refusal in ["401 Unauthorized", "403 Forbidden"] {
        let endpoint = Endpoint::start([status(refusal, "", "no such key")]);
        let collector = collector(forward(&endpoint.url(), &[]));
        collector.take("{}");
        endpoint.next();
        (0..3).for_each(|_| collector.take("{}"));
        assert_eq!(collector.forwarded(), Counts { offered: 4, delivered: 0, dropped: 0 }, "{refusal}");
    }
}

#[test]
fn one_target_that_is_down_does_not_hold_up_another() {
    let (up, down) = (Endpoint::start([Endpoint::ok()]), Endpoint::start([Answer::Later]));
    let with_key = |endpoint: &Endpoint, key: &str| forward(&endpoint.url(), &[&format!("x-key={key}")]);
    let collector = collector_with(vec![with_key(&down, "1"), with_key(&up, "2")]);
    for number in 0..20 {
        collector.take(&request("shop", &[span(number + 1, 1, 0, &number.to_string(), 0, 5)]));
    }
    let mut received: Vec<_> = (0..20).map(|_| up.next()).collect();
    assert!(received.iter().all(|request| request.header("x-key") == Some("2")), "each target has its own headers");
    assert_eq!(down.next().header("x-key"), Some("1"));
    received.sort_by_key(|request| names(&request.body)[0].parse::<u64>().unwrap());
    let names: Vec<_> = received.iter().flat_map(|request| names(&request.body)).collect();
    assert_eq!(names, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn one_target_that_is_full_does_not_stop_another() {
    let (up, down) = (Endpoint::start([Endpoint::ok()]), Endpoint::start([Answer::Later]));
    let mut full = forward(&down.url(), &[]);
    full.queue = 5_000;
    let collector = collector_with(vec![full, forward(&up.url(), &[])]);
    for number in 1..=10 {
        collector.take(&request("shop", &[span(number, 1, 0, &"x".repeat(1_000), 0, 5)]));
    }
    (0..10).for_each(|_| drop(up.next()));
    // Three fit, as where there is no other target; what did not is counted there, and was kept here.
    let counts = collector.forwarded();
    assert_eq!((counts.offered, counts.dropped), (20, 7));
    assert_eq!(collector.view(&format!("/api/traces/{:032x}", 10)).status, 200);
    let health = collector.view("/healthz");
    assert_eq!((health.status, &health.json()["status"]), (200, &"degraded".into()));
    assert!(health.text().contains("too much waits"), "{}", health.text());
}

#[test]
fn what_waits_is_sent_before_the_end() {
    let endpoint = Endpoint::start([status("200 OK", "", r#"{"partialSuccess":{"rejectedSpans":"1"}}"#)]);
    let mut collector = collector(forward(&endpoint.url(), &[]));
    (0..20).for_each(|_| collector.take("{}"));
    collector.stop(Duration::from_secs(60));
    (0..20).for_each(|_| assert!(endpoint.next().body.is_empty()));
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
    let forward = vec![forward("http://collector.example:4318", &[])];
    let collector = Collector::with(Config { forward, otlp_addr: endpoint.address, ..config(&page_dir) }, page_dir);
    assert!(collector.addresses.forward.is_empty());
    assert!(collector.addresses.notes.iter().any(|note| note.contains("nothing is forwarded")));
}
