//! What was answered with success is there after the program was killed.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::{authority, get, send},
    fixture::{PageDir, request, span},
    program::Started,
};

const SENDERS: usize = 4;
const SPANS: u64 = 20;

/// How many traces there are, and how many spans each has.
fn kept(viewer: &str) -> HashMap<u64, u64> {
    let list = get(viewer, "/api/list?limit=1000000").json();
    let traces = list["traces"].as_array().unwrap().iter().map(|trace| {
        let id = u64::from_str_radix(trace["traceId"].as_str().unwrap().trim_start_matches('0'), 16).unwrap();
        (id, trace["spanCount"].as_u64().unwrap())
    });
    traces.collect()
}

fn trace_request(trace: u64) -> String {
    let spans: Vec<_> = (1..=SPANS).map(|id| span(trace, id, u64::from(id > 1), "work", id, id + 5)).collect();
    request("web", &spans)
}

fn log_request(number: u64) -> String {
    let record = json!({ "timeUnixNano": "1700000000000000000", "body": { "stringValue": number.to_string() } });
    json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record] }] }] }).to_string()
}

/// A series of its own.
fn metric_request(number: u64) -> String {
    let point = json!({ "timeUnixNano": "1700000000000000000", "asInt": number.to_string() });
    let metric = json!({ "name": format!("m{number}"), "gauge": { "dataPoints": [point] } });
    json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric] }] }] }).to_string()
}

/// Sends numbered requests until the program is gone; notes those that were answered with success.
fn load(otlp: &str, path: &str, body: fn(u64) -> String, next: &AtomicU64, answered: &Mutex<Vec<u64>>) {
    while let Ok(mut connection) = TcpStream::connect(authority(otlp)) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = body(number);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut answer = String::new();
        let sent =
            connection.write_all((head + &body).as_bytes()).and_then(|()| connection.read_to_string(&mut answer));
        if sent.is_ok() && answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"partialSuccess":{}}"#) {
            answered.lock().unwrap().push(number);
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
        thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| load(&otlp, "/v1/traces", trace_request, &next, &answered));
            }
            // Some work is done, and more is under way, each time to another point.
            while answered.lock().unwrap().len() < before + 40 {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(7 * round));
            started.child.kill().unwrap();
        });
        drop(started);

        let started = start();
        let viewer = started.url("viewer").trim_end_matches('/').to_owned();
        let kept = kept(&viewer);
        let answered = answered.lock().unwrap();
        let lost: Vec<_> = answered.iter().filter(|trace| !kept.contains_key(trace)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} are lost: {lost:?}", lost.len(), answered.len());
        assert!(kept.values().all(|spans| *spans == SPANS), "whole requests, and none twice: {kept:?}");
        let latest = answered.last().unwrap();
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

fn elements<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name].as_array().into_iter().flatten()
}

/// The numbers of the log records that are there.
fn kept_logs(viewer: &str) -> Vec<u64> {
    let answer = get(viewer, "/api/logs?limit=1000000").json();
    let scopes = elements(&answer, "resourceLogs").flat_map(|resource| elements(resource, "scopeLogs"));
    let records = scopes.flat_map(|scope| elements(scope, "logRecords"));
    records.map(|record| record["body"]["stringValue"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn traces_and_logs_outlive_a_kill_under_load_of_three_signals() {
    type Signal = (&'static str, fn(u64) -> String, fn(&str) -> Vec<u64>);
    // Metrics are load only: they are kept in memory.
    const SIGNALS: [Signal; 3] = [
        ("/v1/traces", trace_request, |viewer| kept(viewer).into_keys().collect()),
        ("/v1/logs", log_request, kept_logs),
        ("/v1/metrics", metric_request, |_| unreachable!("they are not asked for")),
    ];
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let start = || Started::printing(4, &page_dir, &["--data-dir", &data]);
    let next = AtomicU64::new(1);
    let answered = SIGNALS.map(|_| Mutex::new(Vec::new()));
    for round in 0..3 {
        let mut started = start();
        let otlp = started.url("OTLP").trim_end_matches("/v1/traces").to_owned();
        let before = answered.each_ref().map(|answered| answered.lock().unwrap().len());
        thread::scope(|scope| {
            for ((path, body, _), answered) in SIGNALS.iter().zip(&answered) {
                for _ in 0..2 {
                    scope.spawn(|| load(&otlp, path, *body, &next, answered));
                }
            }
            // Of each signal some work is done, and more is under way.
            while answered.iter().zip(before).any(|(answered, before)| answered.lock().unwrap().len() < before + 20) {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(11 * round));
            started.child.kill().unwrap();
        });
        drop(started);

        let started = start();
        let viewer = started.url("viewer").trim_end_matches('/');
        for ((path, _, kept), answered) in SIGNALS.iter().zip(&answered).take(2) {
            let (kept, answered) = (kept(viewer), answered.lock().unwrap());
            let lost: Vec<_> = answered.iter().filter(|number| !kept.contains(number)).collect();
            assert!(lost.is_empty(), "round {round}, {path}: {} of {} are lost: {lost:?}", lost.len(), answered.len());
        }
    }
}
