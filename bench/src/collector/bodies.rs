//! What is sent: requests of OTLP JSON, the same ones to everybody.
//!
//! Each has the spans of one service, in trees of four as the page makes them. Every span has two attributes, so that there
//! are tags that one trace has, that many have, and that no span has together.

use std::fmt::Write;

use axum::body::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// Spans of a request, as many as a browser's batch has.
pub const BATCH: usize = 512;
const TREE: [&str; 4] = ["GetUser", "GetInfo", "GetDetail", "GetScores"];
pub const SERVICES: usize = 8;
/// So many values has the attribute that many spans share.
pub const SHARDS: usize = 16;
/// When the first span starts, and how much later each trace does, in nanoseconds.
pub const BEGIN: u64 = 1_700_000_000_000_000_000;
const BETWEEN: u64 = 1_000_000;

/// Requests of one span each, of a service of their own.
pub fn small(requests: usize) -> Vec<String> {
    let small = |number: usize| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"small"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","name":"small","kind":1,"startTimeUnixNano":"{BEGIN}","endTimeUnixNano":"{BEGIN}"}}]}}]}}]}}"#,
            number + 1,
            number + 1,
        )
    };
    (0..requests).map(small).collect()
}

/// As many whole requests as so many spans make: no more, for what is kept is bounded.
pub fn requests(spans: usize) -> Vec<String> {
    (0..spans / BATCH).map(request).collect()
}

/// The same in protobuf, and framed as gRPC does.
pub fn in_protobuf(requests: &[String]) -> [Vec<Bytes>; 2] {
    let encoded = |request: &String| {
        let request: ExportTraceServiceRequest = serde_json::from_str(request).unwrap_or_default();
        Bytes::from(request.encode_to_vec())
    };
    let bare: Vec<_> = requests.iter().map(encoded).collect();
    let framed = |message: &Bytes| {
        let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
        [&[0], &length[..], message].concat().into()
    };
    let framed = bare.iter().map(framed).collect();
    [bare, framed]
}

/// Requests in which each span has a service, or an operation, of its own, and a trace: nothing is shared.
pub fn distinct(spans: usize, services: bool) -> Vec<String> {
    let of_one = |span: usize| {
        let (service, name) = if services {
            (format!("service-{span}"), "one".into())
        } else {
            ("all".into(), format!("operation-{span}"))
        };
        format!(
            r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{:016x}","name":"{name}","kind":1,"startTimeUnixNano":"{BEGIN}","endTimeUnixNano":"{BEGIN}"}}]}}]}}"#,
            trace_id(span),
            span + 1,
        )
    };
    let request = |number: usize| {
        let spans: Vec<_> = (number * BATCH..(number + 1) * BATCH).map(of_one).collect();
        format!(r#"{{"resourceSpans":[{}]}}"#, spans.join(","))
    };
    (0..spans / BATCH).map(request).collect()
}

pub fn request(number: usize) -> String {
    let mut out = String::with_capacity(BATCH * 400);
    let service = service(number % SERVICES);
    let _ = write!(
        out,
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"scope":{{"name":"bench"}},"spans":["#
    );
    for span in 0..BATCH {
        out += if span == 0 { "" } else { "," };
        push(&mut out, number * BATCH + span);
    }
    out += "]}]}]}";
    out
}

fn push(out: &mut String, span: usize) {
    let (trace, place) = (span / TREE.len(), span % TREE.len());
    let root = span - place;
    let start = BEGIN + trace as u64 * BETWEEN + place as u64 * 1_000;
    let end = start + duration(span);
    let _ = write!(out, r#"{{"traceId":"{}","spanId":"{:016x}""#, trace_id(trace), span + 1);
    if place > 0 {
        let _ = write!(out, r#","parentSpanId":"{:016x}""#, root + 1);
    }
    let (key, value) = if place == 0 { ("user.id", user(trace)) } else { ("shard", shard(span)) };
    let _ = write!(
        out,
        r#","name":"{}","kind":1,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","attributes":[{{"key":"{key}","value":{{"stringValue":"{value}"}}}},{{"key":"row.count","value":{{"intValue":"{}"}}}}],"status":{{}}}}"#,
        TREE[place],
        scattered(span) % 1_000,
    );
}

pub fn service(number: usize) -> String {
    format!("service-{number}")
}

/// Not in order, as ids are not.
pub fn trace_id(trace: usize) -> String {
    format!("{:016x}{trace:016x}", scattered(trace) | 1)
}

/// Once in all.
pub fn user(trace: usize) -> String {
    format!("u{trace}")
}

fn shard(span: usize) -> String {
    format!("s{}", scattered(span) as usize % SHARDS)
}

/// Up to a second; one in a thousand is longer than 999 ms.
fn duration(span: usize) -> u64 {
    scattered(span) % 1_000_000_000
}

/// SplitMix64's last step: as if by chance, and the same each time.
fn scattered(number: usize) -> u64 {
    let mut value = (number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::HashSet;

    #[test]
    fn every_span_is_another_and_the_requests_are_json() {
        let mut ids = HashSet::new();
        for request in requests(2 * BATCH) {
            let request: Value = serde_json::from_str(&request).unwrap();
            let spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
            assert_eq!(spans.len(), BATCH);
            for span in spans {
                assert!(ids.insert((span["traceId"].as_str().unwrap().to_owned(), span["spanId"].to_string())));
            }
        }
        assert_eq!(ids.len(), 2 * BATCH);
        let traces: HashSet<_> = ids.iter().map(|(trace, _)| trace).collect();
        assert_eq!(traces.len(), 2 * BATCH / TREE.len());
    }

    #[test]
    fn protobuf_has_the_same_spans() {
        let [bare, framed] = in_protobuf(&requests(BATCH));
        let request = ExportTraceServiceRequest::decode(bare[0].clone()).unwrap();
        assert_eq!(request.resource_spans[0].scope_spans[0].spans.len(), BATCH);
        assert_eq!(framed[0].len(), bare[0].len() + 5);
        assert_eq!(distinct(2 * BATCH, true).len(), 2);
    }
}
