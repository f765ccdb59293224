//! `/v1/metrics` in, `/api/metrics` out, the newest point of each series; and Jaeger's Monitor from the spans that are kept.

use serde_json::{Value, json};

use crate::{
    fixture::{Collector, request, span},
    logs::post,
};

fn take(collector: &Collector, body: &Value) {
    let response = post(collector.otlp(), "/v1/metrics", body);
    assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#));
}

fn attribute(key: &str, text: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": text } })
}

fn metrics(service: &str, metrics: Value) -> Value {
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [attribute("service.name", service)] },
        "schemaUrl": "https://example.com/resource",
        "scopeMetrics": [{ "scope": { "name": "lib", "version": "2" }, "schemaUrl": "https://example.com/scope", "metrics": metrics }],
    }] })
}

fn exemplar() -> Value {
    json!({ "filteredAttributes": [attribute("k", "v")], "timeUnixNano": "6", "asDouble": 2.5,
        "spanId": "b7ad6b7169203331", "traceId": "0af7651916cd43dd8448eb211c80319c" })
}

/// Every kind of metric, with all that its points have; sorted by name, as the answer is.
fn every_kind() -> Value {
    let (start, at) = (("startTimeUnixNano", "5"), ("timeUnixNano", "7"));
    let point = |mut rest: Value| {
        rest["attributes"] = json!([attribute("path", "/")]);
        [start, at].into_iter().for_each(|(name, time)| rest[name] = time.into());
        rest["flags"] = 1.into();
        rest
    };
    json!([
        { "name": "a", "description": "what", "unit": "By", "metadata": [attribute("m", "1")],
          "gauge": { "dataPoints": [point(json!({ "asInt": "-12", "exemplars": [exemplar()] }))] } },
        { "name": "b", "sum": { "aggregationTemporality": 2, "isMonotonic": true,
          "dataPoints": [point(json!({ "asDouble": 1.5 })), { "timeUnixNano": "7", "asDouble": 2.5 }] } },
        { "name": "c", "histogram": { "aggregationTemporality": 1, "dataPoints": [point(json!({
            "count": "4", "sum": 10.5, "bucketCounts": ["1", "3"], "explicitBounds": [2.5], "min": 1.5, "max": 4.5,
            "exemplars": [exemplar()] }))] } },
        { "name": "d", "exponentialHistogram": { "aggregationTemporality": 2, "dataPoints": [point(json!({
            "count": "4", "sum": 10.5, "scale": -3, "zeroCount": "2", "zeroThreshold": 0.5, "min": -1.5, "max": 4.5,
            "positive": { "offset": -1, "bucketCounts": ["1", "0"] }, "negative": { "offset": 2, "bucketCounts": ["1"] },
            "exemplars": [exemplar()] }))] } },
        { "name": "e", "summary": { "dataPoints": [point(json!({
            "count": "4", "sum": 10.5, "quantileValues": [{ "quantile": 0.5, "value": 2.5 }] }))] } },
    ])
}

#[test]
fn every_kind_comes_back_field_by_field() {
    let collector = Collector::start();
    let body = metrics("shop", every_kind());
    take(&collector, &body);
    let mut answer = collector.view("/api/metrics").json();
    assert_eq!(answer["series"], 6);
    // Points of one metric stand in the order of their attributes, and order is no field.
    let sort = |answer: &mut Value| {
        let points = &mut answer["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][1]["sum"]["dataPoints"];
        points.as_array_mut().unwrap().sort_by_key(|point| point["asDouble"].to_string());
    };
    sort(&mut answer);
    assert_eq!(answer["resourceMetrics"], body["resourceMetrics"]);
}

#[test]
fn of_each_series_there_is_the_newest_point() {
    let collector = Collector::start();
    let gauge = |time: u64, value: u64, path: &str| {
        json!([{ "name": "heap", "gauge": { "dataPoints": [
            { "timeUnixNano": time.to_string(), "asInt": value.to_string(), "attributes": [attribute("path", path)] }] } }])
    };
    for (service, points) in [
        ("a", gauge(5, 1, "/")),
        ("a", gauge(7, 2, "/")),
        ("a", gauge(6, 3, "/")),
        ("a", gauge(1, 4, "/x")),
        ("b", gauge(1, 5, "/")),
    ] {
        take(&collector, &metrics(service, points));
    }
    let values = |query: &str| {
        let answer = collector.view(&format!("/api/metrics?{query}")).json();
        let elements = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        let scopes = elements(&answer, "resourceMetrics").into_iter().flat_map(|one| elements(&one, "scopeMetrics"));
        let points =
            scopes.flat_map(|one| elements(&one, "metrics")).flat_map(|one| elements(&one["gauge"], "dataPoints"));
        let mut values: Vec<_> = points.map(|point| point["asInt"].as_str().unwrap().to_owned()).collect();
        values.sort();
        values
    };
    assert_eq!(values(""), ["2", "4", "5"]);
    assert_eq!(values("service=b"), ["5"]);
    assert_eq!(values("name=heap&service=a"), ["2", "4"]);
    assert_eq!(values("name=other"), [""; 0]);
    assert_eq!(values("limit=1").len(), 1);
    assert_eq!(collector.view("/api/metrics?limit=many").status, 400);
}

#[test]
fn a_metric_without_a_name_costs_nothing_but_itself() {
    let collector = Collector::start();
    let points = json!({ "dataPoints": [{ "asInt": "1" }] });
    let body = metrics("shop", json!([{ "gauge": points }, { "name": "named", "gauge": points }]));
    let answer = post(collector.otlp(), "/v1/metrics", &body).json();
    assert_eq!(answer["partialSuccess"]["rejectedDataPoints"], "1");
    assert!(answer["partialSuccess"]["errorMessage"].as_str().unwrap().contains("no name"));
    assert_eq!(collector.view("/api/metrics").json()["series"], 1);
}

/// Calls of a service: a server's span each, at so many seconds, taking so many milliseconds.
fn calls(calls: &[(u64, u64, bool)]) -> String {
    let span = |(number, (at, took, failed)): (usize, &(u64, u64, bool))| {
        let (start, end) = (at * 1_000_000, at * 1_000_000 + took * 1_000);
        let kind = span(number as u64 + 1, 1, 0, if number % 2 == 0 { "even" } else { "odd" }, start, end)
            .replace(r#""kind":1"#, r#""kind":2"#);
        kind + if *failed { r#","status":{"code":2}"# } else { "" }
    };
    request("shop", &calls.iter().enumerate().map(span).collect::<Vec<_>>())
}

#[test]
fn jaegers_monitor_is_told_of_calls_errors_and_latencies() {
    let collector = Collector::start();
    collector.take(&calls(&[(1, 10, false), (2, 20, true), (3, 30, false), (12, 40, false)]));
    // Of another kind, and of another service.
    collector.take(&request("shop", &[span(9, 1, 0, "inside", 1_000_000, 1_005_000)]));
    collector
        .take(&request("other", &[span(10, 1, 0, "GET", 1_000_000, 1_005_000).replace(r#""kind":1"#, r#""kind":2"#)]));
    let end = 1_700_000_020_000_u64;
    let ask = |path: &str| {
        let query = format!("service=shop&endTs={end}&lookback=20000&step=10000&ratePer=10000");
        let answer = collector.view(&format!("/api/metrics/{path}&{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let values = |family: &Value| -> Vec<Value> {
        let points = family["metrics"][0]["metricPoints"].as_array().unwrap().iter();
        points.map(|point| json!([point["timestamp"], point["gaugeValue"]["doubleValue"]])).collect()
    };
    let times = ["2023-11-14T22:13:20Z", "2023-11-14T22:13:30Z", "2023-11-14T22:13:40Z"];
    let family = ask("calls?");
    assert_eq!((&family["name"], &family["type"]), (&json!("service_call_rate"), &json!("GAUGE")));
    assert_eq!(family["help"], "calls/sec, grouped by service");
    assert_eq!(family["metrics"][0]["labels"], json!([{ "name": "service_name", "value": "shop" }]));
    assert_eq!(values(&family), [json!([times[0], 0]), json!([times[1], 0.3]), json!([times[2], 0.1])]);
    let family = ask("errors?");
    assert_eq!(family["name"], "service_error_rate");
    assert_eq!(values(&family), [json!([times[1], 1.0 / 3.0]), json!([times[2], 0])]);
    let family = ask("latencies?quantile=0.5");
    assert_eq!(family["name"], "service_latencies");
    assert_eq!(values(&family), [json!([times[1], 20]), json!([times[2], 40])]);
    let family = ask("calls?groupByOperation=true");
    assert_eq!(family["name"], "service_operation_call_rate");
    let labels = json!([{ "name": "operation", "value": "even" }, { "name": "service_name", "value": "shop" }]);
    assert_eq!(family["metrics"][0]["labels"], labels);
    assert_eq!(family["metrics"].as_array().unwrap().len(), 2);
    assert_eq!(ask("calls?spanKind=internal")["metrics"][0]["metricPoints"][1]["gaugeValue"]["doubleValue"], 0.1);
    assert_eq!(ask("calls?spanKind=consumer")["metrics"], json!([]));
    assert_eq!(collector.view("/api/metrics/minstep").json()["data"], 1);
    for (path, words) in [
        ("calls", "'service' is required"),
        ("latencies?service=a", "'quantile'"),
        ("latencies?service=a&quantile=2", "'quantile'"),
        ("calls?service=a&lookback=86400000&step=1", "larger 'step'"),
    ] {
        let answer = collector.view(&format!("/api/metrics/{path}"));
        let message = answer.json()["errors"][0]["msg"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 400 && message.contains(words), "{path}: {} {message}", answer.status);
    }
}
