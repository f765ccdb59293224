//! One export at a time: the loop that takes batches out of the queue, and what starts it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::BatchConfig;
use super::batch_exporter::{Exporter, Foreign};
use super::flush::Range;
use super::page;
use super::queue::{Current, State};
use crate::SpanExporter;
use crate::diagnostics::{Cause, Counters, DropReason, LastError};
use crate::exporter::Delivery;
use crate::exporter::response::Outcome;
use crate::exporter::spool::{Spool, SpoolConfig};
use crate::platform;
use crate::platform::lifecycle::Listener;
use crate::platform::sleep::{sleep, unless, within};
use crate::platform::timer::Timer;

/// How long the receiver is left alone after the first outage; it doubles up to [`LONGEST_OUTAGE_PAUSE`].
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(60);

/// All that a processor's clones, timers and listeners share.
pub(crate) struct Shared {
    pub(super) exporter: Exporter,
    pub(super) spool: Option<Arc<Spool>>,
    pub(super) config: BatchConfig,
    counters: Arc<Counters>,
    state: Mutex<State>,
    pub(super) listener: Mutex<Option<Listener>>,
}

/// Whether the pump goes on.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    Batch,
    Pause,
}

impl Shared {
    pub(super) fn start(exporter: Exporter, config: BatchConfig, spool: Option<SpoolConfig>) -> Arc<Self> {
        let counters = match &exporter {
            Exporter::Ours(exporter) => exporter.counters().clone(),
            Exporter::Foreign(_) => Arc::default(),
        };
        let spool = match &exporter {
            Exporter::Ours(exporter) => spool.map(|config| Spool::open(config, exporter.url(), counters.clone())),
            Exporter::Foreign(_) => None,
        };
        let state = State { is_hidden: platform::lifecycle::is_hidden(), ..State::default() };
        let (state, listener) = (Mutex::new(state), Mutex::new(None));
        let shared = Arc::new(Self { exporter, spool, config, counters, state, listener });
        let weak = Arc::downgrade(&shared);
        let listener = Listener::new(move |event| {
            if let Some(shared) = weak.upgrade() {
                page::on_event(&shared, event);
            }
        });
        *shared.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        shared.drain_spool(&mut shared.state());
        shared
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn set_resource(&self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }

    /// Queues a span that has ended. This runs under upstream's lock of the span: it calls nobody.
    pub(super) fn take_in(self: &Arc<Self>, span: Arc<SpanData>) {
        if !span.span_context.is_sampled() {
            return;
        }
        self.counters.recorded();
        let mut state = self.state();
        let lost = if state.is_closing {
            Some(DropReason::Shutdown)
        } else if state.queue.len() >= self.config.max_queue_size
            || (!state.parked.is_empty() && state.waiting() >= self.config.max_queue_size)
        {
            Some(DropReason::QueueFull)
        } else {
            None
        };
        if let Some(reason) = lost {
            self.counters.dropped(1, reason);
            state.waiters.lost();
            return;
        }
        state.queue.push_back(span);
        self.protect_soon(&mut state);
        if state.is_pumping {
            return;
        }
        let is_full = state.queue.len() == self.config.max_export_batch_size;
        if is_full && state.outages == 0 {
            self.schedule(&mut state, Duration::ZERO);
        } else if state.timer.is_none() {
            self.schedule(&mut state, self.config.scheduled_delay);
        }
    }

    /// Sets the one timer.
    pub(super) fn schedule(self: &Arc<Self>, state: &mut State, delay: Duration) {
        let weak = Arc::downgrade(self);
        state.timer = Some(Timer::after(delay, move || {
            if let Some(shared) = weak.upgrade() {
                shared.state().timer = None;
                shared.export_soon();
            }
        }));
    }

    /// Exports all that is queued, starting with a microtask.
    pub(super) fn export_soon(self: &Arc<Self>) {
        let mut state = self.state();
        state.wanted = state.end();
        self.start_pump(&mut state);
    }

    pub(super) fn start_pump(self: &Arc<Self>, state: &mut State) {
        if state.is_pumping || state.is_closed {
            return;
        }
        state.is_pumping = true;
        state.timer = None;
        let shared = self.clone();
        platform::spawn(async move { shared.pump().await });
    }

    async fn pump(self: Arc<Self>) {
        loop {
            let next = match &self.exporter {
                Exporter::Ours(exporter) => self.export_encoded(exporter).await,
                Exporter::Foreign(exporter) => self.export_batch(exporter).await,
            };
            let mut state = self.state();
            if next == Next::Batch && self.has_batch(&state) {
                continue;
            }
            state.is_pumping = false;
            self.rest(&mut state);
            return;
        }
    }

    /// What is not done yet is looked at again later.
    pub(super) fn rest(self: &Arc<Self>, state: &mut State) {
        if state.timer.is_none() && !state.is_pumping && !state.is_closed && state.unsettled() > 0 {
            let delay = self.outage_pause(state).unwrap_or(self.config.scheduled_delay);
            self.schedule(state, delay);
        }
    }

    /// Whether the receiver could not be reached the last time that was tried.
    pub(super) fn is_failing(&self) -> bool {
        let state = self.state();
        state.outages > 0 || state.current.as_ref().is_some_and(|current| current.progress.has_failed())
    }

    pub(super) fn outage_pause(&self, state: &State) -> Option<Duration> {
        let doublings = state.outages.checked_sub(1)?.min(4);
        Some((OUTAGE_PAUSE * 2_u32.pow(doublings)).min(LONGEST_OUTAGE_PAUSE))
    }

    pub(super) fn has_batch(&self, state: &State) -> bool {
        if !state.parked.is_empty() {
            return true;
        }
        let is_wanted = state.wanted > state.front || state.waiters.wants(state.front);
        !state.queue.is_empty() && (is_wanted || state.queue.len() >= self.config.max_export_batch_size)
    }

    async fn export_encoded(self: &Arc<Self>, exporter: &SpanExporter) -> Next {
        let parked = self.state().unpark();
        let Some(job) = parked.or_else(|| self.encode(exporter, usize::MAX, self.room(exporter))) else {
            return Next::Pause;
        };
        let Some(job) = self.compress(exporter, job).await else {
            // The page was hidden or left meanwhile, and it went its way from there.
            return Next::Batch;
        };
        self.before_sending(job.range);
        let (progress, sending) = exporter.start(&job.payload, Delivery::Patient);
        let (cancel, mut cancelled) = oneshot::channel::<()>();
        self.state().current =
            Some(Current { range: job.range, payload: job.payload.clone(), progress, _cancel: cancel });
        let outcome = within(self.config.export_timeout, unless(&mut cancelled, sending)).await;
        if self.state().current.take().is_none() {
            // The request was settled from elsewhere: it is in the spool, or a shutdown was over before it was answered.
            return Next::Batch;
        }
        let outcome = outcome.flatten().unwrap_or_else(|| Outcome::Unavailable {
            error: LastError::new(format!("no delivery within {:?}", self.config.export_timeout), Cause::Timeout),
            retry_after: None,
        });
        self.conclude(job, outcome)
    }

    async fn export_batch(self: &Arc<Self>, exporter: &Foreign) -> Next {
        let (from, spans) = self.state().take(self.config.max_export_batch_size);
        let (count, range) = (spans.len(), Range { from, to: from + spans.len() as u64 });
        if count == 0 {
            return Next::Pause;
        }
        // Spans that an exporter starts would be exported in their turn, for ever; this crate's looks after itself.
        let exporting = exporter
            .export(spans.into_iter().map(Arc::unwrap_or_clone).collect())
            .with_context(Context::new().with_telemetry_suppressed());
        let (cancel, mut cancelled) = oneshot::channel();
        self.state().foreign = Some((range, cancel));
        let result = within(self.config.export_timeout, unless(&mut cancelled, exporting)).await;
        let mut state = self.state();
        if state.foreign.take().is_none() {
            return Next::Batch;
        }
        let error = match result.flatten() {
            Some(Ok(())) => {
                self.book_delivered(&mut state, range, count);
                return Next::Batch;
            }
            Some(Err(error)) => LastError::new(error.to_string(), Cause::Unknown),
            None => LastError::new(format!("no export within {:?}", self.config.export_timeout), Cause::Timeout),
        };
        self.lose(&mut state, range, DropReason::ExportFailed, error);
        Next::Batch
    }

    /// Sends what earlier pages left behind, if this page can.
    pub(super) fn drain_spool(&self, state: &mut State) {
        let (Exporter::Ours(exporter), Some(spool)) = (&self.exporter, &self.spool) else { return };
        let (exporter, spool) = (exporter.clone(), spool.clone());
        let (end, mut ended) = oneshot::channel();
        // A look that waits for its time is not needed any more; one that is sending goes on to its end.
        state.draining = Some(end);
        platform::spawn(async move {
            while let Some(pause) = spool.drain(&exporter).await {
                if unless(&mut ended, sleep(pause)).await.is_none() {
                    return;
                }
            }
        });
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).field("counters", &self.counters).finish_non_exhaustive()
    }
}
