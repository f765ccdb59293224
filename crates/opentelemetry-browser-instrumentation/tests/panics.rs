//! Panics in a real instance of WebAssembly, which aborts: nothing is lost, and nothing is poisoned.

#![cfg(target_arch = "wasm32")]

use std::cell::Cell;

use opentelemetry::trace::{FutureExt as _, Span as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_browser::spawn_in_context;
use opentelemetry_browser_instrumentation::Instrumentations;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, Span, text};

wasm_bindgen_test_configure!(run_in_browser);

thread_local! {
    static CHAINED: Cell<u32> = const { Cell::new(0) };
}

/// The hook of an app, in the place of console_error_panic_hook and of the one that these tests have.
fn count_panics() {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_info| CHAINED.with(|count| count.set(count.get() + 1)))));
}

fn panics() -> Page {
    count_panics();
    Page::with(Instrumentations::new().with_panic_hook())
}

/// Calls Rust from JavaScript, as a listener is called: a panic in it is an exception there.
fn call(work: impl FnMut() + 'static) -> Result<JsValue, JsValue> {
    let closure = Closure::<dyn FnMut()>::new(work).into_js_value();
    closure.unchecked_into::<js_sys::Function>().call0(&JsValue::NULL)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name() == name);
    let span = found.next().unwrap_or_else(|| panic!("no {name}: {spans:?}"));
    assert!(found.next().is_none(), "{name} arrived once");
    span
}

#[test]
async fn after_a_panic_in_synchronous_code_all_arrives_once_and_the_next_trace_is_a_root() {
    let page = panics();
    let chained = CHAINED.get();
    global::tracer("test").start("queued").end();
    let failed = call(|| {
        let tracer = global::tracer("test");
        tracer.in_span("outer", |_cx| tracer.in_span("inner", |_cx| panic!("no user {}", 7)))
    });
    assert!(failed.is_err(), "it has aborted");
    // Handed over in the hook already, before the event loop comes round.
    let (spans, records) = page.received();
    assert_eq!((spans.len(), records.len()), (3, 1), "{spans:?}");
    assert_eq!(CHAINED.get(), chained + 1, "the hook before is called");
    assert!(!Context::current().span().span_context().is_valid());
    call(|| global::tracer("test").in_span("next", |_cx| {})).expect("the instance goes on");

    let (spans, records) = page.end_both().await;
    let (outer, inner, next) = (named(&spans, "outer"), named(&spans, "inner"), named(&spans, "next"));
    for span in [outer, inner] {
        assert!(span.is_error() && span.get("error.type").as_deref() == Some("panic"), "{span:?}");
        assert_eq!(span.0["status"]["message"], "no user 7");
    }
    assert_eq!(inner.parent(), Some(outer.id()));
    assert!(next.parent().is_none() && next.trace_id() != outer.trace_id() && !next.is_error());
    assert!(!named(&spans, "queued").is_error());
    assert_eq!(spans.len(), 4);

    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((record.name(), record.0["severityNumber"].as_u64()), ("exception", Some(21)));
    assert_eq!(record.get("exception.type").as_deref(), Some("panic"));
    assert_eq!(record.get("exception.message").as_deref(), Some("no user 7"));
    assert!(record.get("code.file.path").unwrap().ends_with("panics.rs"));
    assert!(record.get("exception.stacktrace").unwrap().contains("wasm"), "{record:?}");
    assert_eq!(record.0["spanId"].as_str(), Some(inner.id()), "it belongs to the span that was current");
}

#[test]
async fn after_a_panic_in_a_task_other_tasks_go_on_and_are_no_children_of_it() {
    let page = panics();
    let cx = Context::current_with_span(global::tracer("test").start("task"));
    let waits = || page::text("await new Promise((resolve) => setTimeout(resolve))");
    spawn_in_context(cx, async move {
        waits().await;
        global::tracer("test").in_span("in the task", |_cx| {
            // The runner of these tests would take an exception of the event loop for its own: it is thrown to JavaScript, and kept there.
            let _ = call(|| panic!("in a task"));
        });
    });
    let other = Context::current_with_span(global::tracer("test").start("other"));
    async {
        for _ in 0..5 {
            waits().await;
        }
        global::tracer("test").in_span("later", |_cx| {});
    }
    .with_context(other)
    .await;
    global::tracer("test").in_span("next", |_cx| {});
    let (spans, records) = page.end_both().await;
    assert_eq!(records.len(), 1);
    for name in ["task", "in the task", "other"] {
        assert_eq!(named(&spans, name).get("error.type").as_deref(), Some("panic"), "it was open");
    }
    assert_eq!(
        named(&spans, "later").parent(),
        Some(named(&spans, "other").id()),
        "its own context, not that of the dead"
    );
    assert!(named(&spans, "next").parent().is_none());
}

#[test]
async fn a_message_of_any_length_is_recorded_in_part() {
    let page = panics();
    assert!(call(|| panic!("{}", "ä".repeat(100_000))).is_err());
    let records = page.end_with_records().await;
    assert_eq!(records[0].get("exception.message").map(|text| text.chars().count()), Some(10_000));
}

#[test]
async fn each_panic_is_told_and_none_once_it_is_uninstalled_or_off() {
    let page = panics();
    for _ in 0..3 {
        assert!(call(|| panic!("again")).is_err());
    }
    assert!(page.installed.set_enabled("panic", false));
    assert!(call(|| panic!("off")).is_err());
    let chained = CHAINED.get();
    let records = page.end_with_records().await;
    assert_eq!(records.len(), 3);
    assert!(call(|| panic!("uninstalled")).is_err());
    assert_eq!(CHAINED.get(), chained + 1);
    assert_eq!(text("return 1").await, "1");
}
