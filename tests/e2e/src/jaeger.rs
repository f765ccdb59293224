//! A real Jaeger (1.x all-in-one, in memory) that takes spans from one page. Drop ends it.

use crate::ports::free_port;
use crate::{programs, wait};
use serde_json::Value;
use std::process::Stdio;
use tokio::process::{Child, Command};

pub struct Jaeger {
    pub otlp: String,
    pub viewer: String,
    /// Where it takes OTLP/gRPC; nothing for one that was started with another command.
    pub grpc: String,
    process: Child,
}

/// Every port that a test does not need: any free one, so that several can run side by side.
const UNUSED: [&str; 7] = [
    "admin.http.host-port",
    "collector.grpc-server.host-port",
    "collector.http-server.host-port",
    "http-server.host-port",
    "processor.jaeger-binary.server-host-port",
    "processor.jaeger-compact.server-host-port",
    "processor.zipkin-compact.server-host-port",
];

impl Jaeger {
    /// On free ports.
    pub async fn start(page_origin: &str) -> Self {
        Self::start_on(free_port(), page_origin).await
    }

    /// With its OTLP receiver on this port.
    pub async fn start_on(otlp_port: u16, page_origin: &str) -> Self {
        let origins = format!("--collector.otlp.http.cors.allowed-origins={page_origin}");
        let headers = "--collector.otlp.http.cors.allowed-headers=content-type,content-encoding";
        Self::start_with(otlp_port, &[&origins, headers]).await
    }

    /// With these flags about CORS.
    pub async fn start_with(otlp_port: u16, cors: &[&str]) -> Self {
        let query_port = free_port();
        // Its own gateway asks for version 3 of the query API there: port 0 would leave it without.
        let grpc_port = free_port();
        let otlp_grpc = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(programs::jaeger());
        command
            .args(UNUSED.map(|flag| format!("--{flag}=127.0.0.1:0")))
            .arg(format!("--collector.otlp.http.host-port=127.0.0.1:{otlp_port}"))
            .arg(format!("--collector.otlp.grpc.host-port={otlp_grpc}"))
            .arg(format!("--query.http-server.host-port=127.0.0.1:{query_port}"))
            .arg(format!("--query.grpc-server.host-port=127.0.0.1:{grpc_port}"))
            .args(cors)
            // It would trace itself, into whichever Jaeger listens on the default port.
            .env("OTEL_TRACES_SAMPLER", "always_off")
            .env("SPAN_STORAGE_TYPE", "memory");
        Self { grpc: format!("grpc://{otlp_grpc}"), ..running(command, otlp_port, query_port).await }
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("Jaeger can be ended");
    }
}

/// The Jaeger that this command starts, when it answers on these ports.
pub(crate) async fn running(mut command: Command, otlp_port: u16, query_port: u16) -> Jaeger {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let viewer = format!("http://127.0.0.1:{query_port}");
    let otlp = format!("http://127.0.0.1:{otlp_port}");
    wait::until("Jaeger", async || {
        // One whose port was taken ends, and another server would answer in its place.
        let ended = process.try_wait().expect("Jaeger can be asked");
        assert!(ended.is_none(), "Jaeger ended ({ended:?}): is a port taken, or an argument of {command:?} wrong?");
        reqwest::get(&otlp).await?;
        reqwest::get(format!("{viewer}/api/services")).await?.json::<Value>().await
    })
    .await;
    Jaeger { otlp, viewer, grpc: String::new(), process }
}
