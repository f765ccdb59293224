//! A page in a temporary directory, a collector that serves it, and spans to send.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use collector::{Addresses, Bounds, Config, Counts, Keep, Keys, Limits, Named, Otlp, Running};
use tokio::runtime::Runtime;

use crate::client::{self, Response};

pub const INDEX: &str = "<!doctype html>\n<html lang=\"en\"><head>\n\
    <meta name=\"otlp-endpoint\" content=\"http://localhost:4318\">\n\
    <meta name=\"otlp-logs\" content=\"\">\n\
    <meta name=\"viewer-url\" content=\"http://localhost:16686\">\n\
    <meta name=\"viewer-name\" content=\"Jaeger UI\">\n<title>A page</title></head></html>\n";

/// Removed when dropped.
pub struct PageDir(pub PathBuf);

impl PageDir {
    pub fn empty() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("collector-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn built() -> Self {
        let directory = Self::empty();
        for (path, content) in [
            ("index.html", INDEX),
            ("www/app.js", "export {};\n"),
            ("www/style.css", "body{}\n"),
            ("www/icon.svg", "<svg/>"),
            ("www/deep/er/module.mjs", ""),
            ("www/.hidden", "secret"),
            ("pkg/inprocess_bg.wasm", "\0asm"),
            ("favicon.ico", "icon"),
            ("Cargo.toml", "secret"),
            (".git/config", "secret"),
            ("src/lib.rs", "secret"),
        ] {
            directory.write(path, content);
        }
        directory
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.0.join(path);
        path.parent().map(fs::create_dir_all).unwrap().unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PageDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Collector {
    pub addresses: Addresses,
    pub page_dir: PageDir,
    running: Option<Running>,
    runtime: Runtime,
}

pub fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub fn config(page_dir: &PageDir) -> Config {
    Config {
        page_addr: any_port(),
        otlp_addr: any_port(),
        query_addr: any_port(),
        grpc_addr: any_port(),
        page_dir: page_dir.path().to_owned(),
        users_url: None,
        keep: Keep::Memory,
        limits: Limits::default(),
        allow_origins: Vec::new(),
        allow_hosts: Vec::new(),
        bounds: Bounds::default(),
        forward: Vec::new(),
        named: Named::default(),
        keys: Keys::default(),
        rate: None,
        tls: None,
        notes: Vec::new(),
    }
}

impl Collector {
    pub fn start() -> Self {
        let page_dir = PageDir::built();
        let config = config(&page_dir);
        Self::with(config, page_dir)
    }

    pub fn with(config: Config, page_dir: PageDir) -> Self {
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(collector::start(config)).expect("a collector");
        Self { addresses: running.addresses.clone(), page_dir, running: Some(running), runtime }
    }

    pub fn otlp(&self) -> &str {
        match &self.addresses.otlp {
            Otlp::Receiving(url) => url,
            Otlp::Taken(address) => panic!("{address} is taken"),
        }
    }

    pub fn post(&self, json: &str) -> Response {
        client::send(self.otlp(), "POST", "/v1/traces", &[("content-type", "application/json")], json.as_bytes())
    }

    /// Sends spans, which must all be taken.
    pub fn take(&self, json: &str) {
        let response = self.post(json);
        assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#));
    }

    pub fn view(&self, path: &str) -> Response {
        client::get(&self.addresses.viewer, path)
    }

    pub fn page(&self, path: &str) -> Response {
        client::get(&self.addresses.page, path)
    }

    pub fn forwarded(&self) -> Counts {
        self.running.as_ref().expect("not stopped").forwarded()
    }

    pub fn stop(&mut self, limit: Duration) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop(limit));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(1));
    }
}

/// A request with these spans, each the inside of a JSON object, of one service.
pub fn request(service: &str, spans: &[String]) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},
        "scopeSpans":[{{"scope":{{"name":"lib","version":"1.0"}},"spans":[{{{}}}]}}]}}]}}"#,
        spans.join("},{")
    )
}

/// Start and end in µs after a fixed time; parent 0 is none.
pub fn span(trace: u64, id: u64, parent: u64, name: &str, start: u64, end: u64) -> String {
    const BASE: u64 = 1_700_000_000_000_000_000;
    let parent = if parent == 0 { String::new() } else { format!("{parent:016x}") };
    format!(
        r#""traceId":"{trace:032x}","spanId":"{id:016x}","parentSpanId":"{parent}","name":"{name}","kind":1,"startTimeUnixNano":"{}","endTimeUnixNano":"{}""#,
        BASE + start * 1000,
        BASE + end * 1000
    )
}
