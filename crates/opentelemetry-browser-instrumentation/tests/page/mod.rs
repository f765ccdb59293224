//! A page under test: a pipeline whose requests stay here, and scripts that do what a page does.

#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use opentelemetry_browser::{BoxFuture, Request, Response, Telemetry, TelemetryBuilder, Transport, TransportError};
use opentelemetry_browser_instrumentation::{Installed, Instrumentations};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Takes every request, and keeps its body.
#[derive(Clone, Debug, Default)]
pub struct Receiver(Arc<Mutex<Vec<Value>>>);

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.0.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
        Box::pin(std::future::ready(Ok(Response::new(200))))
    }
}

pub struct Page {
    pub telemetry: Telemetry,
    pub installed: Installed,
    receiver: Receiver,
}

impl Page {
    pub fn with(instrumentations: Instrumentations) -> Self {
        Self::built(Telemetry::builder(), instrumentations)
    }

    pub fn built(builder: TelemetryBuilder, instrumentations: Instrumentations) -> Self {
        let receiver = Receiver::default();
        let telemetry = builder
            .with_service_name("page")
            .with_logs()
            .with_transport(receiver.clone())
            .with_spool(None)
            .install()
            .expect("the test before has shut down");
        let installed = instrumentations.install(&telemetry);
        Self { telemetry, installed, receiver }
    }

    /// Ends all, and gives the spans that were recorded, in the order in which they ended.
    pub async fn end(self) -> Vec<Span> {
        self.end_both().await.0
    }

    /// The same, and gives the log records.
    pub async fn end_with_records(self) -> Vec<Record> {
        self.end_both().await.1
    }

    pub async fn end_both(self) -> (Vec<Span>, Vec<Record>) {
        self.installed.uninstall();
        self.telemetry.shutdown().await.expect("all is taken");
        self.receiver.received()
    }

    /// What has been sent so far.
    pub fn received(&self) -> (Vec<Span>, Vec<Record>) {
        self.receiver.received()
    }
}

impl Receiver {
    fn received(&self) -> (Vec<Span>, Vec<Record>) {
        let bodies = self.0.lock().unwrap();
        let items = |resources: &str, scopes: &str, items: &str| -> Vec<Value> {
            let resources = bodies.iter().flat_map(|body| list(body, resources));
            resources.flat_map(|all| list(all, scopes)).flat_map(|scope| list(scope, items)).cloned().collect()
        };
        let spans = items("resourceSpans", "scopeSpans", "spans").into_iter().map(Item).collect();
        (spans, items("resourceLogs", "scopeLogs", "logRecords").into_iter().map(Item).collect())
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// A span or a log record as it was sent.
#[derive(Debug)]
pub struct Item(pub Value);

pub type Span = Item;
pub type Record = Item;

impl Item {
    pub fn name(&self) -> &str {
        self.0["name"].as_str().or(self.0["eventName"].as_str()).unwrap()
    }

    /// An attribute as text.
    pub fn get(&self, key: &str) -> Option<String> {
        let found = list(&self.0, "attributes").iter().find(|attribute| attribute["key"] == key)?;
        let value = found["value"].as_object()?.values().next()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<_> = list(&self.0, "attributes").iter().map(|kv| kv["key"].as_str().unwrap()).collect();
        keys.sort_unstable();
        keys
    }

    pub fn is_error(&self) -> bool {
        self.0["status"]["code"] == 2
    }

    pub fn id(&self) -> &str {
        self.0["spanId"].as_str().unwrap()
    }

    pub fn trace_id(&self) -> &str {
        self.0["traceId"].as_str().unwrap()
    }

    pub fn parent(&self) -> Option<&str> {
        self.0["parentSpanId"].as_str().filter(|id| !id.is_empty())
    }
}

/// Fails unless the spans of requests are these: the name, the path of the URL without its first slash, and the type of the error, if any.
pub fn assert_outcomes(spans: &[Span], expected: &[(&str, &str, &str)]) {
    let outcome = |span: &Span| {
        let url = span.get("url.full").unwrap();
        let path = url.splitn(4, '/').nth(3).unwrap().to_owned();
        (span.name().to_owned(), path, span.get("error.type").unwrap_or_default())
    };
    let outcomes: Vec<_> = spans.iter().map(outcome).collect();
    let outcomes: Vec<_> = outcomes.iter().map(|(name, path, error)| (&**name, &**path, &**error)).collect();
    assert_eq!(outcomes, expected);
}

/// Runs the body of an async function, and gives what it returns; what it throws is an error.
pub async fn run(script: &str) -> Result<JsValue, JsValue> {
    let call = js_sys::Function::new_no_args(&format!("return (async () => {{ {script} }})()"));
    JsFuture::from(call.call0(&JsValue::NULL)?.unchecked_into::<js_sys::Promise>()).await
}

/// The same, of one that must not throw, as text.
pub async fn text(script: &str) -> String {
    let value =
        run(script).await.unwrap_or_else(|thrown| panic!("{}", String::from(js_sys::Object::from(thrown).to_string())));
    value.as_string().unwrap_or_else(|| {
        if value.is_undefined() { String::new() } else { String::from(js_sys::JSON::stringify(&value).unwrap()) }
    })
}

/// Waits until whoever drives the browser looks for results. A page that goes to another address before that is lost on the driver,
/// which waits for the first one to have loaded. Where nobody drives, this waits ten seconds.
pub async fn loaded() {
    text(
        "await new Promise((resolve) => {
            document.querySelector = (selector) => {
                if (selector === '#output') {
                    delete document.querySelector;
                    setTimeout(resolve);
                }
                return Document.prototype.querySelector.call(document, selector);
            };
            setTimeout(resolve, 10_000);
        })",
    )
    .await;
}
