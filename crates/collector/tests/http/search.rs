//! Each parameter of the searches of version 1, one trace per span.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fixture::{Collector, request, span};

/// Traces 1 to 5 of `web`, 10 ms apart and 1 to 5 ms long, and 6 of `db`; the tags tell them apart.
fn collector() -> Collector {
    let collector = Collector::start();
    let web: Vec<String> = (1..=5_u64)
        .map(|number| {
            let start = number * 10_000;
            let tags = format!(
                r#""attributes":[{{"key":"n","value":{{"intValue":"{number}"}}}},{{"key":"even","value":{{"boolValue":{}}}}},
                {{"key":"half","value":{{"doubleValue":{}}}}},{{"key":"text","value":{{"stringValue":"a:b {number}"}}}},
                {{"key":"list","value":{{"arrayValue":{{"values":[{{"intValue":{number}}},{{"stringValue":"x"}}]}}}}}}],
                "events":[{{"name":"event {number}","timeUnixNano":"1","attributes":[{{"key":"of.event","value":{{"intValue":{number}}}}}]}}]"#,
                number % 2 == 0,
                number as f64 / 2.0,
            );
            let status = if number == 3 { r#","status":{"code":2,"message":"broken"}"# } else { "" };
            let name = if number < 3 { "early" } else { "late" };
            format!("{},{tags}{status}", span(number, 1, 0, name, start, start + number * 1_000))
        })
        .collect();
    collector.take(&request("web", &web));
    collector.take(&request("db", &[span(6, 1, 0, "early", 60_000, 60_000).replace("\"kind\":1", "\"kind\":3")]));
    collector
}

fn found(collector: &Collector, query: &str) -> String {
    let answer = collector.view(&format!("/api/traces?{query}")).json();
    let traces = answer["data"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
    traces.iter().map(|trace| trace["traceID"].as_str().unwrap()[15..].to_owned()).collect()
}

#[test]
fn every_parameter_narrows_the_search() {
    let collector = collector();
    const BASE: u64 = 1_700_000_000_000_000;
    let (start, end) = (BASE + 30_000, BASE + 40_000);
    for (query, expected) in [
        ("service=web", "54321"),
        ("service=db", "6"),
        ("service=nobody", ""),
        ("service=web&operation=early", "21"),
        ("service=web&operation=nothing", ""),
        ("service=web&limit=2", "54"),
        (&format!("service=web&start={start}"), "543"),
        (&format!("service=web&end={end}"), "4321"),
        (&format!("service=web&start={start}&end={end}"), "43"),
        (&format!("service=web&start={start}&end={start}"), "3"),
        (&format!("service=web&end={end}&lookback=15ms"), "43"),
        (&format!("service=web&end={end}&start={start}&lookback=1ns"), "43"),
        ("service=web&lookback=custom", "54321"),
        ("service=web&lookback=2d", ""),
        ("service=web&minDuration=3ms", "543"),
        ("service=web&maxDuration=3000us", "321"),
        ("service=web&minDuration=0.002s&maxDuration=3ms", "32"),
        ("service=web&maxDuration=0s", "54321"),
        ("service=web&tag=n:4", "4"),
        ("service=web&tag=even:true", "42"),
        ("service=web&tag=half:1.5", "3"),
        ("service=web&tag=half:2", "4"),
        ("service=web&tag=text:a:b+2", "2"),
        ("service=web&tag=list:[4,%22x%22]", "4"),
        ("service=web&tag=event:event+2", "2"),
        ("service=web&tag=of.event:5", "5"),
        ("service=web&tag=even:true&tag=n:4", "4"),
        ("service=web&tag=even:true&tag=n:3", ""),
        ("service=web&tag=n:4&tag=n:3", "3"),
        ("service=web&tags=%7B%22even%22:%22true%22,%22n%22:%222%22%7D", "2"),
        ("service=web&tags=null", "54321"),
        ("service=web&tag=error:true", "3"),
        ("service=web&tag=error:", ""),
        ("service=web&tag=otel.status_code:ERROR", "3"),
        ("service=web&tag=otel.status_description:broken", "3"),
        ("service=web&tag=span.kind:internal&limit=1", "5"),
        ("service=db&tag=span.kind:client", "6"),
        ("service=web&tag=otel.scope.name:lib&tag=otel.scope.version:1.0&limit=1", "5"),
        ("service=web&tag=internal.span.format:otlp&limit=1", "5"),
        ("service=web&tag=service.name:web", ""),
        ("service=web&operation=late&tag=even:false&minDuration=4ms", "5"),
        ("service=web&unheard=of", "54321"),
    ] {
        assert_eq!(found(&collector, query), expected, "{query}");
    }
}

#[test]
fn the_last_hour_is_the_last_hour() {
    let collector = Collector::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let ago = |minutes: u128| u64::try_from(now - minutes * 60_000_000 - 1_700_000_000_000_000).unwrap();
    let at = |trace, minutes| span(trace, 1, 0, "a", ago(minutes), ago(minutes));
    collector.take(&request("web", &[at(1, 30), at(2, 90), at(3, 3 * 24 * 60)]));
    assert_eq!(found(&collector, "service=web&lookback=1h"), "1");
    assert_eq!(found(&collector, "service=web&lookback=2d"), "12");
    assert_eq!(found(&collector, "service=web"), "123");
}

#[test]
fn a_trace_is_as_new_as_its_first_span_and_found_by_any() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 9, "late", 500, 600), span(2, 1, 0, "a", 400, 401)]));
    assert_eq!(found(&collector, "service=web"), "12");
    collector.take(&request("db", &[span(1, 9, 0, "root", 1, 1_000)]));
    assert_eq!(found(&collector, "service=web"), "21");
    assert_eq!(found(&collector, "service=web&start=1700000000000450"), "1");
    // No one span has both.
    assert_eq!(found(&collector, "service=web&operation=root"), "");
    assert_eq!(found(&collector, "service=web&minDuration=1ms"), "");
}

#[test]
fn operations_of_a_service() {
    let collector = collector();
    let listed = |path: &str| -> Value { collector.view(path).json() };
    let envelope = |data: Value| {
        let total = data.as_array().map(Vec::len);
        json!({ "data": data, "total": total, "limit": 0, "offset": 0, "errors": null })
    };
    assert_eq!(listed("/api/services/web/operations"), envelope(json!(["early", "late"])));
    assert_eq!(listed("/api/services/nobody/operations"), envelope(json!([])));
    let of = |name: &str, kind: &str| json!({ "name": name, "spanKind": kind });
    let both = json!([of("early", "internal"), of("late", "internal")]);
    assert_eq!(listed("/api/operations?service=web"), envelope(both));
    assert_eq!(listed("/api/operations?service=web&spanKind=client"), envelope(json!([])));
    assert_eq!(listed("/api/operations?service=db&spanKind=client"), envelope(json!([of("early", "client")])));

    // One name with two kinds, and a service whose name must be encoded.
    collector.take(&request(
        "a b/c?",
        &[span(7, 1, 0, "x", 0, 1), span(7, 2, 0, "x", 0, 1).replace("\"kind\":1", "\"kind\":2")],
    ));
    assert_eq!(listed("/api/services/a%20b%2Fc%3F/operations"), envelope(json!(["x"])));
    let kinds = json!([of("x", "internal"), of("x", "server")]);
    assert_eq!(listed("/api/operations?service=a+b%2Fc%3F"), envelope(kinds));
}
