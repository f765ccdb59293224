//! Which records are sent when, by which way, and what became of them: in come records, answers, page events and the time, out go
//! actions. There is no I/O here, no clock and no lock; what a record is, only its length is known of.
//!
//! [`handle`](Machine::handle) takes an event, and [`poll`](Machine::poll) then gives one action after the other, until there is nothing
//! more to do before the next event, or before [`next_wake`](Machine::next_wake). Each action is done before the next one is asked for.
//! [`sending`] is the ordinary life of a batch, [`leaving`] is what a page does that may not run again.

mod leaving;
mod sending;

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::{Batch, Id, State};
use super::copies::Copies;
use super::ledger::{DropReason, Ledger, Place};
use super::outage::Outage;
use super::queue::{Item, Queue, Range, weight_of};
use super::report::FlushReport;
use super::tickets::Tickets;
use crate::micros::Micros;
use crate::transport::retry::RetryPolicy;

/// How much a crash may cost.
const TICK: Micros = Micros::from_secs(1);

/// How long a shutdown waits for the storage to say what it has taken.
const STORAGE_PATIENCE: Micros = Micros::from_secs(5);

/// What a machine is told once.
pub(crate) struct Config {
    pub(crate) max_queue_size: usize,
    pub(crate) max_queue_bytes: usize,
    pub(crate) max_batch_size: usize,
    pub(crate) scheduled_delay: Micros,
    pub(crate) flush_timeout: Micros,
    /// How long the attempts to send a batch may take in all, before it waits.
    pub(crate) batch_timeout: Micros,
    pub(crate) retry: RetryPolicy,
    /// The most bytes of a request that can outlive the page.
    pub(crate) max_unload_bytes: usize,
    /// Whether there is a place for what cannot be sent.
    pub(crate) has_spool: bool,
    pub(crate) resends_in_doubt: bool,
    /// Whether batches are given to an exporter that sends in its own way.
    pub(crate) is_foreign: bool,
    /// Of the jitter.
    pub(crate) seed: u64,
}

impl Config {
    /// Whether what waits has a copy outside of the page, against crashes.
    fn copies(&self) -> bool {
        cfg!(feature = "crash-copies") && self.spools()
    }

    /// Known when this is compiled, if the spool is left out: what would use it is left out, too.
    fn spools(&self) -> bool {
        cfg!(feature = "spool") && self.has_spool
    }
}

/// What there is around a machine at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    /// How long the body of a further request that outlives the page may be.
    pub(crate) room: usize,
    /// How many bytes can be left to the browser by `fetchLater`; `None` if that does not exist.
    pub(crate) deferrable: Option<usize>,
    /// The bytes of a request without records.
    pub(crate) frame: usize,
    pub(crate) compression: Compressing,
    /// Whether a page is told that it will be left, before it is.
    pub(crate) tells_of_leaving: bool,
}

impl Surroundings {
    /// No, known when this is compiled, if compression is left out.
    fn compression(&self) -> Compressing {
        if cfg!(feature = "compression") { self.compression } else { Compressing::No }
    }
}

/// Whether, and how, bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compressing {
    #[default]
    No,
    /// In a later turn of the event loop.
    Later,
    AtOnce,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted {
        rejected: u64,
    },
    /// Never.
    Refused,
    /// Not now.
    Unavailable {
        retry_after: Option<Micros>,
        /// Whether the receiver has said so, and not the network.
        is_answer: bool,
    },
    /// It failed because the page was left, and the browser may have gone on with it.
    Lost,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// There is a turn of the event loop.
    Turn,
    /// It is time for something.
    Timer,
    /// These are the next records of the queue.
    Encoded(Vec<Item>),
    /// The body has this many bytes now.
    Compressed {
        id: Id,
        len: usize,
    },
    /// The request is under way.
    Started {
        id: Id,
        outlives_page: bool,
    },
    Answered {
        id: Id,
        answer: Answer,
    },
    /// Whether the receiver takes a request without records.
    Asked {
        is_taken: bool,
    },
    /// Whether the browser has taken a request for the end of the page.
    Deferred {
        id: Id,
        is_taken: bool,
    },
    /// The page lives on: whether the browser has sent such a request all the same.
    Resumed {
        id: Id,
        is_sent: bool,
    },
    /// Whether the browser has taken what waits, for the case of a crash.
    Armed {
        is_taken: bool,
    },
    /// The browser has sent that, although the page lives.
    Fired,
    /// Whether the storage can take a copy.
    Put {
        copy: u32,
        is_taken: bool,
    },
    /// Whether it has taken it.
    Stored {
        copy: u32,
        is_written: bool,
    },
    Hidden,
    Visible,
    Leaving,
    Left,
    Shown {
        is_hidden: bool,
    },
    /// Everything is to be exported now.
    Export,
    Flush {
        ticket: u32,
    },
    Deserted {
        ticket: u32,
    },
    Shutdown {
        ticket: u32,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Encodes up to so many of the queue's next records; [`Event::Encoded`] is the answer.
    Encode {
        most: usize,
    },
    /// Takes records off the front of the queue into a batch.
    Cut {
        id: Id,
        count: usize,
    },
    /// Puts all of a batch but its first records back.
    Shrink {
        id: Id,
        count: usize,
    },
    /// Makes two batches of one.
    Split {
        id: Id,
        at: usize,
        other: Id,
    },
    Compress {
        id: Id,
    },
    /// Sends a batch; [`Event::Started`] is the answer.
    Send {
        id: Id,
        keepalive: bool,
        timeout: Micros,
        is_retry: bool,
    },
    /// Sends a request without records; [`Event::Asked`] is the answer.
    Ask,
    /// Gives up a request.
    Abort {
        id: Id,
    },
    /// Nobody asks for a batch any more.
    Forget {
        id: Id,
    },
    Defer {
        id: Id,
    },
    /// Leaves records of the queue to the browser, in the place of what it has.
    Arm {
        range: Range,
    },
    Disarm,
    /// Writes a copy of records of the queue, or of a batch.
    Put {
        copy: u32,
        source: Source,
        is_in_doubt: bool,
    },
    /// Says that the records of a copy are under way, or not any more.
    Mark {
        copy: u32,
        is_in_doubt: bool,
    },
    Discard {
        copy: u32,
    },
    /// This page's copies belong to it, or to whichever page comes first.
    Claim {
        is_held: bool,
    },
    Resolve {
        ticket: u32,
        report: FlushReport,
    },
    /// Looks for what earlier pages have left.
    Drain,
    /// A record was dropped since it failed by itself again and again.
    TellUndeliverable,
    /// A request took too long.
    TellTimeout {
        after: Micros,
    },
    /// All is over.
    Close,
}

/// What a copy is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Queue(Range),
    Batch(Id),
}

/// The page, as far as it is known.
#[derive(Debug, Default)]
struct Page {
    is_hidden: bool,
    /// Between `pagehide` and `pageshow`: what is not done at once may never be done.
    is_left: bool,
    /// When it began to be left.
    leaving_since: Option<Micros>,
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
    /// Whether the browser did not take what waits, so that copies are written.
    writes_copies: bool,
    stage: leaving::Stage,
    page: Page,
    end: End,
    out: VecDeque<Action>,
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
    /// Whether there was no room for a request the last time.
    lacks_room: bool,
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
            writes_copies: false,
            stage: leaving::Stage::Idle,
            page: Page { is_hidden, ..Page::default() },
            end: End::None,
            out: VecDeque::new(),
            random,
            batched_bytes: 0,
            putting: None,
            is_claimed: false,
            drains,
            asks: false,
            lacks_room: false,
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
                wakes = true;
            }
            if self.protect_at.is_none() && !self.config.is_foreign {
                self.protect_at = Some(now() + TICK);
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

    pub(crate) fn handle(&mut self, now: Micros, event: Event) {
        self.now = now;
        match event {
            Event::Turn | Event::Timer if self.page.is_left => self.leave(),
            Event::Turn => {}
            Event::Timer => {
                // All that waits goes with what is due, but what comes meanwhile waits in its turn.
                if self.current.is_none() && self.is_queue_due(now) {
                    self.wanted = self.queue.end();
                }
            }
            Event::Encoded(items) => self.queue.encode(&items),
            Event::Compressed { id, len } if cfg!(feature = "compression") => self.compressed(id, len),
            Event::Compressed { .. } => {}
            Event::Started { id, outlives_page: is_kept } => {
                if let Some(State::Sending { outlives_page, .. }) = self.batch(id).map(|batch| &mut batch.state) {
                    *outlives_page = is_kept;
                }
            }
            Event::Answered { id, answer } => self.answered(now, id, answer),
            Event::Asked { is_taken } => {
                if is_taken {
                    self.drains |= self.outage.succeeded() && self.config.spools();
                }
            }
            Event::Deferred { id, is_taken } => self.deferred(now, id, is_taken),
            Event::Resumed { id, is_sent: true } => self.settle(id, Place::InDoubt, 0),
            Event::Resumed { id, is_sent: false } => self.wait_again(now, id),
            Event::Armed { .. } | Event::Fired if !self.config.copies() => {}
            Event::Put { .. } | Event::Stored { .. } if !self.config.spools() => {}
            Event::Armed { is_taken } => {
                self.copies.armed = self.copies.armed.filter(|_| is_taken);
                self.writes_copies = !is_taken;
            }
            Event::Fired => {
                if let Some(armed) = self.copies.armed.take() {
                    let count = armed.to.saturating_sub(self.queue.front());
                    let id = self.cut(count as usize, State::Deferred);
                    self.settle(id, Place::InDoubt, 0);
                }
            }
            Event::Put { copy, is_taken } => self.put(now, copy, is_taken),
            Event::Stored { copy, is_written } => self.stored(copy, is_written),
            Event::Hidden => {
                self.page.is_hidden = true;
                // Engines differ in whether this comes before `pagehide` or after it.
                if !self.page.is_left {
                    self.hide(now);
                }
            }
            Event::Visible => self.page.is_hidden = false,
            Event::Leaving => self.page.leaving_since = Some(now),
            Event::Left => {
                self.page.is_left = true;
                self.leave();
            }
            Event::Shown { is_hidden } => self.show(now, is_hidden),
            Event::Export => self.wanted = self.queue.end(),
            Event::Flush { ticket } => self.flush(now, ticket),
            Event::Deserted { ticket } => {
                if self.end != (End::Flushing { ticket }) {
                    self.tickets.desert(ticket);
                }
            }
            Event::Shutdown { ticket } => {
                if self.end == End::None {
                    self.end = End::Flushing { ticket };
                    self.flush(now, ticket);
                } else {
                    self.tickets.wait(ticket, 0, 0, now);
                }
            }
        }
        debug_assert_eq!(self.ledger.count(Place::Queued), self.queue.len() as u64);
        debug_assert_eq!(
            self.ledger.count(Place::Batched),
            self.batches.iter().map(|batch| batch.range.len()).sum::<u64>()
        );
    }

    fn flush(&mut self, now: Micros, ticket: u32) {
        let held = self.queue.len() as u64 + self.batches.iter().map(|batch| batch.range.len()).sum::<u64>();
        self.wanted = self.queue.end();
        self.tickets.wait(ticket, self.queue.end(), held, now + self.config.flush_timeout);
        if held > 0 && self.end != End::Closed {
            // Whoever asks for it has it tried at once, whatever the pause.
            self.outage.until = now;
            for batch in &mut self.batches {
                if let State::Waiting { due } = &mut batch.state {
                    *due = now;
                }
            }
        }
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
        let others = [protect, self.tickets.next_deadline(), storing, self.next_send()];
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

    fn drop_obsolete_copies(&mut self) {
        let (queue, batches) = (self.queue.range(), &self.batches);
        let is_obsolete = |copy: &super::copies::Copy| {
            let is_queued = !copy.is_marked && copy.range.overlaps(queue);
            !is_queued && !batches.iter().any(|batch| batch.range.overlaps(copy.range))
        };
        let obsolete = self.copies.take(&is_obsolete);
        self.out.extend(obsolete.into_iter().map(|copy| Action::Discard { copy }));
        if self.queue.is_empty() && self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        if self.queue.is_empty() && self.batches.is_empty() {
            self.protect_at = None;
        }
    }

    fn stored(&mut self, copy: u32, is_written: bool) {
        if let Some(index) = self.spooled.iter().position(|(id, _)| *id == copy) {
            let (_, records) = self.spooled.swap_remove(index);
            if !is_written {
                self.ledger.shift(records, Place::Spooled, Place::Dropped(DropReason::Storage));
                self.tickets.spooled_in_vain(records);
            }
        }
        if !is_written {
            self.copies.refuse(copy);
        }
    }

    /// Makes copies, when it is time to.
    fn protect(&mut self, now: Micros, around: &Surroundings) -> Option<Action> {
        if self.protect_at.is_none_or(|at| at > now) || self.page.is_left || self.stage != leaving::Stage::Idle {
            return None;
        }
        // Each turn does a part of it.
        self.protect_at = Some(now + Micros::from_millis(1));
        let unencoded = self.queue.unencoded(usize::MAX);
        if unencoded > 0 && !self.config.is_foreign {
            return Some(Action::Encode { most: unencoded });
        }
        self.protect_at = None;
        if !self.config.copies() || self.end == End::Closed {
            return None;
        }
        let queue = self.queue.range();
        let is_failing = self.batches.iter().any(Batch::is_failing);
        if let Some(room) = around.deferrable.filter(|_| !is_failing && !self.writes_copies && queue.len() > 0) {
            let (count, _) =
                self.queue.fitting(queue.from, usize::MAX, around.frame, room.min(self.config.max_unload_bytes));
            if count == self.queue.len() {
                let copies = self
                    .copies
                    .take(&|copy| !copy.is_marked && !copy.range.overlaps(Range { from: 0, to: queue.from }));
                self.out.extend(copies.into_iter().map(|copy| Action::Discard { copy }));
                if self.copies.armed == Some(queue) {
                    return None;
                }
                self.copies.armed = Some(queue);
                return Some(Action::Arm { range: queue });
            }
        }
        self.write_copies(now, around, queue)
    }

    fn write_copies(&mut self, now: Micros, around: &Surroundings, queue: Range) -> Option<Action> {
        self.writes_copies = false;
        if self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        let limit = self.config.max_unload_bytes;
        let mut fresh = Vec::new();
        for batch in self.batches.iter().filter(|batch| batch.is_failing()) {
            if !self.copies.covers(batch.range, false) && !self.copies.covers(batch.range, true) {
                fresh.push((Source::Batch(batch.id), batch.range));
            }
        }
        let mut from = queue.from;
        while let Some(run) = self.copies.first_uncovered(Range { from, to: queue.to }) {
            if fresh.len() >= MOST_COPIES_IN_A_TURN {
                self.protect_at = Some(now + Micros::from_millis(1));
                break;
            }
            let (count, _) = self.queue.fitting(run.from, run.len() as usize, around.frame, limit);
            let range = Range { from: run.from, to: run.from + count.max(1) as u64 };
            fresh.push((Source::Queue(range), range));
            from = range.to;
        }
        if !fresh.is_empty() || !self.copies.is_empty() {
            // Renewed as long as there are any.
            self.is_claimed = true;
            self.out.push_back(Action::Claim { is_held: true });
            self.protect_at.get_or_insert(now + TICK);
        }
        for (source, range) in fresh {
            let copy = self.copies.number();
            self.copies.add(copy, range, false);
            self.out.push_back(Action::Put { copy, source, is_in_doubt: false });
        }
        self.out.pop_front()
    }
}

/// How many copies are written before others have their turn.
const MOST_COPIES_IN_A_TURN: usize = 16;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
