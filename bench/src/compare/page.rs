//! The page with all the compared, by WebDriver and DevTools.

use e2e::browser::Browser;
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::{Value, json};
use std::path::Path;

use super::peers::Peer;

/// Cross-origin isolated: the clock is 5 us fine then.
const ISOLATED: &[(&str, &str)] = &[
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cache-control", "no-store"),
];

pub struct Page {
    browser: Browser,
    server: StaticServer,
    /// What a measurement of nothing costs the main thread, in milliseconds.
    overhead: f64,
}

/// How a pipeline is started.
#[derive(Clone, Copy, Debug)]
pub struct Pipeline {
    pub sampled: bool,
    pub max_queue: usize,
    pub max_batch: usize,
    pub gzip: bool,
}

impl Page {
    pub async fn start(modules: &Path) -> Self {
        let server = StaticServer::with_headers(modules, ISOLATED).await;
        let page = Self { browser: Browser::start().await, server, overhead: 0.0 };
        page.browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
        page
    }

    /// Opens the page anew, with these in it.
    pub async fn open(&mut self, peers: &[Peer]) {
        self.browser.goto(&format!("{}/index.html", self.server.url)).await;
        wait::until("the page", async || {
            let ready = self.browser.run("return document.documentElement.dataset.ready", vec![]).await;
            if ready == "true" { Ok(()) } else { Err(ready) }
        })
        .await;
        for peer in peers {
            self.browser.run("return bench.open(arguments[0])", vec![json!(peer.id)]).await;
        }
    }

    /// What it says that it can do.
    pub async fn features(&self, peer: Peer) -> Value {
        self.browser.run("return bench.featuresOf(arguments[0])", vec![json!(peer.id)]).await
    }

    pub async fn run(&self, peer: Peer, measurement: &str, arg: Value) -> f64 {
        let args = vec![json!(peer.id), json!(measurement), arg];
        self.browser.run("return bench.run(...arguments)", args).await.as_f64().unwrap_or_default()
    }

    pub async fn start_pipeline(&self, peer: Peer, endpoint: String, pipeline: Pipeline) {
        let Pipeline { sampled, max_queue, max_batch, gzip } = pipeline;
        let options = json!({
            "endpoint": endpoint, "sampled": sampled, "maxQueueSize": max_queue, "maxBatchSize": max_batch, "gzip": gzip,
        });
        self.run(peer, "start", options).await;
    }

    /// The CPU time that the main thread has spent on tasks so far, in milliseconds.
    async fn main_thread(&self) -> f64 {
        let metrics = self.browser.devtools("Performance.getMetrics", json!({})).await;
        let metrics = metrics["metrics"].as_array().cloned().unwrap_or_default();
        let tasks = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
        tasks.and_then(|metric| metric["value"].as_f64()).expect("Chromium measures its tasks") * 1000.0
    }

    /// The main thread's CPU time for `work`, in milliseconds.
    pub async fn cost<T>(&self, work: impl Future<Output = T>) -> (f64, T) {
        let before = self.main_thread().await;
        let outcome = work.await;
        (self.main_thread().await - before - self.overhead, outcome)
    }

    /// Finds out what measuring itself costs: two calls into the page that do nothing.
    pub async fn calibrate(&mut self, peer: Peer) {
        let mut costs = Vec::new();
        for _ in 0..9 {
            let nothing = async {
                self.run(peer, "memoryBytes", Value::Null).await;
                self.run(peer, "memoryBytes", Value::Null).await;
            };
            costs.push(self.cost(nothing).await.0 + self.overhead);
        }
        costs.sort_by(f64::total_cmp);
        self.overhead = costs[costs.len() / 2];
    }

    /// Bytes of JavaScript's heap after a collection, and of WebAssembly's memory.
    pub async fn memory(&self, peer: Peer) -> f64 {
        self.browser.devtools("HeapProfiler.collectGarbage", json!({})).await;
        let heap = self.browser.devtools("Runtime.getHeapUsage", json!({})).await;
        heap["usedSize"].as_f64().unwrap_or_default() + self.run(peer, "memoryBytes", Value::Null).await
    }

    /// The browser, in its own words.
    pub async fn user_agent(&self) -> String {
        let version = self.browser.devtools("Browser.getVersion", json!({})).await;
        version["product"].as_str().unwrap_or_default().to_owned()
    }
}
