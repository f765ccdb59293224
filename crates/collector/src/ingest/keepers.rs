//! What keeps records that are no spans.

use std::{fmt, pin::Pin, sync::Arc};

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};

use super::{
    Refusal, Signal,
    decode::Message,
    verdict::{Heard, Verdict},
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

/// What keeps which records; nothing is taken where there is none.
#[derive(Debug, Clone, Default)]
pub struct Keepers {
    pub logs: Option<Arc<dyn Keeper<ExportLogsServiceRequest>>>,
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
            (Message::Logs(request), Some(logs), _) => (Signal::Logs, logs.keep(request).await?),
            (Message::Metrics(request), _, Some(metrics)) => (Signal::Metrics, metrics.keep(request).await?),
            _ => return Err(Refusal::NotTaken("such records are not taken here".into())),
        };
        let Kept { taken, rejected, message } = kept;
        let more = if rejected > 0 { None } else { Some(message.clone()).filter(|message| !message.is_empty()) };
        heard.rejected.add(rejected, || message);
        Ok(heard.verdict(signal, taken, more))
    }
}
