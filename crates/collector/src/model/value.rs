//! Attribute values as text, the way Jaeger writes them: strings as they are, lists and maps as JSON, bytes as base64.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use serde_json::Value as Json;

/// The text of a value: as it is shown, copied and searched for. The viewer's model/value.js has the same rule, and
/// tests/vectors/values.json holds both to it.
pub fn display(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => String::new(),
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BytesValue(bytes)) => BASE64_STANDARD.encode(bytes),
        Some(Value::DoubleValue(number)) => double_text(*number),
        Some(_) => {
            let mut text = String::new();
            write_json(value, &mut text);
            text
        }
    }
}

/// The same of a number.
pub fn double_text(number: f64) -> String {
    word(number).map_or_else(|| digits(number), str::to_owned)
}

/// As JSON. The recursion is as deep as the value, which the readers bound.
fn write_json(value: Option<&AnyValue>, out: &mut String) {
    match value.and_then(|value| value.value.as_ref()) {
        // The second refers to a dictionary that only profiles have.
        None | Some(Value::StringValueStrindex(_)) => out.push_str("null"),
        Some(Value::StringValue(text)) => *out += &quoted(text),
        Some(Value::BoolValue(value)) => out.push_str(if *value { "true" } else { "false" }),
        Some(Value::IntValue(value)) => *out += &value.to_string(),
        Some(Value::DoubleValue(value)) => *out += &word(*value).map_or_else(|| digits(*value), quoted),
        Some(Value::BytesValue(bytes)) => *out += &quoted(&BASE64_STANDARD.encode(bytes)),
        Some(Value::ArrayValue(array)) => {
            write_all(out, ['[', ']'], &array.values, |value, out| write_json(Some(value), out))
        }
        Some(Value::KvlistValue(list)) => {
            // Sorted, and of equal keys the last one, as Go writes maps.
            let pairs: BTreeMap<_, _> = list.values.iter().map(|pair| (&pair.key, &pair.value)).collect();
            write_all(out, ['{', '}'], pairs, |(key, value), out| {
                *out += &quoted(key);
                out.push(':');
                write_json(value.as_ref(), out);
            });
        }
    }
}

fn write_all<T>(
    out: &mut String,
    [open, close]: [char; 2],
    parts: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (number, part) in parts.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write(part, out);
    }
    out.push(close);
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A number for JSON. It cannot be infinite or NaN there: those are words. Whole numbers have no fraction.
pub fn double(value: f64) -> Json {
    let is_negative_zero = value == 0.0 && value.is_sign_negative();
    match word(value) {
        Some(word) => word.into(),
        None if value.fract() == 0.0 && value.abs() < 1e15 && !is_negative_zero => (value as i64).into(),
        None => value.into(),
    }
}

/// What stands for no number, as in the protobuf JSON mapping.
fn word(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// A finite number with as few digits as tell it from all others, in the form that ECMAScript's `Number::toString` has, and Go's
/// JSON. But for the sign of -0, which ECMAScript leaves out.
fn digits(value: f64) -> String {
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let count = i32::try_from(digits.len()).unwrap_or_default();
    // Where the point is, counted from before the first digit.
    let point = 1 + exponent.parse::<i32>().unwrap_or_default();
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or_default().min(digits.len()));
    let sign = if value.is_sign_negative() { "-" } else { "" };
    match point {
        1..=21 if count <= point => format!("{sign}{digits}{}", zeros(point - count)),
        1..=21 => format!("{sign}{}.{}", split(point).0, split(point).1),
        -5..=0 => format!("{sign}0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = split(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{sign}{first}{dot}{rest}e{:+}", point - 1)
        }
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
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

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
