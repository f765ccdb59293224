//! A flush and a shutdown of both signals: in go the pipelines, out comes one report.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use crate::delivery::driver::Driver;
use crate::delivery::report::{FlushError, FlushReport};
use crate::encode::spans::SPANS;
use crate::platform::driven;
use crate::processor::BatchSpanProcessor;

/// Waits for two futures of the same kind.
async fn join(first: impl Future<Output = FlushReport>, second: impl Future<Output = FlushReport>) -> [FlushReport; 2] {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let mut done = [None; 2];
    std::future::poll_fn(|cx| {
        let mut poll = |future: Pin<&mut dyn Future<Output = FlushReport>>, done: &mut Option<FlushReport>| {
            if done.is_none()
                && let Poll::Ready(report) = future.poll(cx)
            {
                *done = Some(report);
            }
        };
        poll(first.as_mut(), &mut done[0]);
        poll(second.as_mut(), &mut done[1]);
        match done {
            [Some(first), Some(second)] => Poll::Ready([first, second]),
            _ => Poll::Pending,
        }
    })
    .await
}

/// One result of what both say.
fn result([mut all, of_logs]: [FlushReport; 2], spans: &Driver, logs: &Driver) -> Result<FlushReport, FlushError> {
    // What a receiver does not take that knows no logs was said once, and is no failure of each flush.
    if !logs.is_absent() {
        all.add(of_logs);
    }
    let reason = spans.counters().last_error().or_else(|| logs.counters().last_error());
    FlushError::check(all, "spans and log records", reason)
}

pub(super) async fn flush(spans: &BatchSpanProcessor, logs: Option<&Arc<Driver>>) -> Result<FlushReport, FlushError> {
    let Some(logs) = logs else { return spans.flush().await };
    result(driven(join(spans.driver().flush(), logs.flush())).await, spans.driver(), logs)
}

/// Starts the shutdown of both at once.
pub(super) fn shutdown(
    spans: &BatchSpanProcessor,
    logs: Option<&Arc<Driver>>,
) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
    let (spans, logs) = (spans.driver().clone(), logs.cloned());
    let ended = (spans.shutdown(), logs.as_ref().map(|logs| logs.shutdown()));
    async move {
        match (ended, logs) {
            ((of_spans, Some(of_logs)), Some(logs)) => result(driven(join(of_spans, of_logs)).await, &spans, &logs),
            ((of_spans, _), _) => FlushError::check(driven(of_spans).await, SPANS.words, spans.counters().last_error()),
        }
    }
}
