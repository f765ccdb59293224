//! Generated documents: no input makes the reader panic, and whatever the published serde writes is read back the same.

use opentelemetry_proto::tonic::{
    common::v1::{ArrayValue, InstrumentationScope, KeyValue, KeyValueList},
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Status,
        span::{Event, Link},
    },
};
use proptest::{collection::vec, num::f64, option, prelude::*};

use super::*;

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        // The oracle writes null for what is no number.
        (f64::NORMAL | f64::SUBNORMAL | f64::ZERO).prop_map(Value::DoubleValue),
        any::<Vec<u8>>().prop_map(Value::BytesValue),
    ];
    let value = leaf.prop_recursive(4, 16, 3, |inner| {
        let inner = inner.prop_map(super::holding);
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec((any::<String>(), inner), 0..3).prop_map(|pairs| {
                let values = pairs.into_iter().map(|(key, value)| key_value(key, Some(value))).collect();
                Value::KvlistValue(KeyValueList { values })
            }),
        ]
    });
    value.prop_map(super::holding)
}

pub fn key_value(key: String, value: Option<AnyValue>) -> KeyValue {
    KeyValue { key, value, ..Default::default() }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((any::<String>(), any_value()).prop_map(|(key, value)| key_value(key, Some(value))), 0..3)
}

fn span_with_everything() -> impl Strategy<Value = Span> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), option::of(any::<[u8; 8]>()));
    let numbers = (any::<u64>(), any::<u64>(), any::<u32>(), 0..6_i32, any::<[u32; 3]>());
    let event = (any::<u64>(), any::<String>(), attributes()).prop_map(|(time_unix_nano, name, attributes)| Event {
        time_unix_nano,
        name,
        attributes,
        dropped_attributes_count: 1,
    });
    let link = (any::<[u8; 16]>(), any::<[u8; 8]>(), attributes()).prop_map(|(trace_id, span_id, attributes)| Link {
        trace_id: trace_id.into(),
        span_id: span_id.into(),
        trace_state: "a=b".into(),
        attributes,
        dropped_attributes_count: 2,
        flags: 3,
    });
    let status = option::of((any::<String>(), 0..3_i32).prop_map(|(message, code)| Status { message, code }));
    (ids, numbers, any::<String>(), attributes(), vec(event, 0..2), vec(link, 0..2), status).prop_map(
        |((trace, id, parent), (start, end, flags, kind, dropped), name, attributes, events, links, status)| Span {
            trace_id: trace.into(),
            span_id: id.into(),
            trace_state: String::new(),
            parent_span_id: parent.map(Vec::from).unwrap_or_default(),
            flags,
            name,
            kind,
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            attributes,
            dropped_attributes_count: dropped[0],
            events,
            dropped_events_count: dropped[1],
            links,
            dropped_links_count: dropped[2],
            status,
        },
    )
}

pub fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    (attributes(), any::<String>(), vec(span_with_everything(), 0..3)).prop_map(|(attributes, name, spans)| {
        let resource = Some(Resource { attributes, ..Default::default() });
        let scope = Some(InstrumentationScope { name, ..Default::default() });
        let scope_spans = vec![ScopeSpans { scope, spans, schema_url: "s".into() }];
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, schema_url: String::new() }],
        }
    })
}

proptest! {
    #[test]
    fn what_the_published_serde_writes_is_read_back(request in request()) {
        let json = serde_json::to_vec(&request).unwrap();
        prop_assert_eq!(read_traces(&json).unwrap(), request);
    }

    #[test]
    fn broken_documents_give_errors_and_no_panic(request in request(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = serde_json::to_vec(&request).unwrap();
        let place = cut.index(json.len());
        prop_assert!(read_traces(&json[..place]).is_err());
        json[place] = byte;
        let _ = read_traces(&json);
    }

    #[test]
    fn any_text_as_a_number(text in "[-+.eE0-9 nNaIifty]{0,12}") {
        let literal = serde_json::to_string(&text).unwrap();
        for field in ["startTimeUnixNano", "flags", "kind"] {
            let _ = span(&format!(r#""{field}":{literal}"#));
        }
        let double = value(&format!(r#""doubleValue":{literal}"#));
        if let Ok(Some(Value::DoubleValue(number))) = double
            && number.is_finite()
        {
            prop_assert_eq!(number, text.parse::<f64>().unwrap());
        }
    }
}
