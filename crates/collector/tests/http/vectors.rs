//! What tests/vectors says holds here; tests/viewer/vectors.test.mjs holds the viewer to the same.

use serde_json::{Value, json};

use crate::fixture::{Collector, request, span};

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect("the vectors")).expect("JSON")
}

#[test]
fn a_trace_is_called_counted_and_measured_as_on_its_page() {
    for vector in vectors("traces") {
        let why = &vector["why"];
        let collector = Collector::start();
        collector.post(&json!({ "resourceSpans": vector["resourceSpans"] }).to_string());
        let trace = collector.view("/api/v3/traces/1").json();
        let sorted = |of: &Value| {
            let mut of: Vec<_> = of.as_array().expect("a list").iter().map(Value::to_string).collect();
            of.sort();
            of
        };
        // The page reads exactly what stands in the vector.
        assert_eq!(sorted(&trace["result"]["resourceSpans"]), sorted(&vector["resourceSpans"]), "{why}");

        let mut summary = collector.view("/api/list").json()["traces"][0].take();
        let services = vector["summary"]["services"].as_array().map(Vec::len);
        assert_eq!(summary["serviceCount"].take(), json!(services), "{why}");
        summary.as_object_mut().unwrap().retain(|key, _| key != "traceId" && key != "serviceCount");
        assert_eq!(summary, vector["summary"], "{why}");

        for (name, kind) in vector["kinds"].as_object().into_iter().flatten() {
            let operations = collector.view("/api/operations?service=web").json();
            let wanted = json!({ "name": name, "spanKind": kind });
            assert!(operations["data"].as_array().unwrap().contains(&wanted), "{wanted}: {operations}");
        }
    }
}

#[test]
fn a_value_is_found_by_the_text_that_is_shown() {
    let collector = Collector::start();
    let vectors = vectors("values");
    for (number, vector) in (1..).zip(&vectors) {
        let attribute = format!(r#","attributes":[{{"key":"v","value":{}}}]"#, vector["value"]);
        collector.take(&request("web", &[span(number, 1, 0, "v", 0, 1) + &attribute]));
    }
    for (number, vector) in (1_u64..).zip(&vectors) {
        let tags: String =
            form_urlencoded::byte_serialize(json!({ "v": vector["text"] }).to_string().as_bytes()).collect();
        let answer = collector.view(&format!("/api/list?limit=1000&tags={tags}"));
        let found = answer.json()["traces"]
            .as_array()
            .map(|found| found.iter().any(|trace| trace["traceId"] == format!("{number:032x}")));
        assert_eq!(found, Some(true), "{vector}");
    }
}

/// Whatever the viewer shows as an attribute, with a button to copy it.
#[test]
fn an_attribute_is_found_wherever_it_is() {
    let collector = Collector::start();
    let pair = |key: &str| json!([{ "key": key, "value": { "stringValue": "x" } }]);
    let span = json!({
        "traceId": format!("{:032x}", 1), "spanId": format!("{:016x}", 1), "name": "a", "attributes": pair("own"),
        "events": [{ "name": "e", "attributes": pair("of.event") }],
        "links": [{ "traceId": format!("{:032x}", 2), "spanId": format!("{:016x}", 1), "attributes": pair("of.link") }],
    });
    let resource = json!({ "attributes": [
        { "key": "service.name", "value": { "stringValue": "x" } }, { "key": "of.resource", "value": { "stringValue": "x" } },
    ] });
    let scope_spans = json!([{ "scope": { "attributes": pair("of.scope") }, "spans": [span] }]);
    collector.take(&json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": scope_spans }] }).to_string());
    let mut another = span.clone();
    another["traceId"] = format!("{:032x}", 3).into();
    another["attributes"] = pair("service.name");
    collector.take(&json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [another] }] }] }).to_string());
    let found = |path: &str, key: &str, text: &str| {
        let answer = collector.view(&format!("{path}tag={key}:{text}")).json();
        answer[if path.starts_with("/api/list") { "traces" } else { "data" }].as_array().map(Vec::len)
    };
    for key in ["own", "of.event", "of.link", "of.resource", "of.scope"] {
        assert!(found("/api/list?", key, "x") >= Some(1), "{key}");
        assert_eq!(found("/api/list?", key, "y"), Some(0), "{key}");
    }
    assert_eq!(found("/api/list?", "service.name", "x"), Some(2), "of a resource and of a span");
    // As Jaeger has it.
    assert_eq!(found("/api/traces?service=x&", "service.name", "x"), Some(0));
    assert_eq!(found("/api/traces?service=x&", "of.resource", "x"), Some(1));
    assert_eq!(found("/api/traces?service=OTLPResourceNoServiceName&", "service.name", "x"), Some(1));
}

#[test]
fn an_id_is_one_here_where_it_is_one_there() {
    let collector = Collector::start();
    for vector in vectors("ids") {
        let (text, id) = (vector["text"].as_str().unwrap(), vector["id"].as_str());
        let path: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let trace = collector.view(&format!("/api/traces?traceID={path}"));
        match id {
            None => assert_eq!(trace.status, 400, "{text}"),
            // As Jaeger writes it.
            Some(id) => assert_eq!(
                trace.json()["errors"][0]["traceID"],
                id.strip_prefix(&"0".repeat(16)).unwrap_or(id),
                "{text}"
            ),
        }
    }
}
