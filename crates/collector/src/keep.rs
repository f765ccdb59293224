//! Where traces are kept: in a directory or in memory, and what is said about it.

use std::{fmt, io, net::SocketAddr, path::PathBuf, time::Duration};

use tokio::time;

use crate::{
    forward,
    ports::BindError,
    store::{Failed, Limits, Store, Totals, Unusable, say},
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

/// The store, and where it is in words.
pub async fn open(keep: Keep, limits: Limits, notes: &mut Vec<String>) -> Result<(Store, String), StartError> {
    if let Keep::Disk { directory, or_memory } = keep {
        let shown = directory.display().to_string();
        let mut opening = tokio::task::spawn_blocking(move || Store::open(limits, &directory));
        let opened = match time::timeout(PATIENCE, &mut opening).await {
            Ok(opened) => opened,
            Err(_) => {
                say(format!("reading what is kept in {shown}"));
                opening.await
            }
        };
        match opened.unwrap_or_else(|error| Err(Unusable::Refused(format!("{shown} cannot be read: {error}")))) {
            Ok(store) => {
                notes.extend(store.remark());
                let Totals { traces, spans, .. } = store.totals();
                return Ok((store, format!("{shown} ({traces} traces, {spans} spans kept)")));
            }
            Err(unusable) if or_memory && !matches!(unusable, Unusable::Refused(_)) => {
                notes.push(format!("{unusable}; traces are kept in memory, and go when this collector ends"));
            }
            Err(unusable) => return Err(StartError::Keep(unusable)),
        }
    }
    let store = Store::in_memory(limits).map_err(|Failed(words)| StartError::Thread(io::Error::other(words)))?;
    Ok((store, "in memory".into()))
}
