//! The machine's hands: in come records, page events, answers and the time, which it is told of; what it then says is done, by
//! [`actions`] and [`requests`].

mod absence;
mod actions;
#[cfg(feature = "logs")]
mod inherited;
mod requests;
mod start;
mod waiting;

pub(crate) use start::{Outlet, Sink};
pub(crate) use waiting::Waiting;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use self::absence::Absence;
use super::batch::Id;
use super::ledger::{DropReason, Place};
use super::machine::{Compressing, Event, Machine, Surroundings};
use super::report::FlushReport;
use super::store::Store;
use crate::consent;
use crate::diagnostics::Counters;
use crate::encode::Encoder;
use crate::encode::signal::Record;
use crate::micros::Micros;
use crate::platform::clock::uptime;
use crate::platform::lifecycle::{self, Listener};
use crate::platform::timer::Timer;
use crate::platform::{self, PageEvent};
use crate::resource::Description;
use crate::spool::{self, Spool};
use crate::transport::provider::Turn;
use crate::transport::sender::Sender;
use crate::transport::unload::{self, Deferred};
use futures_channel::oneshot;

/// How long overdue a timer may be. Those of a hidden page are, too: another one in its place does no harm.
const TIMER_PATIENCE: Micros = Micros::from_secs(10);

/// All that a pipeline's handles, timers and listeners share.
pub(crate) struct Driver {
    sink: Sink,
    spool: Option<Arc<Spool>>,
    /// The way of what earlier pages have spooled of a signal that this page does not record.
    inherited: OnceLock<(Arc<Sender>, Arc<Spool>)>,
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
    /// Dropping it gives up the request that asks for the receiver.
    asking: Option<oneshot::Sender<()>>,
    /// What waits, left to the browser for the case of a crash.
    armed: Option<Deferred>,
    /// What was left to the browser when the page was left.
    deferred: Vec<(Id, Deferred)>,
    records: Vec<(u32, spool::Record)>,
    tickets: Vec<(u32, oneshot::Sender<FlushReport>)>,
    next_ticket: u32,
    /// Dropping them ends the looks at the spool.
    draining: Vec<oneshot::Sender<()>>,
}

/// The machine's time.
fn now() -> Micros {
    uptime().into()
}

impl Driver {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None, known when this is compiled, if the spool is left out.
    fn spool(&self) -> Option<&Arc<Spool>> {
        self.spool.as_ref().filter(|_| cfg!(feature = "spool"))
    }

    /// That of its own records, and the one that is inherited.
    fn spools(&self) -> impl Iterator<Item = &Arc<Spool>> {
        self.spool().into_iter().chain(self.inherited().map(|(_, spool)| spool))
    }

    /// None, known when this is compiled, if the spool or logs are left out.
    fn inherited(&self) -> Option<&(Arc<Sender>, Arc<Spool>)> {
        self.inherited.get().filter(|_| cfg!(all(feature = "logs", feature = "spool")))
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// The URL that records are posted to.
    pub(crate) fn url(&self) -> Option<&str> {
        match &self.sink {
            Sink::Ours(pipe) => Some(&pipe.sender.url),
            Sink::Foreign(_) => None,
        }
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
        if !consent::is_given() {
            self.counters.ledger.admit(Place::Dropped(DropReason::Withdrawn));
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

    /// Hands over what waits, as when the page is hidden: for the code that runs in a panic, which ends whoever was at work here.
    #[cfg(feature = "panic")]
    pub(crate) fn hand_over(self: &Arc<Self>) {
        let Ok(mut state) = self.state.try_lock() else { return };
        state.is_working = false;
        drop(state);
        self.on(Event::Hidden);
        if !lifecycle::is_hidden() {
            self.on(Event::Visible);
        }
    }

    /// The visitor lets records be made again; or not any more: those that wait are dropped, wherever they do.
    #[cfg(feature = "consent")]
    pub(crate) fn consent(self: &Arc<Self>, is_given: bool) {
        if is_given {
            self.spool().into_iter().for_each(|spool| spool.open_again());
        } else {
            let mut state = self.state();
            let gone = (std::mem::take(&mut state.draining), std::mem::take(&mut state.deferred), state.asking.take());
            drop(state);
            drop(gone);
        }
        self.on(Event::Consent { is_given });
        if !is_given {
            self.spools().for_each(|spool| spool.emptied());
        }
    }

    /// The page is left. Firefox ends a script of such a page wherever it is, and runs no more of it, when the browser goes elsewhere
    /// meanwhile. Microtasks and the next event come all the same.
    fn leave(self: &Arc<Self>) {
        let driver = self.clone();
        platform::spawn(async move { driver.leave_again() });
        self.on(Event::Left);
        // Afterwards, so that it counts for what was sent in it.
        unload::depart();
    }

    /// Goes on with leaving the page, if that was ended before its time.
    fn leave_again(self: &Arc<Self>) {
        // The lock may have been held by what was ended.
        let Ok(mut state) = self.state.try_lock() else { return };
        let was_ended = std::mem::take(&mut state.is_working);
        drop(state);
        if was_ended {
            self.on(Event::Left);
            unload::depart();
        }
    }

    fn page(self: &Arc<Self>, event: PageEvent) {
        // Nobody is at work when the browser calls, unless it was ended.
        if let Ok(mut state) = self.state.try_lock() {
            state.is_working = false;
        }
        if let Sink::Ours(pipe) = &self.sink {
            match event {
                PageEvent::Leaving | PageEvent::Unloading | PageEvent::Stored => {}
                PageEvent::PageHide { .. } => pipe.sender.turn(Turn::Left),
                _ if lifecycle::is_hidden() => pipe.sender.turn(Turn::Hidden),
                _ => pipe.sender.turn(Turn::Seen),
            }
        }
        match event {
            PageEvent::Hidden => self.on(Event::Hidden),
            PageEvent::Visible => self.on(Event::Visible),
            PageEvent::Leaving => self.on(Event::Leaving),
            PageEvent::Unloading => self.on(Event::Unloading),
            PageEvent::Stored => self.on(Event::Found),
            PageEvent::PageHide { .. } => self.leave(),
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
                self.spools().for_each(|spool| spool.come_back());
                self.on(Event::Shown { is_hidden: lifecycle::is_hidden() });
            }
        }
    }

    /// Tells the machine of something, and does what it says.
    fn on(self: &Arc<Self>, event: Event) {
        let writes_at_once = event == Event::Unloading;
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
        if is_left {
            self.inherited().into_iter().for_each(|(_, spool)| spool.leave(|| ()));
        }
        match self.spool() {
            Some(spool) if is_left => spool.leave(|| self.work()),
            Some(spool) if writes_at_once => spool.write_at_once(|| self.work()),
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
            // Elsewhere little can be done at the end for what is cut off.
            tells_of_leaving: lifecycle::tells_of_leaving() && unload::deferrable().is_some(),
        }
    }

    /// Sees to it that the machine has its turn when it wants one. One that comes too early does no harm.
    fn set_timer(self: &Arc<Self>, state: &mut State) {
        let Some(wake) = state.machine.next_wake() else {
            state.timer = None;
            return;
        };
        let now = now();
        // One that is long overdue never fires: the page had other timers in the place of the browser's for a while.
        if state.timer.as_ref().is_some_and(|(at, _)| *at <= wake && now < *at + TIMER_PATIENCE) {
            return;
        }
        let weak = Arc::downgrade(self);
        let timer = Timer::after(wake.saturating_sub(now).into(), move || {
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

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("counters", &self.counters).finish_non_exhaustive()
    }
}
