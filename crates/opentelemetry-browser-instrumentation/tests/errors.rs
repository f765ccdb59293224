//! Errors of a real page as log records.

#![cfg(target_arch = "wasm32")]

use opentelemetry_browser_instrumentation::{Errors, Instrumentations, Limits};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, text};

wasm_bindgen_test_configure!(run_in_browser);

fn errors() -> Instrumentations {
    Instrumentations::new().with(Errors::new())
}

/// What raises the events that a browser raises; real ones would fail these tests.
const THROW: &str = "const raise = (error, message = String(error)) =>
        dispatchEvent(new ErrorEvent('error', { error, message, cancelable: true }));
    const reject = (reason) => dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason, cancelable: true }));";

#[test]
async fn what_nobody_handles_is_an_exception_with_its_stack() {
    let page = Page::with(errors());
    text(&format!(
        "{THROW} raise(new RangeError('too far')); reject(new TypeError('no such'));
        raise('just text'); raise(null, 'Script error.'); reject('a reason'); reject({{ code: 7 }}); reject(undefined);"
    ))
    .await;
    let records = page.end_with_records().await;
    let seen: Vec<_> = records.iter().map(|one| (one.get("exception.type"), one.get("exception.message"))).collect();
    let of = |kind: Option<&str>, message: &str| (kind.map(str::to_owned), Some(message.to_owned()));
    let expected = [
        of(Some("RangeError"), "too far"),
        of(Some("TypeError"), "no such"),
        of(None, "just text"),
        of(None, "Script error."),
        of(None, "a reason"),
        of(Some("Object"), r#"{"code":7}"#),
    ];
    assert_eq!(seen, expected);
    assert!(records.iter().all(|one| one.name() == "exception" && one.0["severityNumber"] == 17));
    // Stacks of V8 begin with the error; those of other engines are of frames alone.
    let has_error = text("return String(new RangeError('too far').stack.includes('too far'))").await == "true";
    let stack = records[0].get("exception.stacktrace").unwrap();
    assert_eq!(stack.contains("RangeError: too far"), has_error, "{stack}");
    assert!(!stack.is_empty());
    assert_eq!(records[0].keys(), ["exception.message", "exception.stacktrace", "exception.type"]);
}

#[test]
async fn the_same_error_is_recorded_once_and_a_flood_is_bounded() {
    let page = Page::with(errors());
    text(&format!(
        "{THROW} const error = new Error('once'); raise(error); raise(error); reject(error);
        for (let i = 0; i < 5; i++) raise(Object.assign(new Error('same'), {{ stack: 'here' }}));
        for (let i = 0; i < 100; i++) raise(new Error(`other ${{i}}`));"
    ))
    .await;
    assert_eq!(page.installed.left_out(), [("errors", 4 + 100 - 18)]);
    assert_eq!(page.end_with_records().await.len(), 20);
}

#[test]
async fn events_are_bounded_for_a_page() {
    let mut limits = Limits::default();
    limits.events_per_page = 2;
    let page = Page::with(errors().with_limits(limits));
    text(&format!("{THROW} for (let i = 0; i < 5; i++) raise(new Error(`other ${{i}}`));")).await;
    assert_eq!(page.installed.left_out(), [("errors", 3)]);
    assert_eq!(page.end_with_records().await.len(), 2);
}

#[test]
async fn the_console_is_recorded_by_option_and_speaks_as_before() {
    text("globalThis.said = []; globalThis.kept = console.warn; console.warn = (...words) => said.push(words)").await;
    let before = text("globalThis.mine = console.warn; globalThis.logs = console.log").await;
    assert!(before.is_empty());
    let page = Page::with(Instrumentations::new().with(Errors::new().with_console(["warn"])));
    let odd = "console.warn('a', 1, { b: 2 }); console.warn(new RangeError('logged')); console.log('not asked for');
        const round = {}; round.round = round; console.warn(round, Symbol('s'), { toJSON() { throw 1 } }, 10n)";
    text(odd).await;
    let records = page.end_with_records().await;
    assert_eq!(text("return said.length").await, "3");
    assert_eq!(text("return console.warn === mine && console.log === logs").await, "true");
    text("console.warn = kept").await;
    assert_eq!(records.len(), 3, "{records:?}");
    assert_eq!((records[0].name(), records[0].0["severityNumber"].as_u64()), ("browser.console", Some(13)));
    assert_eq!(records[0].0["body"]["stringValue"], r#"a 1 {"b":2}"#);
    assert_eq!(records[0].get("browser.console.method").as_deref(), Some("warn"));
    assert_eq!((records[1].name(), records[1].get("exception.type").as_deref()), ("exception", Some("RangeError")));
}

#[test]
async fn what_is_thrown_or_said_is_read_no_further_than_is_told() {
    text("globalThis.kept = console.warn; console.warn = () => {}").await;
    let page = Page::with(Instrumentations::new().with(Errors::new().with_console(["warn"])));
    let read = text(&format!(
        "{THROW} let read = 0; const round = {{}}; round.round = round;
        const large = Array.from({{ length: 100_000 }}, () => ({{ get a() {{ return read++ }} }}));
        console.warn('large', large.map(() => ({{ get a() {{ return read++ }} }})).slice(0, 3)); console.warn('round', round);
        console.warn(large); reject(large); return read"
    ))
    .await;
    let records = page.end_with_records().await;
    text("console.warn = kept").await;
    assert!(read.parse::<u32>().is_ok_and(|read| read < 2_100), "{read}");
    let said: Vec<_> = records.iter().map(|one| one.0["body"]["stringValue"].as_str().unwrap_or_default()).collect();
    assert_eq!(said[..2], [r#"large [{"a":0},{"a":1},{"a":2}]"#, "round [object Object]"]);
    assert_eq!((said[2].len(), records[3].get("exception.type").as_deref()), (10_000, Some("Array")));
}

#[test]
async fn what_happened_before_is_taken_from_the_stub() {
    let stub = include_str!("../js/stub.js");
    assert!(stub.len() <= 600, "{}", stub.len());
    text(&format!("{stub}; {THROW} raise(new RangeError('early'))")).await;
    text(&format!("{THROW} raise(new Error('early, too'))")).await;
    let page = Page::with(errors());
    text(&format!("{THROW} raise(new Error('late'))")).await;
    let records = page.end_with_records().await;
    let messages: Vec<_> = records.iter().filter_map(|one| one.get("exception.message")).collect();
    assert_eq!(messages, ["early", "early, too", "late"]);
}

#[test]
async fn a_hostile_error_harms_nobody() {
    let page = Page::with(errors());
    text(&format!(
        "{THROW} const throws = (names) => Object.defineProperties({{}}, Object.fromEntries(names.map((name) =>
            [name, {{ get() {{ throw new Error('hostile') }} }}])));
        raise(throws(['name', 'message', 'stack', 'constructor', 'toString', 'toJSON']), 'of the event');
        raise(new Proxy({{}}, {{ get() {{ throw 1 }}, has() {{ throw 1 }} }}), 'a proxy');
        raise({{ name: 7, message: {{}}, stack: [] }}, 'numbers'); raise(Object.create(null), 'bare');"
    ))
    .await;
    let records = page.end_with_records().await;
    let messages: Vec<_> = records.iter().filter_map(|one| one.get("exception.message")).collect();
    assert_eq!(messages, ["of the event", "a proxy", "numbers", "bare"]);
}

/// Bytes that this module has taken.
fn memory() -> f64 {
    let memory = wasm_bindgen::memory();
    let buffer = js_sys::Reflect::get(&memory, &"buffer".into()).unwrap();
    js_sys::Reflect::get(&buffer, &"byteLength".into()).unwrap().as_f64().unwrap()
}

#[test]
async fn ten_thousand_errors_in_a_row_are_counted_and_cost_no_memory() {
    let page = Page::with(errors());
    let flood = format!(
        "{THROW} for (let i = 0; i < 10_000; i++) {{
            const error = new Error(`${{i}} ${{'long '.repeat(1000)}}`);
            if (i % 2) raise(error); else reject(error);
        }}"
    );
    text(&flood).await;
    let grown = memory();
    // What was raised once more is not told twice.
    text(&format!("{THROW} const error = new Error('same'); for (let i = 0; i < 10_000; i++) raise(error)")).await;
    text(&flood).await;
    assert_eq!(memory(), grown, "it is as large as after the first ones");
    let [(name, left_out)] = page.installed.left_out()[..] else { panic!("{:?}", page.installed) };
    let records = page.end_with_records().await;
    assert_eq!((name, records.len(), left_out), ("errors", 20, 20_001 - 20));
}
