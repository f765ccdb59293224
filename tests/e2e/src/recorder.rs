//! An OTLP receiver for scripted faults: it counts how often each span arrives, and can be slow, out of order for a while, or not there yet.

use crate::{faults, wait};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// Drop ends it.
pub struct Recorder {
    pub url: String,
    /// Until it listens.
    closed: Option<TcpSocket>,
    script: Arc<Script>,
    task: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Script {
    is_down: AtomicBool,
    is_silent: AtomicBool,
    delay_ms: AtomicU64,
    latency_ms: AtomicU64,
    spans: Mutex<BTreeMap<String, u32>>,
}

impl Recorder {
    pub async fn start() -> Self {
        let mut recorder = Self::absent();
        recorder.listen().await;
        recorder
    }

    /// One that does not listen yet: connections to it are refused.
    pub fn absent() -> Self {
        let (socket, port) = faults::closed();
        Self { url: format!("http://localhost:{port}"), closed: Some(socket), script: Arc::default(), task: None }
    }

    pub async fn listen(&mut self) {
        let socket = self.closed.take().expect("it does not listen yet");
        let listener = socket.listen(256).expect("it listens");
        let routes =
            Router::new().route("/v1/traces", post(receive).options(preflight)).with_state(self.script.clone());
        let serve = async move { axum::serve(listener, routes).await.expect("the recorder runs") };
        self.task = Some(tokio::spawn(serve));
    }

    /// From now on it answers 503, or takes spans again.
    pub fn set_down(&self, is_down: bool) {
        self.script.is_down.store(is_down, Ordering::SeqCst);
    }

    /// From now on its answers have no body.
    pub fn set_silent(&self) {
        self.script.is_silent.store(true, Ordering::SeqCst);
    }

    /// How long each answer takes; spans are taken in before.
    pub fn set_delay(&self, delay: Duration) {
        self.script.delay_ms.store(delay.as_millis() as u64, Ordering::SeqCst);
    }

    /// How long each request is on its way, preflights among them, and its answer again.
    pub fn set_latency(&self, latency: Duration) {
        self.script.latency_ms.store(latency.as_millis() as u64, Ordering::SeqCst);
    }

    /// How many different spans have arrived.
    pub fn spans(&self) -> usize {
        self.script.spans.lock().expect("no test has failed under the lock").len()
    }

    /// Waits until this many spans have arrived, and a little longer for some to come twice.
    pub async fn assert_arrived_once(&self, spans: usize) {
        wait::until(&format!("{spans} spans"), async || {
            let arrived = self.spans();
            if arrived >= spans { Ok(()) } else { Err(arrived) }
        })
        .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(self.spans(), spans);
        self.assert_no_duplicates();
    }

    /// How many spans have arrived more than once.
    pub fn twice(&self) -> usize {
        let spans = self.script.spans.lock().expect("no test has failed under the lock");
        spans.values().filter(|count| **count > 1).count()
    }

    /// Fails if a span has arrived more than once.
    pub fn assert_no_duplicates(&self) {
        assert_eq!(self.twice(), 0, "of {} spans, those that arrived more than once", self.spans());
    }
}

impl Script {
    async fn latency(&self) {
        tokio::time::sleep(Duration::from_millis(self.latency_ms.load(Ordering::SeqCst))).await;
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn preflight(State(script): State<Arc<Script>>) -> Response {
    script.latency().await;
    script.latency().await;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    response
}

async fn receive(State(script): State<Arc<Script>>, body: Bytes) -> Response {
    script.latency().await;
    let is_down = script.is_down.load(Ordering::SeqCst);
    if !is_down {
        let request: Value = serde_json::from_slice(&body).expect("the page sends JSON");
        let resources = request["resourceSpans"].as_array().into_iter().flatten();
        let scopes = resources.flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten());
        let ids = scopes.flat_map(|scope| scope["spans"].as_array().into_iter().flatten());
        let ids = ids.map(|span| format!("{}{}", span["traceId"], span["spanId"]));
        let mut spans = script.spans.lock().expect("no test has failed under the lock");
        for id in ids {
            *spans.entry(id).or_default() += 1;
        }
    }
    tokio::time::sleep(Duration::from_millis(script.delay_ms.load(Ordering::SeqCst))).await;
    script.latency().await;
    let status = if is_down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = if script.is_silent.load(Ordering::SeqCst) { "" } else { "{}" };
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
