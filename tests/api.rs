//! The JavaScript API in a browser: which options it takes, in which words it refuses others, and what `stats` tells.
#![cfg(target_arch = "wasm32")]

use inprocess::{flush, get_user, init, shutdown, stats};
use js_sys::{Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A JavaScript expression's value.
fn js(expression: &str) -> JsValue {
    let function = Function::new_no_args(&format!("return ({expression});"));
    function.call0(&JsValue::UNDEFINED).expect("the expression is JavaScript")
}

fn message(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("no Error: {error:?}"), |error| error.message().into())
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

#[wasm_bindgen_test]
async fn each_wrong_option_is_named_with_what_is_accepted() {
    let cases: &[(&str, &[&str])] = &[
        ("{ compression: 'br' }", &["compression", "\"br\"", "\"none\"", "\"gzip\""]),
        ("{ compression: true }", &["compression", "true", "\"gzip\""]),
        ("{ compression: null }", &["compression", "null"]),
        ("{ spool: 'yes' }", &["spool", "\"yes\"", "true or false"]),
        ("{ spool: 0 }", &["spool", "0", "true or false"]),
        ("{ logs: 'yes' }", &["logs", "\"yes\"", "true or false"]),
        ("{ batchSize: 0 }", &["batchSize", "0", "integer from 1 to 1000000"]),
        ("{ batchSize: 1.5 }", &["batchSize", "1.5", "integer"]),
        ("{ batchSize: 1000001 }", &["batchSize", "1000001", "1000000"]),
        ("{ batchSize: '512' }", &["batchSize", "string", "512", "integer"]),
        ("{ batchSize: NaN }", &["batchSize", "NaN", "integer"]),
        ("{ batchSize: 20000 }", &["batchSize", "20000", "maxQueueSize", "16384"]),
        ("{ batchSize: 101, maxQueueSize: 100 }", &["batchSize", "101", "maxQueueSize", "100"]),
        ("{ maxQueueSize: 0 }", &["maxQueueSize", "0", "1"]),
        ("{ maxQueueSize: Infinity }", &["maxQueueSize", "Infinity", "1000000"]),
        ("{ maxQueueSize: 10n }", &["maxQueueSize", "bigint", "integer"]),
        ("{ delayMillis: -1 }", &["delayMillis", "-1", "integer from 0 to 3600000"]),
        ("{ delayMillis: 3600001 }", &["delayMillis", "3600001", "3600000"]),
        ("{ delayMillis: {} }", &["delayMillis", "object", "integer"]),
        ("{ exportTimeoutMillis: 0 }", &["exportTimeoutMillis", "0", "integer from 1"]),
        ("{ exportTimeoutMillis: [1] }", &["exportTimeoutMillis", "array", "integer"]),
        (
            "{ batch: 5 }",
            &["batch", "compression", "spool", "batchSize", "delayMillis", "maxQueueSize", "exportTimeoutMillis"],
        ),
    ];
    for (options, named) in cases {
        let error = init(js(options)).err().unwrap_or_else(|| panic!("{options} must throw"));
        let message = message(&error);
        assert!(!message.starts_with("no Error"), "{options}: {message}");
        for word in *named {
            assert!(message.contains(word), "{options}: {message:?} names {word:?}");
        }
    }
}

#[wasm_bindgen_test]
async fn every_option_is_taken_at_its_ends() {
    for options in [
        "undefined",
        "{ compression: undefined, spool: undefined, batchSize: undefined }",
        "{ compression: 'none', spool: false, batchSize: 1, delayMillis: 0, maxQueueSize: 1, exportTimeoutMillis: 1 }",
        "{ compression: 'gzip', spool: true, batchSize: 1000000, maxQueueSize: 1000000 }",
        "{ delayMillis: 3600000, exportTimeoutMillis: 3600000 }",
        // Smaller than a batch by default, which is then smaller, too.
        "{ maxQueueSize: 100 }",
    ] {
        init(js(options)).unwrap_or_else(|error| panic!("{options}: {}", message(&error)));
        settled(shutdown()).await.unwrap_or_else(|error| panic!("{options}: {}", message(&error)));
    }
}

#[wasm_bindgen_test]
async fn lookups_are_logged_if_it_is_asked_for() {
    for (options, logged) in [("logs: true", Some(3.0)), ("logs: false", None), ("", None)] {
        init(js(&format!("{{ endpoint: 'http://127.0.0.1:9', spool: false, exportTimeoutMillis: 500, {options} }}")))
            .expect("the options are right");
        get_user(100.into()).expect("a user");
        inprocess::run_main().expect("both");
        let seen = stats().expect("counts");
        let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED);
        assert_eq!(get(&seen, "recorded").as_f64(), Some(13.0), "spans are counted apart");
        assert_eq!(get(&get(&seen, "logs"), "recorded").as_f64(), logged, "{options}");
        settled(shutdown()).await.expect_err("nobody takes them");
    }
}

#[wasm_bindgen_test]
async fn stats_tell_every_span_and_why_it_was_not_delivered() {
    // Nothing listens on the discard port, and a queue of two is too small for a lookup's four spans.
    let options = "{ endpoint: 'http://127.0.0.1:9', maxQueueSize: 2, spool: false, exportTimeoutMillis: 1000 }";
    init(js(options)).expect("the options are right");
    get_user(100.into()).expect("a user");
    let error = settled(flush()).await.expect_err("nobody took the spans");
    assert!(message(&error).contains("not delivered"), "{}", message(&error));
    let seen = stats().expect("counts");
    let text = String::from(JSON::stringify(&seen).expect("JSON"));
    let keys: Vec<String> =
        Object::keys(seen.unchecked_ref::<Object>()).iter().filter_map(|key| key.as_string()).collect();
    assert_eq!(
        keys,
        [
            "recorded",
            "sampledOut",
            "exported",
            "dropped",
            "droppedBy",
            "inDoubt",
            "retried",
            "spooled",
            "resent",
            "spoolLost",
            "spoolInDoubt",
            "queued",
            "lastError",
            "lastErrorCause",
            "advice",
            "open"
        ]
    );
    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).expect("an object");
    let number = |key: &str| get(&seen, key).as_f64().unwrap_or_else(|| panic!("{key} is a number: {text}"));
    assert_eq!(number("recorded"), 4.0, "{text}");
    assert_eq!(get(&get(&seen, "droppedBy"), "queueFull").as_f64(), Some(2.0), "{text}");
    assert_eq!(
        number("recorded"),
        number("exported") + number("dropped") + number("inDoubt") + number("spooled") + number("queued"),
        "{text}"
    );
    let cause = get(&seen, "lastErrorCause").as_string().expect("a cause");
    assert!(cause == "unreachable" || cause == "timeout", "{text}");
    assert!(
        get(&seen, "lastError").as_string().is_some_and(|error| error.contains("127.0.0.1:9") || cause == "timeout")
    );
    settled(shutdown()).await.expect_err("they are lost now");
    let dropped = get(&get(&stats().expect("the final counts"), "droppedBy"), "shutdown").as_f64();
    assert_eq!(dropped, Some(2.0));
}
