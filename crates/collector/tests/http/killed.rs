//! What was answered with success is there after the program was killed.

use std::{
    collections::{HashMap, HashSet},
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    client::{authority, get, send},
    fixture::{PageDir, request, span},
    program::Started,
};

const SENDERS: usize = 4;
const SPANS: u64 = 20;

/// The numbers of the log records that there are.
fn kept_logs(viewer: &str) -> HashSet<u64> {
    let answer = get(viewer, "/api/logs?limit=10000").json();
    let of = |value: &serde_json::Value, list: &str| value[list].as_array().cloned().unwrap_or_default();
    let scopes = of(&answer, "resourceLogs").into_iter().flat_map(|resource| of(&resource, "scopeLogs"));
    let records = scopes.flat_map(|scope| of(&scope, "logRecords"));
    records.map(|record| record["eventName"].as_str().unwrap().parse().unwrap()).collect()
}

/// How many traces there are, and how many spans each has.
fn kept(viewer: &str) -> HashMap<u64, u64> {
    let list = get(viewer, "/api/list?limit=1000000").json();
    let traces = list["traces"].as_array().unwrap().iter().map(|trace| {
        let id = u64::from_str_radix(trace["traceId"].as_str().unwrap().trim_start_matches('0'), 16).unwrap();
        (id, trace["spanCount"].as_u64().unwrap())
    });
    traces.collect()
}

/// Sends traces, log records and metrics, one a request, until the program is gone; notes the numbers of those that were answered with
/// success. A number that three divides is a log record's, one that follows it a metric's.
fn load(otlp: &str, next: &AtomicU64, answered: &Mutex<Vec<u64>>) {
    while let Ok(mut connection) = TcpStream::connect(authority(otlp)) {
        let trace = next.fetch_add(1, Ordering::Relaxed);
        let spans: Vec<_> = (1..=SPANS).map(|id| span(trace, id, u64::from(id > 1), "work", id, id + 5)).collect();
        let (path, body) = match trace % 3 {
            0 => (
                "/v1/logs",
                format!(
                    r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"5","eventName":"{trace}"}}]}}]}}]}}"#
                ),
            ),
            1 => (
                "/v1/metrics",
                format!(
                    r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m{trace}","gauge":{{"dataPoints":[{{"asInt":1}}]}}}}]}}]}}]}}"#
                ),
            ),
            _ => ("/v1/traces", request("web", &spans)),
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut answer = String::new();
        let sent =
            connection.write_all((head + &body).as_bytes()).and_then(|()| connection.read_to_string(&mut answer));
        if sent.is_ok() && answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"partialSuccess":{}}"#) {
            answered.lock().unwrap().push(trace);
        }
    }
}

#[test]
fn a_success_outlives_a_kill_under_load() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data]);
    let (next, answered) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    for round in 0..5 {
        let mut started = start();
        let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
        let before = answered.lock().unwrap().len();
        let is_under_way = thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| load(&otlp, &next, &answered));
            }
            // Some work is done, and more is under way, each time to another point.
            let is_under_way = (0..60_000).any(|_| {
                thread::sleep(Duration::from_millis(1));
                answered.lock().unwrap().len() >= before + 40
            });
            thread::sleep(Duration::from_millis(7 * round));
            // The senders end with it.
            started.child.kill().unwrap();
            is_under_way
        });
        assert!(is_under_way, "fewer than 40 requests were answered in a minute");
        drop(started);

        let started = start();
        let viewer = started.url("viewer").trim_end_matches('/').to_owned();
        let kept = kept(&viewer);
        let answered = answered.lock().unwrap();
        let logs = kept_logs(&viewer);
        let is_lost = |number: &&u64| match **number % 3 {
            0 => !logs.contains(*number),
            // Of metrics the newest values are in memory.
            1 => false,
            _ => !kept.contains_key(*number),
        };
        let lost: Vec<_> = answered.iter().filter(is_lost).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} are lost: {lost:?}", lost.len(), answered.len());
        assert!(kept.values().all(|spans| *spans == SPANS), "whole requests, and none twice: {kept:?}");
        let latest = answered.iter().rfind(|number| **number % 3 == 2).unwrap();
        let trace = get(&viewer, &format!("/api/traces/{latest:x}")).json();
        assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len() as u64, SPANS);
        // Whoever got no answer sends again, and is not stored twice.
        let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
        let again = request("web", &[span(*latest, 1, 0, "work", 1, 6)]);
        assert_eq!(
            send(otlp, "POST", "/v1/traces", &[("content-type", "application/json")], again.as_bytes()).status,
            200
        );
        let trace = get(&viewer, &format!("/api/traces/{latest:x}")).json();
        assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len() as u64, SPANS);
    }
}
