//! The programs that are compared, each started afresh on free ports. Drop ends them, and removes what they kept.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{env, fs};

use super::load::Receiver;
use e2e::ports::free_port;
use reqwest::Client;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// Whoever is not there after so many looks is not coming.
const LOOKS: usize = 3_000;
const PAUSE: Duration = Duration::from_millis(10);
/// How often somebody is started who does not come.
const STARTS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    Ours,
    OursInMemory,
    /// An earlier build of ours.
    Before,
    Jaeger,
}

impl Subject {
    pub const ALL: [Self; 4] = [Self::Ours, Self::OursInMemory, Self::Before, Self::Jaeger];

    /// As a table's column has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "collector",
            Self::OursInMemory => "the same with --memory",
            Self::Before => "the version before",
            Self::Jaeger => "Jaeger 1.48, in memory",
        }
    }
}

/// Where the programs are.
#[derive(Debug)]
pub struct Programs {
    pub collector: PathBuf,
    /// None if there is nothing to compare with.
    pub before: Option<PathBuf>,
    pub jaeger: PathBuf,
}

pub struct Running {
    pub receiver: Receiver,
    /// What was resident before anything came, in bytes.
    pub empty: Option<u64>,
    pub query: String,
    /// Where Jaeger tells what it has stored.
    admin: String,
    subject: Subject,
    process: Child,
    data: PathBuf,
}

impl Running {
    /// More than once, if need be: a port that was free a moment ago may be somebody's now.
    pub async fn start(subject: Subject, programs: &Programs, client: &Client) -> Result<Self, String> {
        for _ in 1..STARTS {
            if let Ok(running) = Self::try_start(subject, programs, client).await {
                return Ok(running);
            }
        }
        Self::try_start(subject, programs, client).await
    }

    async fn try_start(subject: Subject, programs: &Programs, client: &Client) -> Result<Self, String> {
        let data = env::temp_dir().join(format!("collector-bench-{}-{}", std::process::id(), free_port()));
        Self::on(subject, programs, data, client).await
    }

    /// Starts it on what is in its directory.
    async fn on(subject: Subject, programs: &Programs, data: PathBuf, client: &Client) -> Result<Self, String> {
        let [otlp, grpc, query, admin] = std::array::from_fn(|_| format!("127.0.0.1:{}", free_port()));
        let ours = |program: &Path| collector(program, [&otlp, &grpc, &query]);
        let mut command = match subject {
            Subject::Jaeger => jaeger(&programs.jaeger, [&otlp, &grpc, &query, &admin]),
            Subject::Before => ours(programs.before.as_deref().unwrap_or(&programs.collector)),
            Subject::Ours | Subject::OursInMemory => ours(&programs.collector),
        };
        match subject {
            Subject::Ours | Subject::Before => command.arg("--data-dir").arg(&data),
            Subject::OursInMemory => command.arg("--memory"),
            Subject::Jaeger => &mut command,
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().map_err(|error| format!("{} cannot be started: {error}", subject.name()))?;
        let [http, grpc, query, admin] = [otlp, grpc, query, admin].map(|address| format!("http://{address}"));
        let receiver = Receiver { http, grpc };
        let mut running = Self { receiver, empty: None, query, admin, subject, process, data };
        for _ in 0..LOOKS {
            if running.stored(client).await.is_ok() && client.get(&running.receiver.http).send().await.is_ok() {
                running.empty = running.memory();
                return Ok(running);
            }
            sleep(PAUSE).await;
        }
        running.end().await;
        Err(format!("{} does not answer", subject.name()))
    }

    /// Ends it at once and starts it on what it has kept: how long it takes until it answers.
    pub async fn again(mut self, programs: &Programs, client: &Client) -> Result<(Self, Duration), String> {
        let _ = self.process.kill().await;
        let begun = Instant::now();
        let running = Self::on(self.subject, programs, self.data, client).await?;
        Ok((running, begun.elapsed()))
    }

    /// Waits until so many spans are stored; an error if that does not happen.
    pub async fn has_stored(&self, spans: usize, client: &Client) -> Result<(), String> {
        let mut stored = 0;
        for _ in 0..LOOKS {
            stored = self.stored(client).await?;
            if stored == spans {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        Err(format!("{} has {stored} of {spans} spans: no figure", self.subject.name()))
    }

    async fn stored(&self, client: &Client) -> Result<usize, String> {
        let failed = |error: reqwest::Error| format!("{} does not answer: {error}", self.subject.name());
        if self.subject == Subject::Jaeger {
            let metrics = client.get(format!("{}/metrics", self.admin)).send().await.map_err(failed)?;
            return Ok(saved(&metrics.text().await.map_err(failed)?));
        }
        let list = client.get(format!("{}/api/list?limit=1", self.query)).send().await.map_err(failed)?;
        let list: Value = list.json().await.map_err(failed)?;
        list["totals"]["spans"].as_u64().map(|spans| spans as usize).ok_or_else(|| format!("no totals in {list}"))
    }

    /// Resident memory in bytes, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
    }

    /// Bytes on disk, of what keeps anything there.
    pub fn disk(&self) -> Option<u64> {
        let files = fs::read_dir(&self.data).ok()?;
        Some(files.flatten().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum())
    }

    /// Ends it at once.
    pub async fn end(mut self) {
        let _ = self.process.kill().await;
        let _ = fs::remove_dir_all(&self.data);
    }
}

fn collector(program: &Path, [otlp, grpc, query]: [&str; 3]) -> Command {
    let mut command = Command::new(program);
    command.args(["--page-addr", "127.0.0.1:0", "--otlp-addr", otlp, "--grpc-addr", grpc, "--query-addr", query]);
    // Room for all that is sent: nothing is to go.
    command.args(["--max-spans", "20000000", "--max-bytes", "16GiB"]);
    command
}

fn jaeger(program: &Path, [otlp, grpc, query, admin]: [&str; 4]) -> Command {
    let mut command = Command::new(program);
    let unused = [
        "collector.grpc-server.host-port",
        "collector.http-server.host-port",
        "http-server.host-port",
        "processor.jaeger-binary.server-host-port",
        "processor.jaeger-compact.server-host-port",
        "processor.zipkin-compact.server-host-port",
        "query.grpc-server.host-port",
    ];
    command
        .args(unused.map(|flag| format!("--{flag}=127.0.0.1:0")))
        .arg(format!("--collector.otlp.http.host-port={otlp}"))
        .arg(format!("--collector.otlp.grpc.host-port={grpc}"))
        .arg(format!("--query.http-server.host-port={query}"))
        .arg(format!("--admin.http.host-port={admin}"))
        // Without it, it throws away what it has no time for.
        .arg("--collector.queue-size=1000000")
        .env("OTEL_TRACES_SAMPLER", "always_off")
        .env("SPAN_STORAGE_TYPE", "memory");
    command
}

/// Jaeger's count of all spans that it has saved.
fn saved(metrics: &str) -> usize {
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("jaeger_spans_saved_by_svc_total") && line.contains(r#"result="ok""#));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_spans_are_added_up() {
        let metrics = "# HELP jaeger_spans_saved_by_svc_total spans\n\
            jaeger_spans_saved_by_svc_total{debug=\"false\",result=\"ok\",svc=\"a\"} 1.5e+06\n\
            jaeger_spans_saved_by_svc_total{debug=\"false\",result=\"err\",svc=\"a\"} 7\n\
            jaeger_spans_saved_by_svc_total{debug=\"false\",result=\"ok\",svc=\"b\"} 512\n";
        assert_eq!(saved(metrics), 1_500_512);
    }
}
