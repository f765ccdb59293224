//! How it is watched, and who may send: health, metrics, keys and rates.

use std::{thread, time::Duration};

use collector::{Config, Keys, Rate};

use crate::{
    client::{Response, get, send},
    endpoint::{Endpoint, status},
    fixture::{Collector, PageDir, config, request, span},
    program::{Started, output},
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn sample(metrics: &str, series: &str) -> Option<f64> {
    let value = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    value.parse().ok()
}

/// Asks until the answer is as it is to be.
pub fn until(ask: impl Fn() -> Response, is: impl Fn(&Response) -> bool) -> Response {
    for _ in 0..6_000 {
        let answer = ask();
        if is(&answer) {
            return answer;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let answer = ask();
    panic!("not in a minute: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
}

#[test]
fn every_port_tells_how_it_goes() {
    let collector = Collector::start();
    for url in [collector.otlp(), &collector.addresses.viewer, &collector.addresses.page] {
        let health = get(url, "/healthz");
        assert_eq!((health.status, health.text()), (200, r#"{"status":"ready"}"#), "{url}");
        let metrics = get(url, "/metrics");
        assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        // What is said of a counter is said of what it is called below.
        assert!(metrics.text().contains("\n# TYPE collector_accepted_records_total counter\n"), "{}", metrics.text());
        assert_eq!(sample(metrics.text(), "collector_build_info{version=\"0.1.0\"}"), Some(1.0), "{}", metrics.text());
    }
    let accepted = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.3")];
    let metrics = send(collector.otlp(), "GET", "/metrics", &accepted, b"");
    assert!(metrics.text().contains("\n# TYPE collector_accepted_records counter\n"), "{}", metrics.text());
    assert!(metrics.text().ends_with("\n# EOF\n"));
    let foreign = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
    assert_eq!(send(&collector.addresses.viewer, "GET", "/metrics", &foreign, b"").status, 403);
}

#[test]
fn what_happens_is_counted() {
    let endpoint = Endpoint::start([Endpoint::ok()]);
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let url = endpoint.url();
    let started = Started::printing(
        5,
        &page_dir,
        &["--data-dir", &data, "--forward", &url, "--max-spans", "5", "--max-logs", "2"],
    );
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    let viewer = started.url("viewer").trim_end_matches('/').to_owned();
    let post = |body: &str| send(&otlp, "POST", "/v1/traces", &[JSON], body.as_bytes()).status;
    for trace in 1..=7 {
        assert_eq!(post(&request("shop", &[span(trace, 1, 0, "root", 0, 5)])), 200);
    }
    assert_eq!(post(&request("shop", &[r#""name":"no ids""#.into()])), 200);
    assert_eq!(post("nonsense"), 400);
    let records = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1"}]}]}]}"#;
    let points =
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asInt":1}]}}]}]}]}"#;
    for (path, body, times) in [("/v1/logs", records, 5), ("/v1/metrics", points, 1)] {
        (0..times).for_each(|_| assert_eq!(send(&otlp, "POST", path, &[JSON], body.as_bytes()).status, 200));
    }
    (0..13).for_each(|_| drop(endpoint.next()));
    let target = format!("target=\"{url}/v1/traces\"");
    let delivered = format!("collector_forwarded_requests_total{{{target},signal=\"traces\"}}");
    let metrics = until(
        || get(&viewer, "/metrics"),
        |metrics| sample(metrics.text(), &delivered).is_some_and(|count| count >= 7.0),
    );
    let metrics = metrics.text();
    for (series, expected) in [
        ("collector_accepted_records_total{signal=\"traces\"}", 7.0),
        ("collector_rejected_records_total{signal=\"traces\"}", 1.0),
        ("collector_refused_requests_total{reason=\"body\"}", 1.0),
        ("collector_refused_requests_total{reason=\"rate\"}", 0.0),
        ("collector_kept_spans", 5.0),
        ("collector_kept_traces", 5.0),
        ("collector_evicted_traces_total", 2.0),
        ("collector_kept_log_records", 2.0),
        ("collector_evicted_log_records_total", 3.0),
        ("collector_kept_metric_series", 1.0),
        ("collector_accepted_records_total{signal=\"logs\"}", 5.0),
        ("collector_budget_used_bytes", 0.0),
        (&format!("collector_forward_dropped_requests_total{{{target},signal=\"traces\"}}"), 0.0),
    ] {
        assert_eq!(sample(metrics, series), Some(expected), "{series}: {metrics}");
    }
    for series in ["collector_kept_bytes", "collector_budget_limit_bytes", "collector_commit_duration_seconds_count"] {
        assert!(sample(metrics, series).is_some_and(|value| value > 0.0), "{series}: {metrics}");
    }
    assert!(sample(metrics, &format!("collector_forward_queue_limit_bytes{{{target}}}")).is_some(), "{metrics}");
    for series in ["collector_kept_log_bytes", "collector_kept_metric_bytes"] {
        assert!(sample(metrics, series).is_some_and(|value| value > 0.0), "{series}: {metrics}");
    }
    assert!(metrics.contains("# TYPE collector_commit_duration_seconds histogram"), "{metrics}");
    well_formed(metrics);
    drop(started.end());
}

/// As a scraper reads it: each family has its help and its type before its samples, which stand together, each series once, with a
/// number; the buckets of a histogram only grow, and the last one has all.
fn well_formed(text: &str) {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
    };
    let mut families: Vec<(&str, &str)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    let mut count = None;
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let [what, name, words] = rest.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            match what {
                "HELP" => assert!(is_name(name) && !words.is_empty(), "{line}"),
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram"].contains(&words), "{line}");
                    assert!(families.iter().all(|(known, _)| *known != name), "twice: {line}");
                    families.push((name, words));
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect(line);
        let value: f64 = value.parse().expect(line);
        assert!(seen.insert(series), "twice: {line}");
        let (name, labels) =
            series.split_once('{').map_or((series, ""), |(name, rest)| (name, rest.strip_suffix('}').expect(line)));
        let (family, kind) = families.last().copied().expect(line);
        let ending = name.strip_prefix(family).expect(line);
        let endings: &[&str] = match kind {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(is_name(name) && endings.contains(&ending) && value >= 0.0, "{line}");
        // In this format, other than in OpenMetrics, a counter is called as its samples are.
        assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        for label in labels.split("\",").filter(|label| !label.is_empty()) {
            let (name, value) = label.split_once("=\"").expect(line);
            assert!(is_name(name) && !value.trim_end_matches('"').contains('\n'), "{line}");
        }
        if ending == "_bucket" {
            let le = labels.strip_prefix("le=\"").and_then(|le| le.strip_suffix('"')).expect(line);
            let le: f64 = le.replace("+Inf", "inf").parse().expect(line);
            assert!(buckets.last().is_none_or(|last| last.0 < le && last.1 <= value), "{line}");
            assert!(le.is_finite() || count == Some(value), "{line}");
            buckets.push((le, value));
        }
        if ending == "_count" {
            count = Some(value);
        }
    }
    assert!(families.len() > 10, "{text}");
}

#[test]
fn what_is_not_handed_on_shows_in_its_health() {
    let endpoint = Endpoint::start([status("401 Unauthorized", "", "no such key: sesame")]);
    let page_dir = PageDir::built();
    let url = endpoint.url();
    let arguments = ["--forward", &url, "--forward-header", "x-key=sesame"];
    let started = Started::with(&page_dir, &arguments);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    assert_eq!(send(&otlp, "POST", "/v1/traces", &[JSON], b"{}").status, 200);
    let health = until(|| get(&otlp, "/healthz"), |health| health.json()["status"] == "degraded");
    let reason = health.json()["reasons"][0].as_str().unwrap().to_owned();
    assert_eq!(health.status, 200, "requests are taken");
    assert!(reason.contains("has stopped: it answered 401 Unauthorized") && !reason.contains("sesame"), "{reason}");
}

fn guarded(keys: &[&str], rate: Option<&str>) -> Collector {
    let page_dir = PageDir::built();
    let keys = Keys::new(keys.iter().map(|&key| key.to_owned()).collect()).unwrap();
    let rate = rate.map(|rate| Rate::parse(rate).unwrap());
    Collector::with(Config { keys, rate, ..config(&page_dir) }, page_dir)
}

#[test]
fn a_key_is_asked_of_whoever_sends() {
    let collector = guarded(&["first", "second"], None);
    let origin = collector.addresses.page.clone();
    let post =
        |url: &str, header: (&str, &str)| send(url, "POST", "/v1/traces", &[JSON, header, ("origin", &origin)], b"{}");
    for url in [collector.otlp(), &collector.addresses.viewer] {
        for header in [("authorization", "Bearer first"), ("x-api-key", "second")] {
            let origin = if url == collector.otlp() { &origin } else { &collector.addresses.viewer };
            let headers = [JSON, header, ("origin", origin)];
            assert_eq!(send(url, "POST", "/v1/traces", &headers, b"{}").status, 200, "{url} {header:?}");
        }
    }
    let refused = post(collector.otlp(), ("x-api-key", "third"));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(refused.json()["code"], 16);
    assert_eq!(refused.header("access-control-allow-origin"), Some(&*origin), "the page may read what is wrong");
    assert!(!refused.text().contains("third") && !refused.text().contains("first"), "{}", refused.text());
    assert_eq!(send(&collector.addresses.viewer, "POST", "/v1/traces", &[JSON], b"{}").status, 401);
    // Pages ask first, and may send the headers.
    let asked = "authorization,content-type,x-api-key";
    let headers =
        [("origin", &*origin), ("access-control-request-method", "POST"), ("access-control-request-headers", asked)];
    let preflight = send(collector.otlp(), "OPTIONS", "/v1/traces", &headers, b"");
    let allowed = preflight.header("access-control-allow-headers").unwrap().replace(' ', "");
    assert_eq!((preflight.status, &*allowed), (204, asked));
    assert_eq!(get(collector.otlp(), "/healthz").status, 200);
    assert_eq!(collector.view("/api/services").status, 200);
    // A large request sees its answer, too.
    let large = vec![b' '; 4 << 20];
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &[JSON], &large).status, 401);
}

#[test]
fn a_sender_that_is_too_fast_is_told_to_wait_and_no_other_one() {
    let collector = guarded(&[], Some("20/h"));
    let post = |origin: &str| send(collector.otlp(), "POST", "/v1/traces", &[JSON, ("origin", origin)], b"{}");
    let page = collector.addresses.page.clone();
    let answers: Vec<_> = (0..3).map(|_| post(&page)).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 429, 429]);
    let wait: u64 = answers[1].header("retry-after").unwrap().parse().unwrap();
    assert!((100..=180).contains(&wait), "{wait}");
    assert_eq!(answers[1].json()["code"], 8);
    assert!(answers[1].text().contains("--rate"), "{}", answers[1].text());
    assert_eq!(collector.post("{}").status, 200, "a program is no page");
    assert_eq!(get(collector.otlp(), "/healthz").status, 200);
}

#[test]
fn keys_and_rates_are_settings_as_others() {
    let page_dir = PageDir::built();
    let variables = [("COLLECTOR_API_KEY", "sesame,second"), ("COLLECTOR_RATE", "1000")];
    let started = Started::in_environment(&variables, 3, &page_dir, &["--memory"]);
    let otlp = started.url("OTLP").strip_suffix("/v1/traces").unwrap().to_owned();
    assert_eq!(send(&otlp, "POST", "/v1/traces", &[JSON, ("x-api-key", "second")], b"{}").status, 200);
    assert_eq!(send(&otlp, "POST", "/v1/traces", &[JSON], b"{}").status, 401);
    let (_, said) = started.end();
    assert!(said.contains("it has no key that is known here") && !said.contains("sesame"), "{said}");
    for (arguments, words) in [(["--api-key", "a secret"], "--api-key, number 1"), (["--rate", "fast"], "--rate")] {
        let refused = output(&[&crate::program::ANY_PORTS[..], &arguments].concat());
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(
            refused.status.code() == Some(2) && message.contains(words) && !message.contains("secret"),
            "{message}"
        );
    }
}
