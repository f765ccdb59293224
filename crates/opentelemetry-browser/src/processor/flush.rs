//! What a flush says: how many spans were delivered, and what became of the others.

use std::fmt;

use futures_channel::oneshot;

/// What became of the spans that had ended when a flush was called, and of those lost since the flush before it.
///
/// ```
/// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
/// let report = telemetry.flush().await.unwrap_or_else(|error| error.report());
/// if !report.is_complete() {
///     println!("{} spans are not there yet, and {} never will be", report.retrying + report.spooled, report.dropped);
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// A receiver took them in.
    pub delivered: u64,
    /// Still held, to be tried again: the receiver could not be reached, or the time was up.
    pub retrying: u64,
    /// In the origin's storage, for the next page to send.
    pub spooled: u64,
    /// Lost.
    pub dropped: u64,
}

impl FlushReport {
    /// Whether every span was delivered.
    pub fn is_complete(&self) -> bool {
        self.retrying + self.spooled + self.dropped == 0
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.retrying += other.retrying;
        self.spooled += other.spooled;
        self.dropped += other.dropped;
    }
}

/// A flush after which not every span was delivered.
///
/// ```
/// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
/// if let Err(error) = telemetry.flush().await {
///     // 2 of 5 spans were not delivered: 3 delivered, 2 waiting for a retry, 0 spooled, 0 dropped; ...
///     println!("{error}");
///     println!("{} of them are lost", error.report().dropped);
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushError {
    report: FlushReport,
    reason: Option<String>,
}

impl FlushError {
    pub(crate) fn check(report: FlushReport, reason: Option<String>) -> Result<FlushReport, Self> {
        if report.is_complete() { Ok(report) } else { Err(Self { report, reason }) }
    }

    /// The counts.
    pub fn report(&self) -> FlushReport {
        self.report
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FlushReport { delivered, retrying, spooled, dropped } = self.report;
        let (missing, all) = (retrying + spooled + dropped, delivered + retrying + spooled + dropped);
        write!(f, "{missing} of {all} spans were not delivered: ")?;
        write!(f, "{delivered} delivered, {retrying} waiting for a retry, {spooled} spooled, {dropped} dropped")?;
        match &self.reason {
            Some(reason) => write!(f, "; {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FlushError {}

/// Spans in the order in which they ended: `from..to`, counted from the first of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Range {
    pub(crate) fn len(self) -> u64 {
        self.to - self.from
    }
}

struct Waiter {
    id: u64,
    /// The first span that it does not wait for.
    target: u64,
    remaining: u64,
    report: FlushReport,
    done: oneshot::Sender<FlushReport>,
}

/// One flush that waits.
pub(crate) struct Ticket {
    id: u64,
    pub(crate) report: oneshot::Receiver<FlushReport>,
}

/// Who waits for which spans.
#[derive(Default)]
pub(crate) struct Waiters {
    list: Vec<Waiter>,
    next: u64,
    /// What happened since the last flush, for the next one to say.
    unreported: FlushReport,
}

impl Waiters {
    /// Waits for the `remaining` unsettled spans before `target`.
    pub(crate) fn wait(&mut self, target: u64, remaining: u64) -> Ticket {
        self.forget_deserted();
        let (done, receiver) = oneshot::channel();
        let report = std::mem::take(&mut self.unreported);
        self.next += 1;
        self.list.push(Waiter { id: self.next, target, remaining, report, done });
        self.release(|waiter| waiter.remaining == 0);
        Ticket { id: self.next, report: receiver }
    }

    /// Some spans have found their end.
    pub(crate) fn settle(&mut self, range: Range, outcome: FlushReport) {
        self.forget_deserted();
        let mut told = FlushReport::default();
        for waiter in &mut self.list {
            let awaited = waiter.target.min(range.to).saturating_sub(range.from);
            // A request may hold spans on both sides of the target: its losses are told first.
            let dropped = outcome.dropped.min(awaited);
            let spooled = outcome.spooled.min(awaited - dropped);
            waiter.report.add(FlushReport { delivered: awaited - dropped - spooled, retrying: 0, spooled, dropped });
            waiter.remaining = waiter.remaining.saturating_sub(awaited);
            told.dropped = told.dropped.max(dropped);
            told.spooled = told.spooled.max(spooled);
        }
        // What was delivered in between is no news; what was lost is.
        self.unreported.dropped += outcome.dropped - told.dropped;
        self.unreported.spooled += outcome.spooled - told.spooled;
        self.release(|waiter| waiter.remaining == 0);
    }

    /// Spans that were left to the spool were not taken there.
    pub(crate) fn spooled_in_vain(&mut self, spans: u64) {
        self.unreported.spooled = self.unreported.spooled.saturating_sub(spans);
        self.unreported.dropped += spans;
    }

    /// What the next flush would say.
    pub(crate) fn take_unreported(&mut self) -> FlushReport {
        std::mem::take(&mut self.unreported)
    }

    /// A span was lost before it got a place in the order.
    pub(crate) fn lost(&mut self) {
        self.unreported.dropped += 1;
    }

    /// The receiver cannot be reached for now: nobody is left to wait for that.
    pub(crate) fn give_up(&mut self) {
        self.forget_deserted();
        self.release(|_| true);
    }

    /// Whether somebody waits for spans from `front` on.
    pub(crate) fn wants(&self, front: u64) -> bool {
        self.list.iter().any(|waiter| waiter.target > front)
    }

    fn release(&mut self, is_done: impl Fn(&Waiter) -> bool) {
        for mut waiter in std::mem::take(&mut self.list) {
            if !is_done(&waiter) {
                self.list.push(waiter);
                continue;
            }
            waiter.report.retrying += waiter.remaining;
            let _ = waiter.done.send(waiter.report);
        }
    }

    /// What was to be said to somebody who has stopped waiting is for the next flush to say.
    fn forget_deserted(&mut self) {
        for waiter in self.list.extract_if(.., |waiter| waiter.done.is_canceled()) {
            self.unreported.dropped += waiter.report.dropped;
            self.unreported.spooled += waiter.report.spooled;
        }
    }

    /// Takes a waiter's account as it stands, when its time is up.
    pub(crate) fn expire(&mut self, ticket: &mut Ticket) -> FlushReport {
        if let Ok(Some(report)) = ticket.report.try_recv() {
            return report;
        }
        let Some(index) = self.list.iter().position(|waiter| waiter.id == ticket.id) else {
            return FlushReport::default();
        };
        let mut waiter = self.list.swap_remove(index);
        waiter.report.retrying += waiter.remaining;
        waiter.report
    }
}
