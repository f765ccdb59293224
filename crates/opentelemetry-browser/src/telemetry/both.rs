//! A flush and a shutdown of both signals: in go the pipelines, out comes one report.

use std::sync::Arc;

use crate::delivery::driver::{Driver, Waiting};
use crate::delivery::report::{FlushError, FlushReport};
use crate::encode::spans::SPANS;
use crate::platform::driven;

/// What both say. Both have begun, and go on whichever of them is awaited first.
async fn result(
    (of_spans, of_logs): (Waiting, Option<Waiting>),
    spans: &Driver,
    logs: Option<&Driver>,
) -> Result<FlushReport, FlushError> {
    let mut all = of_spans.await;
    let Some((of_logs, logs)) = of_logs.zip(logs) else {
        return FlushError::check(all, SPANS.words, spans.counters().last_error());
    };
    let of_logs = of_logs.await;
    // What a receiver does not take that knows no logs was said once, and is no failure of each flush.
    if !logs.is_absent() {
        all.add(of_logs);
    }
    let reason = spans.counters().last_error().or_else(|| logs.counters().last_error());
    FlushError::check(all, "spans and log records", reason)
}

pub(super) async fn flush(spans: &Arc<Driver>, logs: Option<&Arc<Driver>>) -> Result<FlushReport, FlushError> {
    let waiting = (spans.flush(), logs.map(|logs| logs.flush()));
    driven(result(waiting, spans, logs.map(|logs| &**logs))).await
}

/// Starts a shutdown, which goes on whether or not its result is awaited.
pub(super) fn shutdown(
    spans: &Arc<Driver>,
    logs: Option<&Arc<Driver>>,
) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
    let (spans, logs) = (spans.clone(), logs.cloned());
    let ended = (spans.shutdown(), logs.as_ref().map(|logs| logs.shutdown()));
    async move { driven(result(ended, &spans, logs.as_deref())).await }
}
