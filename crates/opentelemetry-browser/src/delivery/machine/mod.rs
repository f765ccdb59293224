//! Which records are sent when, by which way, and what became of them: in come records, answers, page events and the time, out go
//! actions. There is no I/O here, no clock and no lock; what a record is, only its length is known of.
//!
//! [`handle`](Machine::handle) takes an event, and [`poll`](Machine::poll) then gives one action after the other, until there is nothing
//! more to do before the next event, or before [`next_wake`](Machine::next_wake). Each action is done before the next one is asked for.
//! [`interface`] has what is said in both directions, [`handling`] what each event means. [`sending`], [`cutting`] and [`failing`] are the
//! ordinary life of a batch; [`leaving`] and [`spooling`] are what a page does that may not run again, and [`protecting`] is what is done
//! in case it does not. [`withdrawing`] is the end of all that waits.

mod cutting;
mod failing;
mod handling;
mod interface;
mod leaving;
mod protecting;
mod sending;
mod spooling;
mod withdrawing;

use interface::Actions;
pub(crate) use interface::{Action, Answer, Compressing, Config, Event, Source, Surroundings};

use std::sync::Arc;

use super::batch::{Batch, Id, State};
use super::copies::Copies;
use super::ledger::{DropReason, Ledger, Place};
use super::outage::Outage;
use super::queue::{Queue, weight_of};
use super::report::FlushReport;
use super::tickets::Tickets;
use crate::micros::Micros;

/// How much a crash may cost, of records that come one after the other.
const TICK: Micros = Micros::from_secs(1);
/// The same of the first ones after a rest.
const FIRST_TICK: Micros = Micros::from_millis(100);

/// How long a batch waits for the storage to say that it may have been sent.
const MARKING_PATIENCE: Micros = Micros::from_secs(1);

/// How long a shutdown waits for the storage to say what it has taken.
const STORAGE_PATIENCE: Micros = Micros::from_secs(5);

/// The page, as far as it is known.
#[derive(Debug, Default)]
struct Page {
    is_hidden: bool,
    /// Between `pagehide` and `pageshow`: what is not done at once may never be done.
    is_left: bool,
    /// When it began to be left.
    leaving_since: Option<Micros>,
    /// When it was asked whether it may be left.
    unloading_since: Option<Micros>,
    /// Whether it is being asked that now: the browser may end the script that is told of the answer.
    is_unloading: bool,
}

/// How far the end of the pipeline has come.
#[derive(Debug, PartialEq, Eq)]
enum End {
    None,
    /// The last flush.
    Flushing {
        ticket: u32,
    },
    /// The storage is asked.
    Storing {
        ticket: u32,
        until: Micros,
        report: FlushReport,
    },
    Closed,
}

pub(crate) struct Machine {
    config: Config,
    ledger: Arc<Ledger>,
    queue: Queue,
    batches: Vec<Batch>,
    next_id: Id,
    /// The batch that is being sent; there is one at a time, besides those that were handed over.
    current: Option<Id>,
    outage: Outage,
    tickets: Tickets,
    copies: Copies,
    /// Copies that hold the only records: the storage has not answered yet.
    spooled: Vec<(u32, u64)>,
    /// Everything before this is to be exported without waiting for a full batch.
    wanted: u64,
    /// When the oldest record has waited for long enough.
    due: Option<Micros>,
    /// When copies are made.
    protect_at: Option<Micros>,
    /// How long after a record that is: what goes on coming is written in few pieces.
    tick: Micros,
    /// Whether the browser did not take what waits, so that copies are written.
    writes_copies: bool,
    stage: leaving::Stage,
    page: Page,
    end: End,
    out: Actions,
    random: u64,
    /// The bytes of all batches.
    batched_bytes: usize,
    /// The copy that is to be the only place of a batch, while it is not known whether the storage can take it.
    putting: Option<(u32, Id)>,
    /// Whether the copies are said to be this page's.
    is_claimed: bool,
    /// Whether the spool is to be looked at.
    drains: bool,
    /// Whether it is to be asked whether the receiver is there: nothing else shows it.
    asks: bool,
    /// Whether that question has no answer yet.
    is_asking: bool,
    /// Whether there was no room for a request the last time.
    lacks_room: bool,
    /// How long a request may be, in bytes, as far as the receiver has shown it: it says only what is too long.
    longest: usize,
    /// The time of the latest event.
    now: Micros,
}

impl Machine {
    pub(crate) fn new(config: Config, ledger: Arc<Ledger>, is_hidden: bool) -> Self {
        let (random, drains) = (config.seed, config.spools());
        Self {
            config,
            ledger,
            queue: Queue::default(),
            batches: Vec::new(),
            next_id: 0,
            current: None,
            outage: Outage::default(),
            tickets: Tickets::default(),
            copies: Copies::default(),
            spooled: Vec::new(),
            wanted: 0,
            due: None,
            protect_at: None,
            tick: TICK,
            writes_copies: false,
            stage: leaving::Stage::Idle,
            page: Page { is_hidden, ..Page::default() },
            end: End::None,
            out: Actions::default(),
            random,
            batched_bytes: 0,
            putting: None,
            is_claimed: false,
            drains,
            asks: false,
            is_asking: false,
            lacks_room: false,
            longest: usize::MAX,
            now: Micros::ZERO,
        }
    }

    /// Takes a record of about this many bytes in, and says whether it changes when the next turn is due; the reason if it is dropped.
    pub(crate) fn admit(&mut self, now: impl Fn() -> Micros, weight: usize) -> Result<bool, DropReason> {
        let waiting = |batch: &Batch| if batch.is_under_way() { 0 } else { batch.items.len() };
        let held = self.queue.len() + self.batches.iter().map(waiting).sum::<usize>();
        let bytes = self.queue.bytes() + self.batched_bytes;
        let reason = if self.end != End::None {
            DropReason::Shutdown
        } else if held >= self.config.max_queue_size
            || (bytes > 0 && bytes.saturating_add(weight) > self.config.max_queue_bytes)
        {
            DropReason::QueueFull
        } else {
            self.ledger.admit(Place::Queued);
            self.queue.push(u32::try_from(weight).unwrap_or(u32::MAX));
            let mut wakes = self.queue.len() == self.config.max_batch_size;
            if self.due.is_none() {
                self.due = Some(now() + self.config.scheduled_delay);
                self.tick = if self.config.writes_soon { FIRST_TICK } else { TICK };
                wakes = true;
            }
            if self.protect_at.is_none() && !self.config.is_foreign {
                self.protect_at = Some(now() + self.tick);
                wakes = true;
            }
            return Ok(wakes);
        };
        self.ledger.admit(Place::Dropped(reason));
        self.tickets.lost();
        Err(reason)
    }

    pub(crate) fn is_compressing(&self, id: Id) -> bool {
        self.batches.iter().any(|batch| batch.id == id && matches!(batch.state, State::Compressing { .. }))
    }

    /// Whether the page has been left: records that come now are looked at in this turn.
    pub(crate) fn is_left(&self) -> bool {
        self.page.is_left
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.end != End::None
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(crate) fn held(&self) -> u64 {
        self.queue.len() as u64 + self.batches.iter().map(|batch| batch.range.len()).sum::<u64>()
    }

    fn batch(&mut self, id: Id) -> Option<&mut Batch> {
        self.batches.iter_mut().find(|batch| batch.id == id)
    }

    /// Between 0 and 1 (SplitMix64).
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 32) as u32 as f64 / u32::MAX as f64
    }

    /// The next thing to do.
    pub(crate) fn poll(&mut self, now: Micros, around: &Surroundings) -> Option<Action> {
        self.now = now;
        loop {
            let action = self.out.pop_front().or_else(|| self.hand_over(around)).or_else(|| self.pump(now, around));
            if let Some(action) = action.or_else(|| self.protect(now, around)).or_else(|| self.out.pop_front()) {
                return Some(action);
            }
            if self.is_claimed && (self.copies.is_empty() || self.page.is_left) {
                self.is_claimed = false;
                return Some(Action::Claim { is_held: false });
            }
            if std::mem::take(&mut self.drains) {
                return Some(Action::Drain);
            }
            // What can be sent has been sent: nobody is left to wait for the rest, but for answers.
            let gives_up = self.current.is_none() && !self.batches.iter().any(Batch::is_under_way);
            if let Some((ticket, report)) = self.tickets.take_done(now, gives_up) {
                if self.end != (End::Flushing { ticket }) {
                    return Some(Action::Resolve { ticket, report });
                }
                self.close(now, ticket, report);
                continue;
            }
            let End::Storing { ticket, until, mut report } = self.end else { return None };
            if !self.spooled.is_empty() && until > now {
                return None;
            }
            self.end = End::Closed;
            let lost = self.tickets.take_unreported();
            report.retrying = report.retrying.saturating_sub(lost.spooled + lost.dropped);
            report.add(lost);
            self.out.push_back(Action::Close);
            return Some(Action::Resolve { ticket, report });
        }
    }

    /// When there is something to do although nothing happens.
    pub(crate) fn next_wake(&self) -> Option<Micros> {
        let storing = if let End::Storing { until, .. } = self.end { Some(until) } else { None };
        let protect = self.protect_at.filter(|_| !self.page.is_left);
        let draining = self.drains.then_some(self.now);
        let others = [protect, self.tickets.next_deadline(), storing, self.next_send(), draining];
        others.into_iter().flatten().min()
    }

    /// Records of a batch have found their end; so many of them were rejected.
    fn settle(&mut self, id: Id, place: Place, rejected: u64) {
        let Some(index) = self.batches.iter().position(|batch| batch.id == id) else { return };
        let batch = self.batches.swap_remove(index);
        if self.current == Some(id) {
            self.current = None;
        }
        self.batched_bytes -= weight_of(&batch.items);
        let range = batch.range;
        let rest = range.len() - rejected;
        self.ledger.shift(rest, Place::Batched, place);
        self.ledger.shift(rejected, Place::Batched, Place::Dropped(DropReason::Rejected));
        let mut report = FlushReport { dropped: rejected, ..FlushReport::default() };
        match place {
            Place::Exported => report.delivered = rest,
            Place::Spooled => report.spooled = rest,
            Place::InDoubt => report.in_doubt = rest,
            _ => report.dropped += rest,
        }
        self.tickets.settle(range, report);
        self.out.push_back(Action::Forget { id });
        if place == Place::InDoubt {
            // The next page that looks, which may be this one, decides.
            self.copies.take(&|copy| copy.is_marked && copy.range.overlaps(range));
            if self.config.spools() && !self.page.is_left {
                self.drains = true;
            }
        }
        self.drop_obsolete_copies();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
