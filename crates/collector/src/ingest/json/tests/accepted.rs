use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

use super::*;

#[test]
fn a_whole_document() {
    let document = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],
        "droppedAttributesCount":1},"schemaUrl":"r","scopeSpans":[{"scope":{"name":"lib","version":"1","attributes":[{"key":"a"}],
        "droppedAttributesCount":2},"schemaUrl":"s","spans":[{"traceId":"0AF7651916CD43DD8448EB211C80319C",
        "spanId":"b7ad6b7169203331","parentSpanId":"B7AD6b7169203332","traceState":"a=b","flags":257,"name":"GetUser","kind":3,
        "startTimeUnixNano":"1700000000000000001","endTimeUnixNano":1700000000000000002,"droppedAttributesCount":3,
        "events":[{"timeUnixNano":"5","name":"e","attributes":[{"key":"b"}],"droppedAttributesCount":4}],"droppedEventsCount":5,
        "links":[{"traceId":"0af7651916cd43dd8448eb211c80319d","spanId":"b7ad6b7169203333","traceState":"c=d","flags":1,
        "attributes":[{"key":"c"}],"droppedAttributesCount":6}],"droppedLinksCount":7,
        "status":{"code":2,"message":"bad"}}]}]}]}"#;
    let request = read_traces(document).unwrap();
    let of_resource = &request.resource_spans[0];
    let resource = of_resource.resource.as_ref().unwrap();
    assert_eq!((of_resource.schema_url.as_str(), resource.dropped_attributes_count), ("r", 1));
    assert_eq!(resource.attributes[0].value, Some(holding(Value::StringValue("shop".into()))));
    let of_scope = &of_resource.scope_spans[0];
    let scope = of_scope.scope.as_ref().unwrap();
    assert_eq!((of_scope.schema_url.as_str(), scope.name.as_str(), scope.version.as_str()), ("s", "lib", "1"));
    assert_eq!((scope.attributes[0].key.as_str(), scope.dropped_attributes_count), ("a", 2));
    let span = &of_scope.spans[0];
    assert_eq!(span.trace_id[..4], [0x0a, 0xf7, 0x65, 0x19]);
    assert_eq!((span.span_id[7], span.parent_span_id[7], span.flags, span.kind), (0x31, 0x32, 257, 3));
    assert_eq!(
        (span.start_time_unix_nano, span.end_time_unix_nano),
        (1_700_000_000_000_000_001, 1_700_000_000_000_000_002)
    );
    assert_eq!((span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count), (3, 5, 7));
    let (event, link, status) = (&span.events[0], &span.links[0], span.status.as_ref().unwrap());
    assert_eq!(
        (event.time_unix_nano, event.name.as_str(), event.attributes.len(), event.dropped_attributes_count),
        (5, "e", 1, 4)
    );
    assert_eq!((link.trace_id[15], link.span_id[7], link.trace_state.as_str(), link.flags), (0x9d, 0x33, "c=d", 1));
    assert_eq!((link.attributes.len(), link.dropped_attributes_count), (1, 6));
    assert_eq!((status.code, status.message.as_str()), (2, "bad"));
}

#[test]
fn integers_plain_quoted_and_in_exponent_notation() {
    let times = [
        ("0", 0),
        ("1700000000000000001", 1_700_000_000_000_000_001),
        (r#""1700000000000000001""#, 1_700_000_000_000_000_001),
        ("18446744073709551615", u64::MAX),
        (r#""18446744073709551615""#, u64::MAX),
        ("1e3", 1_000),
        (r#""1.5e1""#, 15),
        ("2.0", 2),
        ("null", 0),
    ];
    for (text, expected) in times {
        assert_eq!(span(&format!(r#""startTimeUnixNano":{text}"#)).unwrap().start_time_unix_nano, expected, "{text}");
    }
    for (text, expected) in [("257", 257), (r#""257""#, 257), ("4294967295", u32::MAX), ("1e2", 100), ("null", 0)] {
        assert_eq!(span(&format!(r#""flags":{text}"#)).unwrap().flags, expected, "{text}");
    }
    for (text, expected) in [
        ("-5", -5),
        (r#""-9223372036854775808""#, i64::MIN),
        ("-9223372036854775808", i64::MIN),
        (r#""7""#, 7),
        ("-1e2", -100),
    ] {
        assert_eq!(value(&format!(r#""intValue":{text}"#)).unwrap(), Some(Value::IntValue(expected)), "{text}");
    }
}

#[test]
fn doubles_plain_quoted_and_the_three_words() {
    let cases = [
        ("1.5", 1.5),
        (r#""1.5""#, 1.5),
        ("3", 3.0),
        ("-3", -3.0),
        (r#""-1e-3""#, -0.001),
        (r#""Infinity""#, f64::INFINITY),
        (r#""-Infinity""#, f64::NEG_INFINITY),
    ];
    for (text, expected) in cases {
        assert_eq!(value(&format!(r#""doubleValue":{text}"#)).unwrap(), Some(Value::DoubleValue(expected)), "{text}");
    }
    let nan = value(r#""doubleValue":"NaN""#).unwrap();
    assert!(matches!(nan, Some(Value::DoubleValue(nan)) if nan.is_nan()));
}

#[test]
fn enums_by_number_and_name() {
    for (text, expected) in [("2", 2), (r#""2""#, 2), (r#""SPAN_KIND_SERVER""#, 2), ("99", 99), ("-1", -1), ("null", 0)]
    {
        assert_eq!(span(&format!(r#""kind":{text}"#)).unwrap().kind, expected, "{text}");
    }
    let status = span(r#""status":{"code":"STATUS_CODE_ERROR"}"#).unwrap().status.unwrap();
    assert_eq!(status.code, 2);
}

#[test]
fn ids_of_any_case_and_malformed_ones_without_losing_the_others() {
    assert_eq!(span(r#""spanId":"aBcDeF0123456789""#).unwrap().span_id, [0xab, 0xcd, 0xef, 1, 0x23, 0x45, 0x67, 0x89]);
    assert!(span(r#""spanId":"""#).unwrap().span_id.is_empty());
    assert!(span(r#""spanId":null"#).unwrap().span_id.is_empty());
    for malformed in ["xyz", "abc", "t63raBaSAzE=", "0xb7ad6b716920333", "éé", "b7ad6b716920333", "b7ad6b716920333100"]
    {
        let id = span(&format!(r#""spanId":"{malformed}""#)).unwrap().span_id;
        assert!(!id.is_empty() && id.len() != 8, "{malformed}: {id:?}");
    }
}

#[test]
fn bytes_in_both_alphabets_with_and_without_padding() {
    for text in ["-_8=", "+/8=", "-_8", "+/8"] {
        assert_eq!(
            value(&format!(r#""bytesValue":"{text}""#)).unwrap(),
            Some(Value::BytesValue(vec![0xfb, 0xff])),
            "{text}"
        );
    }
    assert_eq!(value(r#""bytesValue":"""#).unwrap(), Some(Value::BytesValue(vec![])));
}

#[test]
fn strings_with_any_escape_even_half_a_surrogate_pair() {
    let cases = [
        (r"a\u0000\n\ud83d\ude00é", "a\0\n😀é"),
        (r"\ud800x", "\u{fffd}\u{fffd}\u{fffd}x"),
        (r"x\udc00", "x\u{fffd}\u{fffd}\u{fffd}"),
    ];
    for (text, expected) in cases {
        assert_eq!(span(&format!(r#""name":"{text}""#)).unwrap().name, expected, "{text}");
    }
}

#[test]
fn lists_and_maps_as_values() {
    let array = value(r#""arrayValue":{"values":[{"intValue":1},{},null,{"arrayValue":{}}]}"#).unwrap();
    let empty_array = holding(Value::ArrayValue(ArrayValue::default()));
    let values = vec![holding(Value::IntValue(1)), AnyValue::default(), AnyValue::default(), empty_array];
    assert_eq!(array, Some(Value::ArrayValue(ArrayValue { values })));
    let map = value(r#""kvlistValue":{"values":[{"key":"b","value":{"boolValue":true}},{"key":"n"}]}"#).unwrap();
    let pair = |key: &str, value| KeyValue { key: key.into(), value, ..Default::default() };
    let values = vec![pair("b", Some(holding(Value::BoolValue(true)))), pair("n", None)];
    assert_eq!(map, Some(Value::KvlistValue(KeyValueList { values })));
}

#[test]
fn null_is_absent_everywhere() {
    for empty in ["null", "{}", r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[]}"#, " \n{ } "] {
        assert!(read_traces(empty.as_bytes()).unwrap().resource_spans.is_empty(), "{empty}");
    }
    let all = r#""traceId":null,"spanId":null,"parentSpanId":null,"traceState":null,"flags":null,"name":null,"kind":null,
        "startTimeUnixNano":null,"endTimeUnixNano":null,"attributes":null,"droppedAttributesCount":null,"events":null,
        "droppedEventsCount":null,"links":null,"droppedLinksCount":null,"status":null"#;
    assert_eq!(span(all).unwrap(), Span::default());
    for field in ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"] {
        assert_eq!(value(&format!(r#""{field}":null"#)).unwrap(), None, "{field}");
    }
    assert_eq!(value(r#""intValue":1,"stringValue":null"#).unwrap(), Some(Value::IntValue(1)));
    let request = read_traces(br#"{"resourceSpans":[null,{"resource":null,"scopeSpans":[null]}]}"#).unwrap();
    assert_eq!(request.resource_spans.len(), 2);
}

#[test]
fn unknown_fields_are_skipped_whatever_they_hold() {
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    for unknown in ["1", "null", r#""x""#, r#"{"name":"inner","a":[{}]}"#, &nested] {
        let span = span(&format!(r#""new":{unknown},"name":"n","StartTimeUnixNano":{unknown}"#)).unwrap();
        assert_eq!((span.name.as_str(), span.start_time_unix_nano), ("n", 0));
    }
    // A name with escapes is the same name; of two, the last counts.
    assert_eq!(span(r#""n\u0061me":"a","name":"b""#).unwrap().name, "b");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert!(read_traces("\u{feff}{}".as_bytes()).is_ok());
    let marked = read_traces("\u{feff}{\n \"resourceSpans\":[{},{}]}".as_bytes()).unwrap();
    assert_eq!(marked.resource_spans.len(), 2);
    let error = read_traces("\u{feff}{\"resourceSpans\":1}".as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (1, 18));
}

#[test]
fn fields_by_the_names_of_the_proto_files() {
    let values = [
        ("string_value", r#""s""#, Value::StringValue("s".into())),
        ("bool_value", "true", Value::BoolValue(true)),
        ("int_value", r#""7""#, Value::IntValue(7)),
        ("double_value", r#""1.5""#, Value::DoubleValue(1.5)),
        ("array_value", "{}", Value::ArrayValue(ArrayValue::default())),
        ("kvlist_value", "{}", Value::KvlistValue(KeyValueList::default())),
        ("bytes_value", r#""-_8""#, Value::BytesValue(vec![0xfb, 0xff])),
    ];
    for (name, text, expected) in values {
        assert_eq!(value(&format!(r#""{name}":{text}"#)).unwrap(), Some(expected), "{name}");
    }
    // Every field of which the two names differ.
    let camel = r#"{"resourceSpans":[{"resource":{"droppedAttributesCount":1},"schemaUrl":"r","scopeSpans":[{"schemaUrl":"s",
        "scope":{"droppedAttributesCount":2},"spans":[{"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331",
        "parentSpanId":"b7ad6b7169203332","traceState":"a=b","startTimeUnixNano":"3","endTimeUnixNano":4,
        "droppedAttributesCount":5,"droppedEventsCount":6,"droppedLinksCount":7,
        "events":[{"timeUnixNano":8,"droppedAttributesCount":9}],
        "links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","traceState":"c=d",
        "droppedAttributesCount":10}]}]}]}]}"#;
    let mut snake = camel.to_owned();
    for name in [
        "resourceSpans",
        "scopeSpans",
        "schemaUrl",
        "droppedAttributesCount",
        "droppedEventsCount",
        "droppedLinksCount",
        "traceId",
        "parentSpanId",
        "spanId",
        "traceState",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "timeUnixNano",
    ] {
        let capital = |c: char| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() };
        snake =
            snake.replace(&format!("\"{name}\""), &format!("\"{}\"", name.chars().map(capital).collect::<String>()));
    }
    assert!(!snake.contains("traceId") && snake.contains("\"start_time_unix_nano\""));
    let read = read_traces(snake.as_bytes()).unwrap();
    assert_eq!(read, read_traces(camel.as_bytes()).unwrap());
    let span = &read.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano, span.dropped_links_count), (3, 4, 7));
    assert_eq!((span.events[0].time_unix_nano, span.links[0].dropped_attributes_count), (8, 10));
}
