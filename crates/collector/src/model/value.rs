//! Attribute values as text, the way Jaeger writes them: strings as they are, lists and maps as JSON, bytes as base64.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use serde_json::Value as Json;

pub fn display(value: Option<&AnyValue>) -> String {
    match value.map(json) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// The recursion is as deep as the value, which the readers bound.
fn json(value: &AnyValue) -> Json {
    match &value.value {
        // Refers to a dictionary that only profiles have.
        None | Some(Value::StringValueStrindex(_)) => Json::Null,
        Some(Value::StringValue(text)) => text.as_str().into(),
        Some(Value::BoolValue(value)) => (*value).into(),
        Some(Value::IntValue(value)) => (*value).into(),
        Some(Value::DoubleValue(value)) => double(*value),
        Some(Value::ArrayValue(array)) => array.values.iter().map(json).collect(),
        Some(Value::KvlistValue(list)) => {
            let entry = |pair: &KeyValue| (pair.key.clone(), pair.value.as_ref().map_or(Json::Null, json));
            // Sorted, as Go writes maps.
            Json::Object(list.values.iter().map(entry).collect::<BTreeMap<_, _>>().into_iter().collect())
        }
        Some(Value::BytesValue(bytes)) => BASE64_STANDARD.encode(bytes).into(),
    }
}

/// JSON numbers cannot be infinite or NaN: those are words, as in the protobuf JSON mapping. Whole numbers have no fraction.
pub fn double(value: f64) -> Json {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value if value.fract() == 0.0 && value.abs() < 1e15 => (value as i64).into(),
        value => value.into(),
    }
}

/// With ten significant digits, as Jaeger writes the number that a search for a tag is compared with: C's `%.10g`.
pub fn short_double(value: f64) -> String {
    const DIGITS: i32 = 10;
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .into();
    }
    let scientific = format!("{value:.9e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |text: &str| match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        let places = usize::try_from(DIGITS - 1 - exponent).unwrap_or_default();
        trimmed(&format!("{value:.places$}"))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    #[test]
    fn values_read_as_jaeger_shows_them() {
        let pair = |key: &str, value| KeyValue { key: key.into(), value: Some(any(value)), ..Default::default() };
        let bytes =
            Value::ArrayValue(ArrayValue { values: vec![any(Value::BytesValue(b"hi".into())), AnyValue::default()] });
        let map = Value::KvlistValue(KeyValueList { values: vec![pair("z", Value::IntValue(3)), pair("a", bytes)] });
        let cases = [
            (Value::StringValue("a \"b\"".into()), "a \"b\""),
            (Value::BoolValue(true), "true"),
            (Value::IntValue(i64::MIN), "-9223372036854775808"),
            (Value::DoubleValue(1.5), "1.5"),
            (Value::DoubleValue(3.0), "3"),
            (Value::DoubleValue(1e300), "1e+300"),
            (Value::DoubleValue(f64::NAN), "NaN"),
            (Value::DoubleValue(f64::NEG_INFINITY), "-Infinity"),
            (Value::BytesValue(b"hello".into()), "aGVsbG8="),
            (map, r#"{"a":["aGk=",null],"z":3}"#),
        ];
        for (value, expected) in cases {
            assert_eq!(display(Some(&any(value))), expected);
        }
        assert_eq!(display(None), "");
        assert_eq!(display(Some(&AnyValue::default())), "");
    }

    #[test]
    fn short_doubles_as_go_writes_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (3.0, "3"),
            (100.0, "100"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.3333333333"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (9_999_999_999.0, "9999999999"),
            (1e10, "1e+10"),
            (12_345_678_901.5, "1.23456789e+10"),
            (-1e300, "-1e+300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(short_double(value), expected);
        }
    }
}
