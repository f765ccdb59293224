//! The users service beside a collector whose page knows where it is. Drop ends it.

use crate::{ports::free_port, programs, servers::Collector, wait};
use std::process::Stdio;
use tokio::process::{Child, Command};

pub struct UsersService {
    pub url: String,
    process: Child,
}

impl UsersService {
    /// A collector whose page asks the service at the second value, where none listens yet.
    pub async fn expected() -> (Collector, String) {
        let url = format!("http://127.0.0.1:{}", free_port());
        (Collector::with(&["--users-url".to_owned(), url.clone()]).await, url)
    }

    /// At this URL, with its spans to this receiver.
    pub async fn start(url: &str, otlp: &str) -> Self {
        let program = programs::users_service();
        let process = Command::new(&program)
            .args(["--addr", url.trim_start_matches("http://")])
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
            // Spans leave at once.
            .env("OTEL_BSP_SCHEDULE_DELAY", "50")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        wait::until("the users service", async || reqwest::get(url).await).await;
        Self { url: url.to_owned(), process }
    }

    /// Tells it to end (SIGTERM), and waits until it has.
    #[cfg(unix)]
    pub async fn end(mut self) -> std::process::ExitStatus {
        let id = self.process.id().expect("it runs").to_string();
        assert!(Command::new("kill").arg(id).status().await.expect("kill is there").success());
        self.process.wait().await.expect("it ends")
    }
}
