//! A real Jaeger 2 (in memory), told whom to let in by arguments as people paste them. Drop ends it.

use crate::browser::free_port;
use crate::jaeger::{Jaeger, running};
use crate::programs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::process::Command;

pub struct Jaeger2 {
    pub otlp: String,
    pub viewer: String,
    config: PathBuf,
    _jaeger: Jaeger,
}

impl Jaeger2 {
    /// On free ports, with these further arguments.
    pub async fn start(arguments: &[String]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (otlp_port, query_port) = (free_port(), free_port());
        let name = format!("jaeger-2-{}-{}.yaml", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let config = std::env::temp_dir().join(name);
        std::fs::write(&config, configuration(otlp_port, query_port, free_port()))
            .expect("the configuration can be written");
        let mut command = Command::new(programs::jaeger_2());
        command.arg(format!("--config={}", config.display())).args(arguments);
        let jaeger = running(command, otlp_port, query_port).await;
        Self { otlp: jaeger.otlp.clone(), viewer: jaeger.viewer.clone(), config, _jaeger: jaeger }
    }
}

impl Drop for Jaeger2 {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.config);
    }
}

/// What it has by default, but for its ports, and for what no test needs.
fn configuration(otlp_port: u16, query_port: u16, grpc_port: u16) -> String {
    format!(
        "service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{ receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter] }}
  telemetry:
    metrics: {{ level: none }}
extensions:
  jaeger_storage: {{ backends: {{ memory: {{ memory: {{ max_traces: 1000 }} }} }} }}
  jaeger_query:
    storage: {{ traces: memory }}
    http: {{ endpoint: '127.0.0.1:{query_port}' }}
    grpc: {{ endpoint: '127.0.0.1:{grpc_port}' }}
receivers:
  otlp: {{ protocols: {{ http: {{ endpoint: '127.0.0.1:{otlp_port}' }} }} }}
processors:
  batch:
exporters:
  jaeger_storage_exporter: {{ trace_storage: memory }}
"
    )
}
