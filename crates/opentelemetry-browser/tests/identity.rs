//! What a real browser says about itself, and where it keeps a session.

#![cfg(target_arch = "wasm32")]

use std::sync::{Arc, Mutex};

use opentelemetry::trace::Tracer;
use opentelemetry::{Array, Key, Value};
use opentelemetry_browser::{
    BoxFuture, BrowserResourceDetector, Cause, Request, Response, SessionConfig, SessionProcessor, SessionScope,
    Telemetry, Transport, TransportError,
};
use opentelemetry_sdk::resource::ResourceDetector;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn evaluate(script: &str) -> JsValue {
    js_sys::Function::new_no_args(script).call0(&JsValue::NULL).expect("no exception")
}

#[test]
fn the_browser_is_described() {
    let resource = BrowserResourceDetector::new().detect();
    let user_agent = resource.get(&Key::new("user_agent.original")).expect("a user agent").to_string();
    assert_eq!(Some(user_agent), evaluate("return navigator.userAgent").as_string());
    assert_eq!(resource.get(&Key::new("browser.brands")), None);

    let resource = BrowserResourceDetector::new().with_development_attributes().detect();
    let language = resource.get(&Key::new("browser.language")).expect("a language").to_string();
    assert_eq!(Some(language), evaluate("return navigator.language").as_string());
    // The test's page is on localhost, which is a secure context, and Chromium has brands there.
    let Some(Value::Array(Array::String(brands))) = resource.get(&Key::new("browser.brands")) else {
        panic!("no brands in {resource:?}");
    };
    let expected = evaluate("return navigator.userAgentData.brands.map(({brand, version}) => `${brand} ${version}`)");
    let expected: Vec<String> = js_sys::Array::from(&expected).iter().filter_map(|brand| brand.as_string()).collect();
    assert_eq!(brands.iter().map(|brand| brand.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(resource.get(&Key::new("browser.mobile")), Some(Value::Bool(false)));
}

#[test]
fn a_session_is_kept_in_the_storage_of_its_scope() {
    for (scope, area) in [(SessionScope::Origin, "localStorage"), (SessionScope::Tab, "sessionStorage")] {
        evaluate(&format!("{area}.clear()"));
        let config = SessionConfig::default().with_scope(scope);
        let id = SessionProcessor::new(config).id();
        let stored = evaluate(&format!("return {area}.getItem('opentelemetry.session')")).as_string();
        assert!(stored.expect("an item").starts_with(&format!("1 {id} ")));
        assert_eq!(SessionProcessor::new(config).id(), id);
        evaluate(&format!("{area}.clear()"));
        assert_ne!(SessionProcessor::new(config).id(), id);
    }
}

#[test]
fn a_session_without_storage_lives_as_long_as_the_page() {
    let deny = "Object.defineProperty(globalThis, 'localStorage', {
        configurable: true, get() { throw new DOMException('denied', 'SecurityError') } })";
    let restore = evaluate(&format!(
        "const own = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
         {deny};
         return () => Object.defineProperty(globalThis, 'localStorage', own)"
    ));
    let session = SessionProcessor::new(SessionConfig::default());
    let id = session.id();
    assert_eq!(session.id(), id);
    assert_ne!(SessionProcessor::new(SessionConfig::default()).id(), id);
    restore.unchecked_into::<js_sys::Function>().call0(&JsValue::NULL).expect("restored");
}

#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<u8>>>);

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        *self.0.lock().unwrap() = request.body.to_vec();
        Box::pin(async { Ok(Response::new(200)) })
    }
}

#[test]
async fn a_pipeline_says_whose_it_is() {
    evaluate(
        "const tag = document.createElement('meta'); tag.name = 'traceparent'; document.head.append(tag);
         tag.content = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'",
    );
    let recorder = Recorder::default();
    let builder = || Telemetry::builder().with_spool(None).with_transport(recorder.clone()).with_page_parent();
    let telemetry = builder()
        .with_service_name("shop")
        .with_service_version("1.2.3")
        .with_service_namespace("example")
        .with_development_attributes()
        .with_session(SessionConfig::default())
        .install()
        .expect("installed");
    opentelemetry::global::tracer("test").in_span("root", |_cx| {});
    telemetry.flush().await.expect("delivered");
    let body: serde_json::Value = serde_json::from_slice(&recorder.0.lock().unwrap()).expect("JSON");
    let attributes = |list: &serde_json::Value| -> std::collections::HashMap<String, String> {
        let list = list.as_array().expect("attributes").iter();
        list.map(|pair| (pair["key"].as_str().unwrap().into(), pair["value"]["stringValue"].to_string())).collect()
    };
    let resource = attributes(&body["resourceSpans"][0]["resource"]["attributes"]);
    assert_eq!(resource["service.name"], "\"shop\"");
    assert_eq!(resource["service.version"], "\"1.2.3\"");
    assert_eq!(resource["service.namespace"], "\"example\"");
    for key in ["service.instance.id", "user_agent.original", "telemetry.sdk.name", "browser.language"] {
        assert!(resource.contains_key(key), "{key} in {resource:?}");
    }
    let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(span["parentSpanId"], "00f067aa0ba902b7");
    let session = telemetry.session_id().expect("a session");
    assert_eq!(attributes(&span["attributes"])["session.id"], format!("\"{session}\""));
    telemetry.shutdown().await.expect("shut down");

    evaluate("document.querySelector('meta[name=traceparent]').content = '{{unfilled}}'");
    let telemetry = builder().with_console_warnings(false).install().expect("a wrong tag is no reason not to trace");
    let error = telemetry.diagnostics().last_error.expect("said");
    assert_eq!(error.cause, Cause::PageParent);
    assert!(error.message.contains("{{unfilled}}"), "{error}");
    assert_eq!(telemetry.session_id(), None);
    telemetry.shutdown().await.expect("nothing to deliver");
    evaluate("document.querySelector('meta[name=traceparent]').remove()");
}
