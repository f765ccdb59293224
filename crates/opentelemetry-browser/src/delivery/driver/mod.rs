//! The machine's hands: in come records, page events, answers and the time, which it is told of; what it then says is done, here and in
//! [`actions`].

mod absence;
mod actions;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;

use self::absence::Absence;
use super::batch::Id;
use super::ledger::{DropReason, Place};
use super::machine::{Compressing, Config, Event, Machine, Surroundings};
use super::report::FlushReport;
use super::store::Store;
use crate::diagnostics::Counters;
use crate::encode::Encoder;
use crate::encode::signal::Record;
use crate::exporter::pipe::Pipe;
use crate::micros::Micros;
use crate::platform::clock::uptime;
use crate::platform::lifecycle::{self, Listener};
use crate::platform::timer::Timer;
use crate::platform::{self, PageEvent};
use crate::resource::Description;
use crate::spool::{self, Spool, SpoolConfig};
use crate::transport::provider::Turn;
use crate::transport::retry::RetryPolicy;
use crate::transport::unload::{self, Deferred};

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

/// How records are batched.
pub(crate) struct Batching {
    pub(crate) max_queue_size: usize,
    pub(crate) max_queue_bytes: usize,
    pub(crate) max_batch_size: usize,
    pub(crate) scheduled_delay: Duration,
    pub(crate) export_timeout: Duration,
}

/// All that a pipeline's handles, timers and listeners share.
pub(crate) struct Driver {
    sink: Sink,
    spool: Option<Arc<Spool>>,
    counters: Arc<Counters>,
    absence: Absence,
    state: Mutex<State>,
    listener: Mutex<Option<Listener>>,
}

struct State {
    machine: Machine,
    store: Store,
    encoder: Encoder,
    /// What the machine has not heard of yet.
    events: VecDeque<Event>,
    /// Whether somebody does what the machine says. Nobody else does then.
    is_working: bool,
    timer: Option<(Micros, Timer)>,
    /// Dropping the sender gives a request up.
    requests: Vec<(Id, oneshot::Sender<()>)>,
    /// What waits, left to the browser for the case of a crash.
    armed: Option<Deferred>,
    /// What was left to the browser when the page was left.
    deferred: Vec<(Id, Deferred)>,
    records: Vec<(u32, spool::Record)>,
    tickets: Vec<(u32, oneshot::Sender<FlushReport>)>,
    next_ticket: u32,
    /// Dropping it ends the looks at the spool.
    draining: Option<oneshot::Sender<()>>,
}

/// The machine's time.
fn now() -> Micros {
    uptime().into()
}

impl Driver {
    /// Starts a pipeline. One `beside` another, of the same page, shares the bounds of its spool.
    pub(crate) fn start(
        sink: Sink,
        batching: Batching,
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
        let config = Config {
            max_queue_size: batching.max_queue_size,
            max_queue_bytes: batching.max_queue_bytes,
            max_batch_size: batching.max_batch_size,
            scheduled_delay: batching.scheduled_delay.into(),
            flush_timeout: batching.export_timeout.into(),
            batch_timeout: timeout.min(batching.export_timeout).min(retry.max_elapsed.unwrap_or(Duration::MAX)).into(),
            retry,
            max_unload_bytes: unload::MAX_BYTES,
            has_spool: spool.is_some(),
            resends_in_doubt: spool.as_ref().is_some_and(|spool| spool.resends_in_doubt()),
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
            armed: None,
            deferred: Vec::new(),
            records: Vec::new(),
            tickets: Vec::new(),
            next_ticket: 0,
            draining: None,
        };
        let (state, listener) = (Mutex::new(state), Mutex::new(None));
        let driver = Arc::new(Self { sink, spool, counters, absence: Absence::default(), state, listener });
        let weak = Arc::downgrade(&driver);
        let listener = Listener::new(move |event| {
            if let Some(driver) = weak.upgrade() {
                driver.page(event);
            }
        });
        *driver.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        driver.on(Event::Turn);
        driver
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None, known when this is compiled, if the spool is left out.
    fn spool(&self) -> Option<&Arc<Spool>> {
        self.spool.as_ref().filter(|_| cfg!(feature = "spool"))
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(crate) fn set_resource(&self, resource: &Description) {
        match &self.sink {
            Sink::Ours(pipe) => pipe.set_resource(resource),
            Sink::Foreign(exporter) => exporter.describe(resource),
        }
    }

    /// Queues a record. This may run under upstream's lock of a span: it calls nobody.
    pub(crate) fn take_in(self: &Arc<Self>, record: Arc<dyn Record>) {
        if self.is_absent() {
            self.counters.ledger.admit(Place::Dropped(DropReason::Refused));
            return;
        }
        let mut state = self.state();
        match state.machine.admit(now, record.weight()) {
            Ok(wakes) => {
                state.store.push(record);
                if state.machine.is_left() {
                    // No timer may come any more, but a microtask does, when the code that runs now has ended.
                    drop(state);
                    self.soon();
                } else if wakes {
                    self.set_timer(&mut state);
                }
            }
            Err(DropReason::QueueFull) => self.counters.queue_was_full(self.words()),
            Err(_) => self.counters.lost(),
        }
    }

    /// Goes on in a microtask.
    fn soon(self: &Arc<Self>) {
        let driver = self.clone();
        platform::spawn(async move { driver.on(Event::Turn) });
    }

    /// Tells the machine of something now, and does what it says in a microtask: more may happen until then.
    fn later(self: &Arc<Self>, event: Event) {
        self.state().machine.handle(now(), event);
        self.soon();
    }

    /// Exports all that is queued, starting with a microtask.
    pub(crate) fn export_soon(self: &Arc<Self>) {
        self.later(Event::Export);
    }

    fn ticket(&self) -> (u32, oneshot::Receiver<FlushReport>) {
        let (sender, report) = oneshot::channel();
        let mut state = self.state();
        state.next_ticket += 1;
        let ticket = state.next_ticket;
        state.tickets.push((ticket, sender));
        (ticket, report)
    }

    pub(crate) async fn flush(self: &Arc<Self>) -> FlushReport {
        let (ticket, report) = self.ticket();
        let _deserter = Deserter(self, ticket);
        self.later(Event::Flush { ticket });
        report.await.unwrap_or_default()
    }

    /// Starts a shutdown; false if there was one already.
    pub(crate) fn start_shutdown(self: &Arc<Self>) -> bool {
        let is_first = !self.state().machine.is_closing();
        if is_first {
            drop(self.shutdown());
        }
        is_first
    }

    /// Takes in no more records from now on. The rest of the shutdown goes on whether or not its result is awaited.
    pub(crate) fn shutdown(self: &Arc<Self>) -> impl Future<Output = FlushReport> + use<> {
        let (ticket, report) = self.ticket();
        self.later(Event::Shutdown { ticket });
        async move { report.await.unwrap_or_default() }
    }

    fn page(self: &Arc<Self>, event: PageEvent) {
        if let Sink::Ours(pipe) = &self.sink {
            match event {
                PageEvent::Leaving => {}
                PageEvent::PageHide { .. } => pipe.sender.turn(Turn::Left),
                _ if lifecycle::is_hidden() => pipe.sender.turn(Turn::Hidden),
                _ => pipe.sender.turn(Turn::Seen),
            }
        }
        match event {
            PageEvent::Hidden => self.on(Event::Hidden),
            PageEvent::Visible => self.on(Event::Visible),
            PageEvent::Leaving => self.on(Event::Leaving),
            PageEvent::PageHide { .. } => {
                self.on(Event::Left);
                // Afterwards, so that it counts for what was sent in it.
                unload::depart();
            }
            PageEvent::PageShow => {
                let (deferred, is_fired) = {
                    let mut state = self.state();
                    let armed = state.armed.take_if(|armed| armed.is_activated());
                    (std::mem::take(&mut state.deferred), armed.is_some())
                };
                if is_fired {
                    self.on(Event::Fired);
                }
                for (id, deferred) in deferred {
                    // Dropping it takes it back, if it was not sent: this page sends it itself after all.
                    self.on(Event::Resumed { id, is_sent: deferred.is_activated() });
                }
                self.spool().into_iter().for_each(|spool| spool.come_back());
                self.on(Event::Shown { is_hidden: lifecycle::is_hidden() });
            }
        }
    }

    /// Tells the machine of something, and does what it says.
    fn on(self: &Arc<Self>, event: Event) {
        let is_left = {
            let mut state = self.state();
            let is_back = matches!(event, Event::Shown { .. });
            let is_left = event == Event::Left || (state.machine.is_left() && !is_back);
            state.events.push_back(event);
            if std::mem::replace(&mut state.is_working, true) {
                return;
            }
            is_left
        };
        match self.spool() {
            Some(spool) if is_left => spool.leave(|| self.work()),
            _ => self.work(),
        }
    }

    fn work(self: &Arc<Self>) {
        let lost = self.counters.ledger.dropped();
        let mut actions = 0_u32;
        loop {
            actions += 1;
            debug_assert!(actions < 100_000, "the machine does not come to rest");
            let mut state = self.state();
            if let Some(event) = state.events.pop_front() {
                state.machine.handle(now(), event);
                continue;
            }
            let around = self.surroundings(&state);
            let Some(action) = state.machine.poll(now(), &around) else {
                state.is_working = false;
                self.set_timer(&mut state);
                break;
            };
            drop(state);
            self.perform(action);
        }
        // What a receiver does not take that knows nothing of the signal was told once.
        if self.counters.ledger.dropped() > lost && !self.is_absent() {
            self.counters.lost();
        }
    }

    fn surroundings(&self, state: &State) -> Surroundings {
        let Sink::Ours(pipe) = &self.sink else { return Surroundings::default() };
        let sender = &pipe.sender;
        // What is armed makes room for what comes in its place.
        let armed = state.armed.as_ref().map_or(0, Deferred::bytes);
        Surroundings {
            room: sender.room(state.machine.is_left()),
            deferrable: unload::deferrable().filter(|_| sender.has_headers()).map(|free| free + armed),
            frame: pipe.frame().len(),
            compression: match sender.compresses() {
                true if sender.compresses_at_once() => Compressing::AtOnce,
                true => Compressing::Later,
                false => Compressing::No,
            },
            tells_of_leaving: lifecycle::tells_of_leaving(),
        }
    }

    /// Sees to it that the machine has its turn when it wants one. One that comes too early does no harm.
    fn set_timer(self: &Arc<Self>, state: &mut State) {
        let Some(wake) = state.machine.next_wake() else {
            state.timer = None;
            return;
        };
        if state.timer.as_ref().is_some_and(|(at, _)| *at <= wake) {
            return;
        }
        let weak = Arc::downgrade(self);
        let timer = Timer::after(wake.saturating_sub(now()).into(), move || {
            if let Some(driver) = weak.upgrade() {
                driver.state().timer = None;
                driver.on(Event::Timer);
            }
        });
        state.timer = Some((wake, timer));
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(crate) fn held(&self) -> u64 {
        self.state().machine.held()
    }
}

/// Tells the machine when nobody waits for a flush any more.
struct Deserter<'a>(&'a Arc<Driver>, u32);

impl Drop for Deserter<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let waiting = state.tickets.len();
        state.tickets.retain(|(ticket, _)| *ticket != self.1);
        if state.tickets.len() < waiting {
            state.machine.handle(now(), Event::Deserted { ticket: self.1 });
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("counters", &self.counters).finish_non_exhaustive()
    }
}
