//! `/api/v3/trace-summaries`, by which Jaeger's UI searches from 2.19 on, asked as it asks. The answers are in the form that its
//! schemas check, and count what Jaeger's own handler counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    client::Response,
    fixture::{Collector, request, span},
};

/// From the search form: ISO times of whole milliseconds.
const TIMES: &str = "query.startTimeMin=2023-11-14T22%3A13%3A20.000Z&query.startTimeMax=2023-11-14T22%3A13%3A30.000Z";

/// Trace 1 is of three services with an error in one and a span whose parent is missing, trace 2 has no root, trace 3 is alone.
pub fn collector() -> Collector {
    let collector = Collector::start();
    let failed =
        span(1, 3, 2, "select", 20, 60) + r#","status":{"code":2},"attributes":[{"key":"n","value":{"intValue":"7"}}]"#;
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 1_000), span(1, 4, 1, "render", 500, 1_900)]));
    collector.take(&request("users", &[span(1, 2, 1, "find", 10, 100), span(1, 7, 6, "lost", 11, 12)]));
    collector.take(&request("db", &[failed, span(1, 5, 2, "select", 70, 80)]));
    collector.take(&request("mail", &[span(2, 2, 9, "send", 5_000, 5_002), span(2, 3, 2, "smtp", 5_001, 5_002)]));
    // A later root of trace 3 came first; it is called by the earliest.
    collector.take(&request("web", &[span(3, 2, 0, "later", 9_050, 9_060), span(3, 1, 0, "GET /", 9_000, 9_100)]));
    collector
}

fn summaries(collector: &Collector, query: &str) -> Response {
    collector.view(&format!("/api/v3/trace-summaries?{query}"))
}

/// The last digit of each trace's id.
fn found(collector: &Collector, query: &str) -> String {
    let answer = summaries(collector, query).json();
    let list = answer["summaries"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
    list.iter().map(|summary| &summary["traceId"].as_str().unwrap()[31..]).collect()
}

#[test]
fn a_search_gives_summaries_without_what_is_zero() {
    let collector = collector();
    let answer = summaries(&collector, &format!("query.serviceName=web&{TIMES}&query.searchDepth=20"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        answer.json(),
        json!({ "summaries": [
            {
                "traceId": format!("{:032x}", 3), "rootServiceName": "web", "rootOperationName": "GET /",
                "minStartTimeUnixNano": "1700000000009000000", "maxEndTimeUnixNano": "1700000000009100000",
                "spanCount": 2, "services": [{ "name": "web", "spanCount": 2 }],
            },
            {
                "traceId": format!("{:032x}", 1), "rootServiceName": "web", "rootOperationName": "GET /",
                "minStartTimeUnixNano": "1700000000000000000", "maxEndTimeUnixNano": "1700000000001900000",
                "spanCount": 6, "errorSpanCount": 1, "orphanSpanCount": 1,
                "services": [
                    { "name": "db", "spanCount": 2, "errorSpanCount": 1 },
                    { "name": "users", "spanCount": 2 },
                    { "name": "web", "spanCount": 2 },
                ],
            },
        ] })
    );
    // All services: the UI leaves the name away. The root of trace 2 has not come, so it has no name.
    let all = summaries(&collector, &format!("{TIMES}&query.searchDepth=20")).json();
    let rootless = json!({
        "traceId": format!("{:032x}", 2), "minStartTimeUnixNano": "1700000000005000000",
        "maxEndTimeUnixNano": "1700000000005002000", "spanCount": 2, "orphanSpanCount": 1,
        "services": [{ "name": "mail", "spanCount": 2 }],
    });
    assert_eq!((all["summaries"].as_array().map(Vec::len), &all["summaries"][1]), (Some(3), &rootless));
    let none = summaries(&collector, &format!("query.serviceName=nobody&{TIMES}"));
    assert_eq!((none.status, none.text()), (200, r#"{"summaries":[]}"#));
}

#[test]
fn every_field_of_the_search_form_narrows() {
    let collector = collector();
    for (query, expected) in [
        ("", "321"),
        ("query.serviceName=db", "1"),
        ("query.serviceName=web&query.operationName=later", "3"),
        ("query.serviceName=web&query.operationName=select", ""),
        ("query.searchDepth=2", "32"),
        ("query.durationMin=1ms", "1"),
        ("query.durationMin=80us&query.durationMax=0.1ms", "31"),
        ("query.durationMax=1.5us", "21"),
        ("query.attributes=%7B%22error%22%3A%22true%22%7D", "1"),
        ("query.attributes=%7B%22error%22%3A%22true%22%2C%22n%22%3A%227%22%7D", "1"),
        ("query.attributes=%7B%22n%22%3A%228%22%7D", ""),
        ("query.rawTraces=true", "321"),
    ] {
        assert_eq!(found(&collector, &format!("{TIMES}&{query}")), expected, "{query}");
    }
    let between = "query.startTimeMin=2023-11-14T22:13:20.004Z&query.startTimeMax=2023-11-14T22:13:20.006Z";
    assert_eq!(found(&collector, between), "2");
    let other_spelling =
        "query.start_time_min=2023-11-14T22:13:20Z&query.start_time_max=2023-11-14T22:13:21Z&query.num_traces=1";
    assert_eq!(found(&collector, other_spelling), "3");
}

#[test]
fn a_search_that_is_none_is_refused_in_jaegers_form() {
    let collector = collector();
    for (query, words) in [
        ("", "'query.startTimeMin' is required"),
        ("query.serviceName=web", "'query.startTimeMin' is required"),
        ("query.startTimeMin=2023-11-14T22:13:20Z", "'query.startTimeMax' is required"),
        ("query.startTimeMin=1700000000000000&query.startTimeMax=1700000000000001", "RFC 3339"),
        ("query.startTimeMin=2023-11-14T22:13:21Z&query.startTimeMax=2023-11-14T22:13:20Z", "must not be after"),
        (&format!("{TIMES}&query.durationMin=5"), "such as 100ms"),
        (&format!("{TIMES}&query.durationMin=2s&query.durationMax=1s"), "greater than"),
        (&format!("{TIMES}&query.searchDepth=many"), "from 1"),
        (&format!("{TIMES}&query.attributes=error%3Dtrue"), "JSON object"),
        (&format!("{TIMES}&query.attributes=%7B%22n%22%3A7%7D"), "must be a string"),
        (&format!("{TIMES}&query.filter=%7B%22name%22%3A%22and%22%7D"), "'query.filter' is not supported"),
    ] {
        let answer = summaries(&collector, query);
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["httpCode"]), (400, &json!(400)), "{query}");
        assert!(error["message"].as_str().unwrap().contains(words), "{query}: {error}");
    }
}

#[test]
fn summaries_of_spans_that_make_no_sense() {
    let collector = Collector::start();
    let times = |id: u64, start: u64, end: u64| {
        format!(r#""traceId":"{id:032x}","spanId":"{id:016x}","startTimeUnixNano":"{start}","endTimeUnixNano":"{end}""#)
    };
    // The ends of time, an end before its start, no name; a span that is its own parent is there.
    let own = span(4, 4, 4, "own", 0, 1);
    collector.post(&request("", &[times(1, 0, 0), times(2, u64::MAX, u64::MAX), times(3, 9, 5), own]));
    let ever = "query.startTimeMin=1970-01-01T00:00:00Z&query.startTimeMax=2554-07-21T23:34:33.709551615Z";
    let answer = summaries(&collector, ever).json();
    let of = |trace: u64| {
        let id = json!(format!("{trace:032x}"));
        answer["summaries"].as_array().unwrap().iter().find(|summary| summary["traceId"] == id).unwrap()
    };
    let services = json!([{ "name": "empty-service-name", "spanCount": 1 }]);
    let id = format!("{:032x}", 1);
    assert_eq!(
        of(1),
        &json!({ "traceId": id, "rootServiceName": "empty-service-name", "spanCount": 1, "services": services })
    );
    assert_eq!(of(2)["maxEndTimeUnixNano"], u64::MAX.to_string());
    assert_eq!((&of(3)["minStartTimeUnixNano"], &of(3)["maxEndTimeUnixNano"]), (&json!("9"), &json!("9")));
    assert_eq!((&of(4)["rootOperationName"], &of(4)["orphanSpanCount"]), (&Value::Null, &Value::Null));
}

/// Random traces in random pieces: each summary is what Jaeger's own way to count gives for the spans of the trace.
#[test]
fn summaries_are_what_the_spans_add_up_to() {
    let collector = Collector::start();
    let mut state = 7_u64;
    let mut below = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    for _ in 0..150 {
        let spans: Vec<String> = (0..=below(30))
            .map(|_| {
                let (trace, id, parent, start) = (1 + below(20), 1 + below(50), below(60), below(1_000));
                let status = if below(5) == 0 { r#","status":{"code":2}"# } else { "" };
                let parent = if below(4) == 0 { 0 } else { parent };
                span(trace, id, parent, &format!("op {}", below(3)), start, start + below(50)) + status
            })
            .collect();
        collector.take(&request(&format!("s{}", below(4)), &spans));
    }
    let answer = summaries(&collector, TIMES).json();
    let all = answer["summaries"].as_array().unwrap();
    assert_eq!(all.len(), 20);
    let starts: Vec<&str> = all.iter().map(|summary| summary["minStartTimeUnixNano"].as_str().unwrap()).collect();
    assert!(starts.is_sorted_by(|one, next| one >= next), "newest first: {starts:?}");
    for summary in all {
        let trace = collector.view(&format!("/api/v3/traces/{}", summary["traceId"].as_str().unwrap())).json();
        assert_eq!(*summary, counted(&trace["result"]["resourceSpans"]));
    }
}

/// As Jaeger's handler does it.
fn counted(resources: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut spans: Vec<(String, &Value)> = Vec::new();
    for resource in resources.as_array().unwrap() {
        let service = text(&resource["resource"]["attributes"][0]["value"]["stringValue"]);
        for scope in resource["scopeSpans"].as_array().unwrap() {
            spans.extend(scope["spans"].as_array().unwrap().iter().map(|span| (service.clone(), span)));
        }
    }
    let ids: BTreeSet<String> = spans.iter().map(|(_, span)| text(&span["spanId"])).collect();
    let mut services = BTreeMap::<String, (u64, u64)>::new();
    let (mut errors, mut orphans) = (0, 0);
    for (service, span) in &spans {
        let failed = u64::from(span["status"]["code"] == 2);
        let counts = services.entry(service.clone()).or_default();
        *counts = (counts.0 + 1, counts.1 + failed);
        errors += failed;
        orphans += u64::from(!span["parentSpanId"].is_null() && !ids.contains(&text(&span["parentSpanId"])));
    }
    let at = |name: &str| spans.iter().map(|(_, span)| text(&span[name])).collect::<BTreeSet<_>>();
    let roots = spans.iter().filter(|(_, span)| span["parentSpanId"].is_null());
    let root = roots.min_by_key(|(_, span)| (text(&span["startTimeUnixNano"]), text(&span["spanId"])));
    let count = |object: &mut Value, name: &str, number: u64| {
        if number > 0 {
            object[name] = number.into();
        }
    };
    let mut summary = json!({
        "traceId": spans[0].1["traceId"], "minStartTimeUnixNano": at("startTimeUnixNano").first(),
        "maxEndTimeUnixNano": at("endTimeUnixNano").last(), "services": [],
    });
    if let Some((service, span)) = root {
        summary["rootServiceName"] = service.as_str().into();
        summary["rootOperationName"] = span["name"].clone();
    }
    count(&mut summary, "spanCount", spans.len() as u64);
    count(&mut summary, "errorSpanCount", errors);
    count(&mut summary, "orphanSpanCount", orphans);
    let services = services.into_iter().map(|(name, (spans, errors))| {
        let mut service = json!({ "name": name });
        count(&mut service, "spanCount", spans);
        count(&mut service, "errorSpanCount", errors);
        service
    });
    summary["services"] = services.collect();
    summary
}
