//! What a real browser says about itself, and where it keeps a session.

#![cfg(target_arch = "wasm32")]

use opentelemetry::{Array, Key, Value};
use opentelemetry_browser::{BrowserResourceDetector, SessionConfig, SessionProcessor, SessionScope};
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
