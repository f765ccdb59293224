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
        ("{ instrumentations: 'all' }", &["instrumentations", "\"all\"", "\"recommended\"", "\"web-vitals\""]),
        ("{ instrumentations: true }", &["instrumentations", "true", "array", "\"errors\""]),
        ("{ instrumentations: null }", &["instrumentations", "null"]),
        (
            "{ instrumentations: ['errors', 'fetchs'] }",
            &["instrumentations[1]", "fetchs", "errors", "fetch\"", "navigation-timing", "user-action", "web-vitals"],
        ),
        ("{ instrumentations: ['recommended'] }", &["instrumentations[0]", "in place of the array"]),
        ("{ instrumentations: [7] }", &["instrumentations[0]", "7", "fetch"]),
        ("{ instrumentations: ['fetch'], propagateTo: 'https://a.example' }", &["propagateTo", "an array of origins"]),
        (
            "{ instrumentations: ['fetch'], propagateTo: ['https://a.example', 'https://b.example/'] }",
            &["propagateTo[1]", "https://b.example/", "an origin"],
        ),
        ("{ instrumentations: ['fetch'], propagateTo: ['a.example'] }", &["propagateTo[0]", "an origin"]),
        ("{ propagateTo: ['https://a.example'] }", &["propagateTo", "without the instrumentation \"fetch\""]),
        ("{ instrumentations: ['errors'], propagateTo: ['https://a.example'] }", &["propagateTo", "\"fetch\""]),
        ("{ onSpan: 'console.log' }", &["onSpan", "console.log", "a function"]),
        ("{ onEvent: {} }", &["onEvent", "object", "a function"]),
        (
            "{ batch: 5 }",
            &[
                "batch",
                "instrumentations",
                "propagateTo",
                "onSpan",
                "onEvent",
                "compression",
                "spool",
                "batchSize",
                "delayMillis",
                "maxQueueSize",
                "exportTimeoutMillis",
            ],
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
        "{ instrumentations: [], propagateTo: [], onSpan: undefined, onEvent: undefined }",
        // Without logs, of which nobody here would take any.
        "{ logs: false, instrumentations: ['web-vitals', 'fetch', 'fetch'], propagateTo: ['https://a.example', 'http://b.example:8080'] }",
        "{ instrumentations: 'recommended', logs: false, onSpan() {}, onEvent() {} }",
        "{ logs: false, instrumentations: ['long-frames', 'navigation', 'panic', 'resource-timing', 'xhr'], propagateTo: ['https://a.example'] }",
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

/// Lets everything run that is due.
async fn turn() {
    let timeout = js("new Promise((resolve) => setTimeout(resolve))");
    JsFuture::from(timeout.unchecked_into::<Promise>()).await.expect("a timer");
}

const NOWHERE: &str = "endpoint: 'http://127.0.0.1:9', spool: false, exportTimeoutMillis: 500";

#[wasm_bindgen_test]
async fn spans_and_events_are_seen_before_they_are_sent() {
    let seen = js("globalThis.seen = []");
    init(js(&format!(
        "{{ {NOWHERE}, onSpan(span) {{ seen.push(span) }}, onEvent(event) {{ seen.push(event); throw new Error('of the page') }} }}"
    )))
    .expect("the options are right");
    get_user(1.into()).expect("a user");
    assert_eq!(js("seen.length").as_f64(), Some(0.0), "no lookup waits for the page");
    turn().await;
    let text =
        |expression: &str| js(expression).as_string().unwrap_or_else(|| panic!("{expression} is a text: {seen:?}"));
    assert_eq!(text("seen.map(({ name }) => name).sort().join()"), "GetDetail,GetInfo,GetScores,GetUser,user.lookup");
    js("globalThis.root = seen.find(({ name }) => name === 'GetUser')");
    assert_eq!(text("root.error"), "user 1 not found");
    assert_eq!(text("root.kind"), "internal");
    for truth in [
        "root.parentSpanId === null && /^[0-9a-f]{32}$/.test(root.traceId) && /^[0-9a-f]{16}$/.test(root.spanId)",
        "seen.filter(({ parentSpanId }) => parentSpanId === root.spanId).length === 3",
        "seen.every(({ traceId }) => traceId === root.traceId)",
        "seen.filter(({ kind }) => kind).every(({ startTime, duration }) => startTime >= root.startTime && duration > 0)",
        "Math.abs(root.startTime - Date.now()) < 3_600_000",
        "seen.filter(({ error }) => error === null).length === 3",
        "seen.find(({ name }) => name === 'user.lookup').attributes['user.found'] === false",
    ] {
        assert_eq!(js(truth), JsValue::TRUE, "{truth}");
    }
    assert!(
        stats().is_ok_and(|stats| Reflect::get(&stats, &"logs".into()).is_ok_and(|logs| logs.is_undefined())),
        "none is sent"
    );
    settled(shutdown()).await.expect_err("nobody takes them");

    // The next pipeline has its own functions, or none.
    init(js(&format!("{{ {NOWHERE} }}"))).expect("the options are right");
    js("seen.length = 0");
    get_user(1.into()).expect("a user");
    turn().await;
    assert_eq!(js("seen.length").as_f64(), Some(0.0));
    settled(shutdown()).await.expect_err("nobody takes them");
}

#[wasm_bindgen_test]
async fn what_the_page_does_is_recorded_if_it_is_asked_for() {
    for (options, recorded) in
        [("instrumentations: ['user-action'],", 1.0), ("", 0.0), ("instrumentations: ['errors'],", 0.0)]
    {
        js("globalThis.seen = []");
        init(js(&format!("{{ {NOWHERE}, {options} onEvent(event) {{ seen.push(event) }} }}")))
            .expect("the options are right");
        js("document.body.click()");
        turn().await;
        let clicks = js("seen.filter(({ name }) => name === 'browser.user_action.click').length");
        assert_eq!(clicks.as_f64(), Some(recorded), "{options}");
        let logs = Reflect::get(&stats().expect("counts"), &"logs".into()).expect("a property");
        assert_eq!(logs.is_undefined(), options.is_empty(), "who has the page watched wants it sent: {options}");
        let _ = settled(shutdown()).await;
        js("document.body.click()");
        turn().await;
        let clicks = js("seen.filter(({ name }) => name === 'browser.user_action.click').length");
        assert_eq!(clicks.as_f64(), Some(recorded), "after shutdown nothing is recorded: {options}");
    }
}

#[wasm_bindgen_test]
async fn recommended_are_all_of_them() {
    js("globalThis.seen = []");
    let options =
        "instrumentations: 'recommended', onSpan(span) { seen.push(span) }, onEvent(event) { seen.push(event) }";
    init(js(&format!("{{ {NOWHERE}, {options} }}"))).expect("the options are right");
    let asked = js("new Promise((resolve) => {
            const xhr = new XMLHttpRequest(); xhr.open('GET', 'http://127.0.0.1:9/xhr'); xhr.onloadend = resolve; xhr.send();
        })");
    JsFuture::from(asked.unchecked_into::<Promise>()).await.expect("it ends");
    turn().await;
    for name in ["GET", "browser.navigation"] {
        let count = js(&format!("seen.filter(({{ name }}) => name === '{name}').length"));
        assert_eq!(count.as_f64(), Some(1.0), "{name}");
    }
    let _ = settled(shutdown()).await;
}

/// A request of the page's own has one span, with its context; one of JavaScript's has one, too.
#[wasm_bindgen_test]
async fn requests_have_one_span_each() {
    js("globalThis.seen = []");
    init(js(&format!("{{ {NOWHERE}, instrumentations: ['fetch'], logs: false, onSpan(span) {{ seen.push(span) }} }}")))
        .expect("the options are right");
    let asked = inprocess::fetch_user("http://127.0.0.1:9".into(), 1.into());
    settled(asked).await.expect_err("nobody answers");
    turn().await;
    let names = js("seen.map(({ name, kind }) => `${kind} ${name}`).join()");
    assert_eq!(names.as_string().as_deref(), Some("client GET /api/users/{id},internal click"));
    js("seen.length = 0");
    let asked = js("fetch('http://127.0.0.1:9/other').catch(() => {})");
    JsFuture::from(asked.unchecked_into::<Promise>()).await.expect("it is caught");
    turn().await;
    assert_eq!(js("seen.map(({ name, kind }) => `${kind} ${name}`).join()").as_string().as_deref(), Some("client GET"));
    let _ = settled(shutdown()).await;
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
