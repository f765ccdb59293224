//! What a pipeline is made of, and how it starts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::super::batch::Id;
use super::super::config::BatchConfig;
use super::super::machine::{Config, Machine};
use super::super::store::Store;
use super::absence::Absence;
use super::{Driver, State};
#[cfg(feature = "consent")]
use crate::consent;
use crate::encode::Encoder;
use crate::exporter::pipe::Pipe;
use crate::platform;
use crate::platform::lifecycle::{self, Listener};
use crate::resource::Description;
use crate::spool::{self, SpoolConfig};
use crate::transport::retry::RetryPolicy;
use crate::transport::unload;

/// Where records go to.
pub(crate) enum Sink {
    /// To a receiver, encoded.
    Ours(Arc<Pipe>),
    /// To an exporter that takes batches and says whether that went well.
    Foreign(Box<dyn Outlet>),
}

/// An exporter that is not this crate's. Whatever it takes to serve one is linked only where there is one.
pub(crate) trait Outlet: Send + Sync {
    /// Exports a batch, and has the driver wait for the outcome.
    fn send(&self, driver: &Arc<Driver>, id: Id);
    fn describe(&self, resource: &Description);
    fn shutdown(&self);
}

impl Driver {
    /// Starts a pipeline. One `beside` another, of the same page, shares the bounds of its spool.
    pub(crate) fn start(
        sink: Sink,
        batching: BatchConfig,
        spool: Option<SpoolConfig>,
        beside: Option<&Self>,
    ) -> Arc<Self> {
        let beside = beside.and_then(|driver| driver.spool.as_deref());
        let (counters, retry, timeout) = match &sink {
            Sink::Ours(pipe) => (pipe.sender.counters.clone(), pipe.sender.retry.clone(), pipe.sender.timeout),
            Sink::Foreign(_) => (Arc::default(), RetryPolicy::none(), batching.export_timeout),
        };
        let spool = match &sink {
            Sink::Ours(pipe) => {
                spool.and_then(|config| spool::open(config, pipe.sender.url.clone(), counters.clone(), beside))
            }
            Sink::Foreign(_) => None,
        };
        let max_queue_size = batching.max_queue_size.max(1);
        let config = Config {
            max_queue_size,
            max_queue_bytes: batching.max_queue_bytes,
            // A batch that is larger than the queue would never be full.
            max_batch_size: batching.max_export_batch_size.clamp(1, max_queue_size),
            scheduled_delay: batching.scheduled_delay.into(),
            flush_timeout: batching.export_timeout.into(),
            batch_timeout: timeout.min(batching.export_timeout).min(retry.max_elapsed.unwrap_or(Duration::MAX)).into(),
            retry,
            max_unload_bytes: unload::MAX_BYTES,
            has_spool: spool.is_some(),
            resends_in_doubt: spool.as_ref().is_some_and(|spool| spool.resends_in_doubt()),
            writes_soon: unload::deferrable().is_none(),
            is_foreign: matches!(sink, Sink::Foreign(_)),
            seed: platform::random().to_bits(),
        };
        let state = State {
            machine: Machine::new(config, counters.ledger.clone(), lifecycle::is_hidden()),
            store: Store::default(),
            encoder: Encoder::default(),
            events: VecDeque::new(),
            is_working: false,
            timer: None,
            requests: Vec::new(),
            asking: None,
            armed: None,
            deferred: Vec::new(),
            records: Vec::new(),
            tickets: Vec::new(),
            next_ticket: 0,
            draining: Vec::new(),
        };
        let (state, listener) = (Mutex::new(state), Mutex::new(None));
        let absence = Absence::default();
        let driver = Arc::new(Self { sink, spool, inherited: OnceLock::new(), counters, absence, state, listener });
        // First: a page that comes back hears of the consent before anything of it is sent.
        #[cfg(feature = "consent")]
        consent::follow(&driver, Self::consent);
        let weak = Arc::downgrade(&driver);
        let listener = Listener::new(move |event| {
            if let Some(driver) = weak.upgrade() {
                driver.page(event);
            }
        });
        *driver.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        // What earlier pages have left is looked for in a task of its own: the page's first spans come before it.
        driver.set_timer(&mut driver.state());
        driver
    }
}
