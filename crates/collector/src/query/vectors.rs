//! What tests/vectors/values.json says of values holds here. tests/viewer/vectors.test.mjs holds the viewer to the same.
//!
//! The values are as the query API writes them. The first ones are chosen, the others random: with `UPDATE_VECTORS=1` this test
//! writes further random ones, whose texts are what `display` gives, so that the other language is to agree.

use std::{env, fs, path::PathBuf};

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};
use serde_json::{Value as Json, json};

use super::otlp::any as written;
use crate::{
    ingest::json::tests::{holding, value},
    model::display,
};

const RANDOM: usize = 250;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/values.json")
}

fn read() -> Vec<Json> {
    serde_json::from_str(&fs::read_to_string(file()).expect("the vectors")).expect("JSON")
}

#[test]
fn values_have_the_text_that_the_viewer_gives_them() {
    if env::var_os("UPDATE_VECTORS").is_some() {
        update();
    }
    let vectors = read();
    assert!(vectors.len() > RANDOM, "{} vectors", vectors.len());
    for vector in vectors {
        let fields = vector["value"].to_string();
        let inside = fields.strip_prefix('{').and_then(|fields| fields.strip_suffix('}')).expect("an object");
        let value = value(inside).map(|value| AnyValue { value });
        let value = value.unwrap_or_else(|error| panic!("{fields}: {error}"));
        assert_eq!(display(Some(&value)), vector["text"], "{fields}");
        // Not only the same value: the viewer reads exactly this.
        assert_eq!(written(&value).to_string(), fields);
    }
}

fn update() {
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Random, ..ProptestConfig::default() });
    let chosen = read().into_iter().filter(|vector| vector["random"].is_null());
    let random = (0..RANDOM).map(|_| {
        let value = any_value().new_tree(&mut runner).expect("a value").current();
        json!({ "random": true, "value": written(&value), "text": display(Some(&value)) })
    });
    let lines: Vec<String> = chosen.chain(random).map(|vector| ascii(&vector.to_string())).collect();
    fs::write(file(), format!("[\n{}\n]\n", lines.join(",\n"))).expect("to be written");
}

/// The same JSON, in which nothing is invisible.
fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    let mut escaped = |c: char| c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    json.chars().map(|c| if (' '..='~').contains(&c) { c.to_string() } else { escaped(c) }).collect()
}

/// What tells the two languages apart most easily.
fn any_value() -> impl Strategy<Value = AnyValue> {
    let doubles = prop_oneof![
        any::<f64>(),
        any::<f32>().prop_map(f64::from),
        (-30..30_i32, -99..100_i64).prop_map(|(exponent, whole)| whole as f64 * 10f64.powi(exponent)),
        any::<i64>().prop_map(|whole| whole as f64),
        select(vec![
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            1e15,
            1e21
        ]),
    ];
    let leaf = prop_oneof![
        text().prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        prop_oneof![any::<i64>(), (1_i64 << 53) - 2..(1 << 53) + 3, -9..10_i64].prop_map(Value::IntValue),
        doubles.prop_map(Value::DoubleValue),
        vec(any::<u8>(), 0..6).prop_map(Value::BytesValue),
    ];
    let value = leaf.prop_map(holding).boxed();
    let value = value.prop_recursive(4, 24, 5, |inner| {
        let inner = prop_oneof![9 => inner, 1 => Just(AnyValue::default())];
        let pair = (text(), inner.clone());
        let pair = pair.prop_map(|(key, value)| KeyValue { key, value: Some(value), ..Default::default() });
        prop_oneof![
            vec(inner, 0..5).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(pair, 0..6).prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
        .prop_map(holding)
    });
    value.boxed()
}

/// Keys of which some are equal, look like numbers, or come in another order in UTF-16 than in UTF-8.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["", "a", "b", "A", "10", "9", "__proto__", "\u{e000}", "\u{ffff}", "\u{1f600}", "\u{10ffff}"])
            .prop_map(str::to_owned),
        "[ -~]{0,8}",
        vec(
            select(
                ('\0'..'\u{30}')
                    .chain(['"', '\\', '/', '\x7f', '\u{85}', '\u{2028}', '\u{feff}', 'é'])
                    .collect::<Vec<_>>()
            ),
            0..5
        )
        .prop_map(String::from_iter),
    ]
}
