//! One document of all three signals (tests/peers/telemetry.json, OTLP JSON), and what of it is found in a collector of ours: both in
//! one form, in which they are compared field by field.

use crate::{likeness::differences, servers::Collector, wait};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The scope of all that the document has.
const SCOPE: &str = "peers";

/// Each signal: its part of the document, and where it is sent.
pub const SIGNALS: [&str; 3] = ["traces", "logs", "metrics"];

/// The document's path, for programs that read it.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../peers/telemetry.json");

/// The three requests of the document, of a service with this name.
pub fn document(service: &str) -> Value {
    let mut document: Value =
        serde_json::from_str(include_str!("../../peers/telemetry.json")).expect("the document is JSON");
    for (signal, resources) in [("traces", "resourceSpans"), ("logs", "resourceLogs"), ("metrics", "resourceMetrics")] {
        document[signal][resources][0]["resource"]["attributes"][0]["value"]["stringValue"] = service.into();
    }
    leave_out_recorded(&mut document["metrics"]);
    document
}

/// What programs record to make a point is no member of OTLP, and a receiver says so.
fn leave_out_recorded(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("recorded");
            members.values_mut().for_each(leave_out_recorded);
        }
        Value::Array(values) => values.iter_mut().for_each(leave_out_recorded),
        _ => {}
    }
}

/// Sends a document, as a program with an OTLP exporter would.
pub async fn send(otlp: &str, document: &Value) {
    for signal in SIGNALS {
        let request = reqwest::Client::new().post(format!("{otlp}/v1/{signal}")).json(&document[signal]);
        let answer = request.send().await.expect("the receiver answers");
        let status = answer.status();
        let text = answer.text().await.expect("to the end");
        assert!(status.is_success() && !text.contains("rror"), "{signal}: {status} {text}");
    }
}

/// The records of a document, or of what a collector gives of it, each with its scope, in an order of their own.
#[derive(Debug, PartialEq)]
pub struct Telemetry {
    pub spans: Vec<Value>,
    pub logs: Vec<Value>,
    /// Each point with its metric.
    pub points: Vec<Value>,
    /// The attributes of each resource that occurs.
    pub resources: BTreeSet<String>,
}

impl Telemetry {
    pub fn of(document: &Value) -> Self {
        let mut resources = BTreeSet::new();
        let mut read = |signal: &str, resource: &str, scope: &str, record: &str| {
            let mut records = vec![];
            for of in list(&document[signal][resource]) {
                for scoped in list(&of[scope]).iter().filter(|scoped| scoped["scope"]["name"] == SCOPE) {
                    resources.insert(normal(&of["resource"]["attributes"]).to_string());
                    let scope = json!({ "scope": normal(&scoped["scope"]), "schemaUrl": scoped["schemaUrl"] });
                    records.extend(list(&scoped[record]).iter().map(|one| json!({ "in": scope, "is": normal(one) })));
                }
            }
            records.sort_by_key(Value::to_string);
            records
        };
        let spans = read("traces", "resourceSpans", "scopeSpans", "spans");
        let logs = read("logs", "resourceLogs", "scopeLogs", "logRecords");
        let metrics = read("metrics", "resourceMetrics", "scopeMetrics", "metrics");
        let mut points: Vec<_> = metrics.iter().flat_map(points_of).collect();
        points.sort_by_key(Value::to_string);
        Self { spans, logs, points, resources }
    }

    /// What a collector has of a service, as soon as that is as much as is expected.
    pub async fn arrived(collector: &Collector, service: &str, expected: &Self) -> Self {
        let traces: BTreeSet<_> =
            expected.spans.iter().map(|span| span["is"]["traceId"].as_str().expect("an id")).collect();
        wait::until(&format!("all that {service} sent"), async || {
            let mut resource_spans = vec![];
            for trace in &traces {
                let answer = get(&collector.viewer, &format!("/api/v3/traces/{trace}")).await;
                let resources = list(&answer["result"]["resourceSpans"]).iter();
                // Several programs go on with the trace that the document names.
                resource_spans.extend(resources.filter(|of| is_of(of, service)).cloned());
            }
            let query = reqwest::Url::parse_with_params("http://any", [("service", service)]).expect("a query");
            let query = query.query().expect("a query");
            let found = Self::of(&json!({
                "traces": { "resourceSpans": resource_spans },
                "logs": get(&collector.viewer, &format!("/api/logs?{query}")).await,
                "metrics": get(&collector.viewer, &format!("/api/metrics?{query}")).await,
            }));
            if found.counts() == expected.counts() { Ok(found) } else { Err((found.counts(), expected.counts())) }
        })
        .await
    }

    /// Fails with the first record that is not as expected.
    pub fn assert_is(&self, expected: &Self) {
        for (found, expected) in
            [(&self.spans, &expected.spans), (&self.logs, &expected.logs), (&self.points, &expected.points)]
        {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                let name = &expected["is"]["name"];
                assert_eq!(differences(&format!("arrived {name}"), found, expected), Vec::<String>::new());
            }
        }
    }

    fn counts(&self) -> [usize; 3] {
        [self.spans.len(), self.logs.len(), self.points.len()]
    }
}

fn is_of(resource: &Value, service: &str) -> bool {
    let name = json!({ "key": "service.name", "value": { "stringValue": service } });
    list(&resource["resource"]["attributes"]).contains(&name)
}

/// A metric once for each of its points.
fn points_of(metric: &Value) -> Vec<Value> {
    let of = metric["is"].as_object().expect("a metric");
    let data = ["sum", "gauge", "histogram"].into_iter().find(|data| of.contains_key(*data)).expect("data");
    let point = |point: &Value| {
        let mut one = metric.clone();
        one["is"][data]["dataPoints"] = point.clone();
        one
    };
    list(&of[data]["dataPoints"]).iter().map(point).collect()
}

/// Without members that say nothing, as protobuf has it, lists of keys sorted, all numbers of one type.
pub fn normal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let says = |key: &str, value: &Value| {
                key == "value" || key.ends_with("Value") || key.starts_with("as") || !is_default(value)
            };
            let members = members.iter().map(|(key, value)| (key.clone(), normal(value)));
            members.filter(|(key, value)| says(key, value)).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => {
            let mut values: Vec<_> = values.iter().map(normal).collect();
            values.sort_by_key(|value| value["key"].as_str().map(str::to_owned));
            values.into()
        }
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "0",
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A viewer's answer; nothing for what it does not have.
async fn get(viewer: &str, path: &str) -> Value {
    let url = format!("{viewer}{path}");
    let answer = reqwest::get(&url).await.unwrap_or_else(|error| panic!("{url} does not answer: {error}"));
    answer.json().await.unwrap_or_else(|error| panic!("{url} is no JSON: {error}"))
}
