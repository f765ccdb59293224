use opentelemetry_proto::tonic::{
    common::v1::{ArrayValue, KeyValue},
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;

use super::*;
use crate::ingest::{Signal, json::read};

#[test]
fn what_is_no_json() {
    for text in [
        "",
        " ",
        "x",
        "{",
        r#"{"resourceSpans":[}"#,
        "{}{}",
        "{},",
        r#"{"resourceSpans":[],}"#,
        "{'a':1}",
        "{\u{feff}}",
        "\u{feff}\u{feff}{}",
    ] {
        assert!(read_traces(text.as_bytes()).is_err(), "{text}");
    }
    assert!(span(r#""attributes":[{"key":"d","value":{"doubleValue":NaN}}]"#).is_err());
    assert!(span("\"name\":\"line\nbreak\"").is_err());
}

#[test]
fn what_has_the_wrong_type() {
    for text in ["1", "[]", r#""x""#, "true", r#"{"resourceSpans":{}}"#, r#"{"resourceSpans":[1]}"#] {
        assert!(read_traces(text.as_bytes()).is_err(), "{text}");
    }
    let fields = [
        r#""name":5"#,
        r#""name":["x"]"#,
        r#""traceId":5"#,
        r#""status":2"#,
        r#""attributes":{}"#,
        r#""kind":"SERVER""#,
        r#""kind":1.5"#,
        r#""flags":-1"#,
        r#""flags":4294967296"#,
        r#""startTimeUnixNano":-1"#,
        r#""startTimeUnixNano":1.5"#,
        r#""startTimeUnixNano":"""#,
        r#""startTimeUnixNano":" 1""#,
        r#""startTimeUnixNano":"+1""#,
        r#""startTimeUnixNano":"0x10""#,
        r#""startTimeUnixNano":18446744073709551616"#,
        r#""startTimeUnixNano":true"#,
        r#""startTimeUnixNano":"inf""#,
    ];
    for field in fields {
        assert!(span(field).is_err(), "{field}");
    }
    let values = [
        r#""stringValue":1"#,
        r#""boolValue":"true""#,
        r#""boolValue":1"#,
        r#""intValue":"9223372036854775808""#,
        r#""intValue":1.5"#,
        r#""doubleValue":"nan""#,
        r#""doubleValue":"inf""#,
        r#""doubleValue":"""#,
        r#""doubleValue":"1,5""#,
        r#""doubleValue":".5""#,
        r#""doubleValue":"1e999""#,
        r#""bytesValue":"a b""#,
        r#""bytesValue":"+_8=""#,
        r#""arrayValue":[]"#,
    ];
    for fields in values {
        assert!(value(fields).is_err(), "{fields}");
    }
}

#[test]
fn an_error_says_where_what_and_what_instead() {
    let second = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{},{"startTimeUnixNano":"soon"}]}]}]}"#;
    let message = read_traces(second).unwrap_err().to_string();
    for part in
        ["/resourceSpans/0/scopeSpans/0/spans/1/startTimeUnixNano: ", "\"soon\"", "from 0 to 2^64-1", "line 1 column 7"]
    {
        assert!(message.contains(part), "{message}");
    }
    let long = span(&format!(r#""flags":"{}""#, "9".repeat(1_000_000))).unwrap_err();
    assert!(long.len() < 300, "{} characters", long.len());
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let (open, close) = (r#""arrayValue":{"values":[{"#.repeat(levels), "}]}".repeat(levels));
        value(&format!("{open}{close}"))
    };
    assert!(nested(30).is_ok());
    assert!(nested(60).unwrap_err().contains("recursion limit"));
    assert!(nested(300_000).unwrap_err().contains("recursion limit"));
    assert!(read_traces("[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn json_is_as_deep_as_protobuf() {
    let in_list = |inner| holding(Value::ArrayValue(ArrayValue { values: vec![inner] }));
    let mut value = AnyValue::default();
    let taken: Vec<usize> = (0..60)
        .filter(|lists| {
            let attributes = vec![KeyValue { key: "k".into(), value: Some(value.clone()), ..Default::default() }];
            let spans = vec![Span { attributes, ..Default::default() }];
            let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
            let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
            let request = ExportTraceServiceRequest { resource_spans };
            let by_protobuf = ExportTraceServiceRequest::decode(&*request.encode_to_vec()).is_ok();
            let by_json = read_traces(&serde_json::to_vec(&request).unwrap()).is_ok();
            assert_eq!(by_json, by_protobuf, "{lists} lists");
            value = in_list(std::mem::take(&mut value));
            by_json
        })
        .collect();
    assert_eq!(taken, (0..=47).collect::<Vec<_>>());
}

#[test]
fn memory_is_bounded() {
    let spans = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(999));
    let read = |weight: &Weight| read::<ExportTraceServiceRequest>(spans.as_bytes(), Signal::Traces, weight);
    let weight = Weight::new(1_000 * size_of::<Span>());
    let message = read(&weight).unwrap_err().to_string();
    assert!(weight.is_exhausted() && message.contains("memory"), "{message}");
    assert!(read(&Weight::new(1_010 * size_of::<Span>())).is_ok());
}
