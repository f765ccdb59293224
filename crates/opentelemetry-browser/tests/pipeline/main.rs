//! Pipelines that are installed, from end to end: the same natively and in a browser.

mod beside;
mod extending;
mod flushing;
mod lifetimes;
mod logs;
mod tracing_layers;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use opentelemetry_browser::{
    BoxFuture, Request, Response, RetryPolicy, Telemetry, TelemetryBuilder, Transport, TransportError,
};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// An asynchronous test. What is installed is installed for all of the process, so they run one at a time.
macro_rules! pipeline_test {
    (async fn $name:ident() $body:block) => {
        #[cfg(not(target_arch = "wasm32"))]
        #[test]
        fn $name() {
            let _alone = $crate::alone();
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async $body);
        }

        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $name() $body
    };
}
pub(crate) use pipeline_test;

#[cfg(not(target_arch = "wasm32"))]
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What a request is answered with.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(u16),
    /// After some turns of the event loop.
    Later(u16),
    Never,
}

/// Gives its answers in their order, and then 200; keeps what it was sent.
#[derive(Clone, Debug, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<serde_json::Value>>>,
    /// Whether there is no path for logs, as in a Jaeger.
    has_no_logs: Arc<AtomicBool>,
}

impl Receiver {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    /// A pipeline that sends here, without spool and patience.
    fn builder(&self) -> TelemetryBuilder {
        let builder = Telemetry::builder().with_transport(self.clone()).with_spool(None);
        builder.with_retry(RetryPolicy::none()).with_console_warnings(false)
    }

    fn resources(&self) -> Vec<serde_json::Value> {
        self.requests.lock().unwrap().iter().flat_map(|body| list(&body["resourceSpans"])).collect()
    }

    fn spans(&self) -> Vec<serde_json::Value> {
        let scopes = self.resources().into_iter().flat_map(|resource| list(&resource["scopeSpans"]));
        scopes.flat_map(|scope| list(&scope["spans"])).collect()
    }

    fn logs(&self) -> Vec<serde_json::Value> {
        let requests = self.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|body| list(&body["resourceLogs"]));
        let scopes = resources.flat_map(|resource| list(&resource["scopeLogs"]));
        scopes.flat_map(|scope| list(&scope["logRecords"])).collect()
    }

    fn names(&self) -> Vec<String> {
        self.spans().iter().map(|span| span["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn list(json: &serde_json::Value) -> Vec<serde_json::Value> {
    json.as_array().cloned().unwrap_or_default()
}

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.requests.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
        if request.url.ends_with("/v1/logs") && self.has_no_logs.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Ok(Response::new(404))));
        }
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Status(200));
        Box::pin(async move {
            let status = match answer {
                Answer::Status(status) => status,
                Answer::Later(status) => {
                    let mut turns = 5;
                    std::future::poll_fn(|cx| {
                        cx.waker().wake_by_ref();
                        turns -= 1;
                        if turns == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                    })
                    .await;
                    status
                }
                Answer::Never => std::future::pending().await,
            };
            Ok(Response::new(status))
        })
    }
}
