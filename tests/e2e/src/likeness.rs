//! Answers of two Jaegers brought into a form in which they can be compared, with the reason for each step.

use serde_json::{Map, Value, json};

/// Traces by their ids. Their order is no matter of the answer: Jaeger's UI sorts them.
pub fn traces(answer: &Value) -> Map<String, Value> {
    let traces = answer["data"].as_array().unwrap_or_else(|| panic!("traces: {answer}"));
    traces.iter().map(|one| (one["traceID"].as_str().expect("an id").to_owned(), trace(one))).collect()
}

/// Where two documents differ, for someone who reads that they do.
pub fn differences(path: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other))
            if one.len() == other.len() && one.keys().all(|key| other.contains_key(key)) =>
        {
            one.iter().flat_map(|(key, value)| differences(&format!("{path}.{key}"), value, &other[key])).collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.flat_map(|(index, (one, other))| differences(&format!("{path}[{index}]"), one, other)).collect()
        }
        (one, other) if one == other => Vec::new(),
        (one, other) => vec![format!("{path}: {one}, in the other {other}")],
    }
}

/// Names, or names with kinds, sorted: Jaeger gives them in no order, and null for none.
pub fn sorted(list: &Value) -> Vec<String> {
    let text = |entry: &Value| match &entry["spanKind"] {
        Value::Null => entry.to_string(),
        // Version 3 leaves an empty name out.
        kind => format!("{} {kind}", entry["name"].as_str().unwrap_or_default()),
    };
    let mut names: Vec<String> = list.as_array().into_iter().flatten().map(text).collect();
    names.sort();
    names
}

fn trace(trace: &Value) -> Value {
    let mut spans: Vec<Value> = trace["spans"].as_array().expect("spans").clone();
    for span in &mut spans {
        normalise(span, &trace["processes"]);
    }
    // Jaeger has them as they arrived, by many workers.
    spans.sort_by_key(|span| (span["startTime"].as_u64(), span["spanID"].to_string()));
    json!({ "spans": spans, "warnings": trace["warnings"] })
}

fn normalise(span: &mut Value, processes: &Value) {
    // Which process is p1 depends on the order of the spans.
    let process = span["processID"].as_str().expect("a process");
    span["process"] = processes[process].clone();
    span.as_object_mut().expect("a span").remove("processID");
    tags(&mut span["tags"]);
    let mut process = span["process"]["tags"].take();
    tags(&mut process);
    span["process"]["tags"] = process;
    for log in span["logs"].as_array_mut().expect("logs") {
        tags(&mut log["fields"]);
    }
    // This Jaeger puts a link within the trace before the parent, which later ones no longer do.
    let mut references: Vec<Value> = span["references"].as_array().expect("references").clone();
    references.sort_by_key(Value::to_string);
    span["references"] = references.into();
    span["warnings"] = warnings(span);
}

fn tags(tags: &mut Value) {
    for tag in tags.as_array_mut().expect("tags") {
        // The scope's names in later releases of Jaeger.
        let key = tag["key"].as_str().expect("a key").replace("otel.library.", "otel.scope.");
        tag["key"] = key.into();
        // What OTLP came as was called after another format until 1.53.
        if tag["key"] == "internal.span.format" && tag["value"] == "proto" {
            tag["value"] = "otlp".into();
        }
        // A whole number is the same number with a fraction of zero.
        if tag["type"] == "float64" {
            tag["value"] = tag["value"].as_f64().into();
        }
    }
}

/// Without those that tell that Jaeger did not move a span in time, which we never do; a missing parent in short, and only if
/// it is one: Jaeger takes a link within the trace for the parent of a span that has none.
fn warnings(span: &Value) -> Value {
    let references = span["references"].as_array().into_iter().flatten();
    let parents: Vec<_> = references.filter(|one| one["refType"] == "CHILD_OF").map(|one| &one["spanID"]).collect();
    let texts = span["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let kept = texts.filter_map(|text| {
        let short = text.split(';').next().unwrap_or_default();
        match short.strip_prefix("invalid parent span IDs=") {
            Some(id) => parents.iter().any(|parent| **parent == id).then_some(short),
            None => (!text.starts_with("clock skew adjustment disabled")).then_some(short),
        }
    });
    let kept: Vec<_> = kept.collect();
    if kept.is_empty() { Value::Null } else { json!(kept) }
}
