//! Contexts in the headers of the Fetch standard and in the tags of a page, in a browser.

#![cfg(target_arch = "wasm32")]

use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::TracerProvider;
use opentelemetry_browser::propagation::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web_sys::{Headers, Request, RequestInit};

wasm_bindgen_test_configure!(run_in_browser);

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn parent() -> Context {
    global::set_text_map_propagator(W3cPropagator::new());
    remote_parent_with(PARENT, Some("a=1"), Some("k=v")).unwrap()
}

#[test]
fn headers_carry_a_context_there_and_back() {
    let headers = Headers::new().unwrap();
    headers.set("x-other", "stays").unwrap();
    inject_headers_with(&parent(), &headers).unwrap();
    assert_eq!(headers.get("traceparent").unwrap().as_deref(), Some(PARENT));
    assert_eq!(headers.get("tracestate").unwrap().as_deref(), Some("a=1"));
    assert_eq!(headers.get("baggage").unwrap().as_deref(), Some("k=v"));

    let extractor = HeadersExtractor::new(&headers);
    assert_eq!(extractor.get("TraceParent"), Some(PARENT));
    assert_eq!(extractor.keys().len(), 4);
    let cx = W3cPropagator::new().extract(&extractor);
    assert_eq!(cx.span().span_context(), parent().span().span_context());
    assert_eq!(cx.baggage().get("k").unwrap().as_str(), "v");

    // Nothing of an earlier context is left behind.
    inject_headers_with(&remote_parent(PARENT).unwrap(), &headers).unwrap();
    assert_eq!(headers.get("traceparent").unwrap().as_deref(), Some(PARENT));
    assert!(!headers.has("tracestate").unwrap());
    assert!(!headers.has("baggage").unwrap());
    inject_headers_with(&Context::new(), &headers).unwrap();
    assert!(!headers.has("traceparent").unwrap());
    assert_eq!(headers.get("x-other").unwrap().as_deref(), Some("stays"));
}

#[test]
fn a_request_carries_the_current_span() {
    let _ = parent();
    let provider = TracerProvider::builder().build();
    let request = Request::new_with_str("https://example.com/").unwrap();
    let expected = provider.tracer("test").in_span("fetch", |cx| {
        inject_request(&request).unwrap();
        let span = cx.span();
        format!("00-{}-{}-01", span.span_context().trace_id(), span.span_context().span_id())
    });
    assert_eq!(request.headers().get("traceparent").unwrap(), Some(expected));
    assert!(!request.headers().has("tracestate").unwrap());
    assert!(inject_request_with(&Context::new(), &request).is_ok());
}

#[test]
fn headers_that_refuse_are_named() {
    let response = web_sys::Response::error();
    let error = inject_headers_with(&parent(), &response.headers()).unwrap_err();
    assert_eq!(error.headers().collect::<Vec<_>>(), ["traceparent", "tracestate", "baggage"]);
    assert!(error.to_string().contains("immutable"), "{error}");
    assert_eq!(inject_headers_with(&Context::new(), &response.headers()), Ok(()), "there is nothing to remove");

    let init = RequestInit::new();
    js_sys::Reflect::set(&init, &"mode".into(), &"no-cors".into()).unwrap();
    let request = Request::new_with_str_and_init("https://example.com/", &init).unwrap();
    let error = inject_request_with(&parent(), &request).unwrap_err();
    assert_eq!(error.headers().count(), 3);
    assert!(error.to_string().contains("no-cors"), "{error}");
}

#[test]
fn values_that_no_receiver_takes_are_named() {
    use opentelemetry::baggage::KeyValueMetadata;
    let headers = Headers::new().unwrap();
    let cx = parent().with_baggage([KeyValueMetadata::new("k", "v", "метаданные")]);
    inject_headers_with(&cx, &headers).unwrap();
    assert!(headers.get("baggage").unwrap().unwrap().starts_with("k=v;%D0%BC"));

    let cx = parent().with_baggage([KeyValue::new("k", "ä".repeat(4000))]);
    let error = inject_headers_with(&cx, &headers).unwrap_err();
    assert!(error.to_string().contains("receivers drop more than 8192"), "{error}");
    assert_eq!(headers.get("traceparent").unwrap().as_deref(), Some(PARENT));
    assert!(!headers.has("baggage").unwrap(), "that of the earlier context is gone all the same");
}

fn tag(name: &str, content: &str) -> JsValue {
    let script = format!(
        "const tag = document.createElement('meta'); tag.name = {name:?}; tag.content = {content:?}; \
         document.head.append(tag); return tag"
    );
    js_sys::Function::new_no_args(&script).call0(&JsValue::NULL).unwrap()
}

fn remove(tag: &JsValue) {
    let remove = js_sys::Reflect::get(tag, &"remove".into()).unwrap();
    remove.unchecked_into::<js_sys::Function>().call0(tag).unwrap();
}

#[test]
fn the_page_has_a_parent_if_its_server_says_so() {
    assert!(page_parent().unwrap().is_none());
    let tags = [tag("traceparent", &format!(" {PARENT} ")), tag("tracestate", "a=1"), tag("baggage", "k=v")];
    let cx = page_parent().unwrap().unwrap();
    assert_eq!(cx.span().span_context(), parent().span().span_context());
    assert_eq!(cx.baggage().len(), 1);
    tags.iter().for_each(remove);

    let unfilled = tag("traceparent", "{{traceparent}}");
    let error = page_parent().unwrap_err();
    assert!(error.to_string().starts_with("traceparent \"{{traceparent}}\": "), "{error}");
    remove(&unfilled);
}
