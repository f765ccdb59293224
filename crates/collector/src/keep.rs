//! Where traces are kept: in a directory or in memory, and what is said about it.

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time;

use crate::{
    forward,
    ports::BindError,
    store::{Directory, Failed, Limits, Store, Totals, Unusable, logs::Logs, metrics::Metrics, say},
};

/// After what time somebody may wonder what the collector is doing.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub enum Keep {
    /// They go when the collector ends.
    Memory,
    Disk {
        directory: PathBuf,
        /// Whether memory will do if the directory cannot be had: nobody has asked for this one.
        or_memory: bool,
    },
}

/// Why the collector cannot start.
#[derive(Debug)]
pub enum StartError {
    Bind(BindError),
    Keep(Unusable),
    Thread(io::Error),
    /// A target of `--forward` that nothing can be sent to, or its queue.
    Forward(String),
    /// Another program has the address that was asked for.
    Taken {
        flag: &'static str,
        address: SocketAddr,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Keep(error) => error.fmt(f),
            Self::Thread(_) => f.write_str("the store cannot be started"),
            Self::Forward(words) => write!(f, "--forward: {words}"),
            Self::Taken { flag, address } => {
                write!(f, "{flag} {address} is taken by another program: end that one, or choose another port")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind(error) => error.source(),
            Self::Keep(_) | Self::Forward(_) | Self::Taken { .. } => None,
            Self::Thread(error) => Some(error),
        }
    }
}

impl From<forward::StartError> for StartError {
    fn from(error: forward::StartError) -> Self {
        match error {
            forward::StartError::Queue(unusable) => Self::Forward(unusable.to_string()),
            forward::StartError::Target(words) => Self::Forward(words),
        }
    }
}

impl From<BindError> for StartError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

/// What is kept, by kind.
#[derive(Debug, Clone)]
pub struct Stores {
    pub traces: Arc<Store>,
    pub logs: Arc<Logs>,
    pub metrics: Arc<Metrics>,
    /// Where they are; none if they are in memory.
    pub directory: Option<PathBuf>,
}

impl Stores {
    pub fn new(traces: Store, logs: Logs) -> Self {
        Self { traces: Arc::new(traces), logs: Arc::new(logs), metrics: Arc::default(), directory: None }
    }

    /// Ends when nothing can be kept any more, whatever comes, and tells why; never, once they are closed.
    pub async fn lost(&self) -> Failed {
        tokio::select! {
            why = self.traces.lost() => why,
            why = self.logs.lost() => why,
        }
    }

    /// Writes what has come; nothing comes or is read from then on.
    pub fn close(&self) {
        self.traces.close();
        self.logs.close();
    }
}

/// The stores, and where they are in words.
pub async fn open(keep: Keep, limits: Limits, notes: &mut Vec<String>) -> Result<(Stores, String), StartError> {
    if let Keep::Disk { directory, or_memory } = keep {
        let shown = directory.display().to_string();
        let path = directory.clone();
        let mut opening = tokio::task::spawn_blocking(move || on_disk(limits, &directory));
        let opened = match time::timeout(PATIENCE, &mut opening).await {
            Ok(opened) => opened,
            Err(_) => {
                say(format!("reading what is kept in {shown}"));
                opening.await
            }
        };
        match opened.unwrap_or_else(|error| Err(Unusable::Refused(format!("{shown} cannot be read: {error}")))) {
            Ok((mut stores, remarks)) => {
                stores.directory = Some(path);
                notes.extend(remarks);
                let (Totals { traces, spans, .. }, logs) = (stores.traces.totals(), stores.logs.totals().0);
                let logs = if logs > 0 { format!(", {logs} log records") } else { String::new() };
                return Ok((stores, format!("{shown} ({traces} traces, {spans} spans{logs} kept)")));
            }
            Err(unusable) if or_memory && !matches!(unusable, Unusable::Refused(_)) => {
                notes.push(format!("{unusable}; traces and logs are kept in memory, and go when this collector ends"));
            }
            Err(unusable) => return Err(StartError::Keep(unusable)),
        }
    }
    let no_thread = |Failed(words)| StartError::Thread(io::Error::other(words));
    let [of_traces, of_logs] = limits.shares();
    let traces = Store::in_memory(of_traces).map_err(no_thread)?;
    let logs = Logs::in_memory(of_logs).map_err(no_thread)?;
    Ok((Stores::new(traces, logs), "in memory".into()))
}

/// In this directory, with what is to be said about it.
fn on_disk(limits: Limits, directory: &Path) -> Result<(Stores, Vec<String>), Unusable> {
    let directory = Arc::new(Directory::open(directory)?);
    let mut remarks = Vec::from_iter(directory.remark.clone());
    let [of_traces, of_logs] = limits.shares();
    let traces = Store::open(of_traces, Arc::clone(&directory))?;
    let logs = match Logs::open(of_logs, directory) {
        // There may be no room for a second database, where the first one is there to be looked at.
        Err(Unusable::NotWritable(why)) => {
            remarks.push(format!("{why}; logs are kept in memory, and go when this collector ends"));
            Logs::in_memory(of_logs).map_err(|Failed(words)| Unusable::Refused(words))?
        }
        opened => opened?,
    };
    Ok((Stores::new(traces, logs), remarks))
}
