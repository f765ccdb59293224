//! A real OpenTelemetry Collector, made by its builder of the parts that deploy/builder.yaml names. Drop ends it.

use crate::{programs, wait};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub struct OtelCollector {
    process: Child,
    /// All that it wrote to its standard error, where its debug exporter writes, too.
    said: Arc<Mutex<String>>,
}

impl OtelCollector {
    /// With a configuration and variables that it reads, as soon as it listens on these ports of loopback.
    pub async fn start(config: &Path, variables: &[(&str, &str)], ports: &[u16]) -> Self {
        let program = programs::peer("OTELCOL_BIN");
        let mut process = Command::new(&program)
            .arg("--config")
            .arg(config)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let mut lines = BufReader::new(process.stderr.take().expect("stderr is piped")).lines();
        let said = Arc::<Mutex<String>>::default();
        let noted = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                *noted.lock().expect("no test panics here") += &(line + "\n");
            }
        });
        let mut this = Self { process, said };
        for port in ports {
            wait::until("the OpenTelemetry Collector", async || {
                let ended = this.process.try_wait().expect("it can be asked");
                assert!(ended.is_none(), "it ended: {}", this.said());
                TcpStream::connect(("127.0.0.1", *port)).await
            })
            .await;
        }
        this
    }

    pub fn said(&self) -> String {
        self.said.lock().expect("no test panics here").clone()
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("it can be ended");
    }
}
