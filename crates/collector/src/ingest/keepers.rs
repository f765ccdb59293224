//! What keeps records that are no spans.

use std::{fmt, pin::Pin, sync::Arc};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;

use tokio::task::spawn_blocking;

use super::{
    Refusal, Signal,
    decode::Message,
    verdict::{Heard, Verdict},
};
use crate::store::{
    logs::{Logs, SentLogs, Taken},
    metrics::Metrics,
};

/// What became of the records of a request.
#[derive(Debug, Default)]
pub struct Kept {
    pub taken: usize,
    /// Those that are not kept, and why; no words if there are none.
    pub rejected: usize,
    pub message: String,
}

/// The answer that is waited for.
pub type Keeping<'k> = Pin<Box<dyn Future<Output = Result<Kept, Refusal>> + Send + 'k>>;

/// Keeps the records of a signal.
pub trait Keeper<M>: fmt::Debug + Send + Sync {
    fn keep(&self, request: M) -> Keeping<'_>;
}

impl Keeper<SentLogs> for Arc<Logs> {
    fn keep(&self, request: SentLogs) -> Keeping<'_> {
        let logs = Self::clone(self);
        Box::pin(async move {
            // Blocks of many megabytes take a while: not on the threads that serve the connections.
            let ticket = spawn_blocking(move || logs.submit(request)).await.map_err(|_| Refusal::Internal)?;
            match ticket.done().await {
                Ok(taken) => Ok(taken.into()),
                Err(failed) => {
                    Err(Refusal::Unavailable(format!("the logs could not be kept: {failed}; send them again later")))
                }
            }
        })
    }
}

impl Keeper<ExportMetricsServiceRequest> for Arc<Metrics> {
    fn keep(&self, request: ExportMetricsServiceRequest) -> Keeping<'_> {
        let metrics = Self::clone(self);
        Box::pin(async move {
            let taken = spawn_blocking(move || metrics.submit(request)).await.map_err(|_| Refusal::Internal)?;
            Ok(taken.into())
        })
    }
}

impl From<Taken> for Kept {
    fn from(taken: Taken) -> Self {
        let Taken { taken, refused, reason } = taken;
        Self { taken, rejected: refused, message: reason }
    }
}

/// What keeps which records; nothing is taken where there is none.
#[derive(Debug, Clone, Default)]
pub struct Keepers {
    pub logs: Option<Arc<dyn Keeper<SentLogs>>>,
    pub metrics: Option<Arc<dyn Keeper<ExportMetricsServiceRequest>>>,
}

impl Keepers {
    pub fn has(&self, signal: Signal) -> bool {
        match signal {
            Signal::Traces => true,
            Signal::Logs => self.logs.is_some(),
            Signal::Metrics => self.metrics.is_some(),
        }
    }

    pub async fn take(&self, message: Message, mut heard: Heard) -> Result<Verdict, Refusal> {
        let (signal, kept) = match (message, &self.logs, &self.metrics) {
            (Message::Logs(sent, _), Some(logs), _) => (Signal::Logs, logs.keep(sent).await?),
            (Message::Metrics(request, _), _, Some(metrics)) => (Signal::Metrics, metrics.keep(request).await?),
            _ => return Err(Refusal::NotTaken("such records are not taken here".into())),
        };
        let Kept { taken, rejected, message } = kept;
        let more = if rejected > 0 { None } else { Some(message.clone()).filter(|message| !message.is_empty()) };
        heard.rejected.add(rejected, || message);
        Ok(heard.verdict(signal, taken, more))
    }
}
