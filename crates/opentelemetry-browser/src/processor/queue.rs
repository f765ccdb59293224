//! The spans that wait, in the order in which they ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;
use opentelemetry_sdk::trace::SpanData;

use super::flush::{Range, Waiters};
use super::safety::Safety;
use crate::exporter::Payload;
use crate::exporter::unload::Progress;
use crate::platform::timer::Timer;

/// Spans that left the queue together.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) range: Range,
    pub(crate) payload: Payload,
}

/// The request that the pump is sending.
pub(crate) struct Current {
    pub(crate) range: Range,
    pub(crate) payload: Payload,
    pub(crate) progress: Arc<Progress>,
    /// Dropping it ends the attempts.
    pub(crate) _cancel: oneshot::Sender<()>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) queue: VecDeque<Arc<SpanData>>,
    /// The place in the order of the first span in the queue.
    pub(crate) front: u64,
    /// Every span before this place has been shown to the exporter's redactions.
    pub(crate) redacted: u64,
    /// Encoded requests that failed and will be tried again, oldest first. They come before the queue.
    pub(crate) parked: VecDeque<Job>,
    /// Spans that are encoded or under way.
    pub(crate) in_flight: u64,
    /// Everything before this is to be exported without waiting for a full batch.
    pub(crate) wanted: u64,
    pub(crate) timer: Option<Timer>,
    /// Whether an export is under way.
    pub(crate) is_pumping: bool,
    /// How often in a row the receiver could not be reached; new spans don't hurry then.
    pub(crate) outages: u32,
    pub(crate) is_hidden: bool,
    /// Between `pagehide` and `pageshow`: all that could be done has been done.
    pub(crate) is_left: bool,
    /// When the page began to be left, by the platform's uptime.
    pub(crate) leaving_since: Option<Duration>,
    pub(crate) is_closing: bool,
    pub(crate) is_closed: bool,
    pub(crate) waiters: Waiters,
    pub(crate) current: Option<Current>,
    /// The request that the pump is compressing; its spans count as under way.
    pub(crate) compressing: Option<Job>,
    /// The spans that another exporter than this crate's has, and what ends its work when it is dropped.
    pub(crate) foreign: Option<(Range, oneshot::Sender<()>)>,
    pub(super) safety: Safety,
    /// Dropping it ends the looks at the spool.
    pub(super) draining: Option<oneshot::Sender<()>>,
}

impl State {
    /// The place in the order of the next span to come.
    pub(crate) fn end(&self) -> u64 {
        self.front + self.queue.len() as u64
    }

    /// Spans that were taken in and have not found their end.
    pub(crate) fn unsettled(&self) -> u64 {
        let parked: u64 = self.parked.iter().map(|job| job.range.len()).sum();
        self.in_flight + parked + self.queue.len() as u64
    }

    /// How many of these spans have been shown to the exporter's redactions already; they come first.
    pub(crate) fn redacted_of(&self, range: Range) -> usize {
        self.redacted.clamp(range.from, range.to).saturating_sub(range.from) as usize
    }

    /// How many spans wait, by what the queue's bound counts.
    pub(crate) fn waiting(&self) -> usize {
        self.parked.iter().map(|job| job.payload.spans).sum::<usize>() + self.queue.len()
    }

    /// Takes spans out of the front; they count as under way from now.
    pub(crate) fn take(&mut self, most: usize) -> (u64, Vec<Arc<SpanData>>) {
        let from = self.front;
        let count = most.min(self.queue.len());
        let spans: Vec<Arc<SpanData>> = self.queue.drain(..count).collect();
        self.front += count as u64;
        self.in_flight += count as u64;
        (from, spans)
    }

    /// Puts back what was not sent after all.
    pub(crate) fn put_back(&mut self, spans: impl DoubleEndedIterator<Item = Arc<SpanData>>) {
        for span in spans.rev() {
            self.queue.push_front(span);
            self.front -= 1;
            self.in_flight -= 1;
        }
    }

    /// Parks a request for another try, in the order of its spans.
    pub(crate) fn park(&mut self, job: Job) {
        self.in_flight -= job.range.len();
        let at = self.parked.partition_point(|parked| parked.range.from < job.range.from);
        self.parked.insert(at, job);
    }

    /// The oldest parked request; it counts as under way from now.
    pub(crate) fn unpark(&mut self) -> Option<Job> {
        let job = self.parked.pop_front()?;
        self.in_flight += job.range.len();
        Some(job)
    }
}
