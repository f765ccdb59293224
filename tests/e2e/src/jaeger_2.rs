//! A real Jaeger 2: in memory, told whom to let in by arguments as people paste them, or with a configuration as it is. Drop ends it.

use crate::jaeger::{Jaeger, running};
use crate::ports::free_port;
use crate::programs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::process::Command;

pub struct Jaeger2 {
    pub otlp: String,
    pub viewer: String,
    /// A file of its own.
    written: Option<PathBuf>,
    jaeger: Jaeger,
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
        Self::of(running(command, otlp_port, query_port).await, Some(config))
    }

    /// With this configuration, but for its addresses, and for these settings.
    pub async fn configured(config: &Path, settings: &[(&str, &str)]) -> Self {
        let (otlp_port, query_port) = (free_port(), free_port());
        let mut command = Command::new(programs::jaeger_2());
        command.arg(format!("--config={}", config.display()));
        for (setting, port) in [
            ("receivers.otlp.protocols.http.endpoint", otlp_port),
            ("extensions.jaeger_query.http.endpoint", query_port),
            ("extensions.jaeger_query.grpc.endpoint", free_port()),
        ] {
            command.arg(format!("--set={setting}=127.0.0.1:{port}"));
        }
        command.args(settings.iter().map(|(setting, value)| format!("--set={setting}={value}")));
        // Its metrics have a port of their own, which two of them cannot share.
        command.arg("--set=service.telemetry.metrics.level=none");
        Self::of(running(command, otlp_port, query_port).await, None)
    }

    fn of(jaeger: Jaeger, written: Option<PathBuf>) -> Self {
        Self { otlp: jaeger.otlp.clone(), viewer: jaeger.viewer.clone(), written, jaeger }
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(mut self) {
        self.jaeger.kill().await;
    }
}

impl Drop for Jaeger2 {
    fn drop(&mut self) {
        if let Some(config) = &self.written {
            let _ = std::fs::remove_file(config);
        }
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
