//! Who waits for which records: in come flushes and what became of records, out come the flushes that have an answer.

use super::queue::Range;
use super::report::FlushReport;
use crate::micros::Micros;

struct Ticket {
    id: u32,
    /// The first record that it does not wait for.
    target: u64,
    remaining: u64,
    report: FlushReport,
    deadline: Micros,
}

/// The flushes that wait, and what the next one has to say besides its own.
#[derive(Default)]
pub(crate) struct Tickets {
    waiting: Vec<Ticket>,
    /// What happened since the last flush.
    unreported: FlushReport,
}

impl Tickets {
    /// Waits for the `remaining` records before `target`.
    pub(crate) fn wait(&mut self, id: u32, target: u64, remaining: u64, deadline: Micros) {
        let report = std::mem::take(&mut self.unreported);
        self.waiting.push(Ticket { id, target, remaining, report, deadline });
    }

    /// Some records have found their end.
    pub(crate) fn settle(&mut self, range: Range, outcome: FlushReport) {
        let (mut dropped_told, mut spooled_told, mut doubt_told) = (0, 0, 0);
        for ticket in &mut self.waiting {
            let awaited = ticket.target.min(range.to).saturating_sub(range.from);
            // A request may hold records on both sides of the target: its losses are told first.
            let dropped = outcome.dropped.min(awaited);
            let spooled = outcome.spooled.min(awaited - dropped);
            let in_doubt = outcome.in_doubt.min(awaited - dropped - spooled);
            let delivered = awaited - dropped - spooled - in_doubt;
            ticket.report.add(FlushReport { delivered, retrying: 0, spooled, dropped, in_doubt });
            ticket.remaining = ticket.remaining.saturating_sub(awaited);
            dropped_told = dropped_told.max(dropped);
            spooled_told = spooled_told.max(spooled);
            doubt_told = doubt_told.max(in_doubt);
        }
        // What was delivered in between is no news; what was lost is.
        self.unreported.dropped += outcome.dropped - dropped_told;
        self.unreported.spooled += outcome.spooled - spooled_told;
        self.unreported.in_doubt += outcome.in_doubt - doubt_told;
    }

    /// Records that were left to the spool were not taken there.
    pub(crate) fn spooled_in_vain(&mut self, records: u64) {
        self.unreported.spooled = self.unreported.spooled.saturating_sub(records);
        self.unreported.dropped += records;
    }

    /// A record was lost before it got a place in the order.
    pub(crate) fn lost(&mut self) {
        self.unreported.dropped += 1;
    }

    /// What the next flush would say.
    pub(crate) fn take_unreported(&mut self) -> FlushReport {
        std::mem::take(&mut self.unreported)
    }

    /// Whether somebody waits for records from `front` on.
    pub(crate) fn wants(&self, front: u64) -> bool {
        self.waiting.iter().any(|ticket| ticket.target > front)
    }

    /// When the first one's time is up.
    pub(crate) fn next_deadline(&self) -> Option<Micros> {
        self.waiting.iter().map(|ticket| ticket.deadline).min()
    }

    /// One that waits no more: all has found its end, its time is up, or everybody `gives_up`, because what is left has to wait.
    pub(crate) fn take_done(&mut self, now: Micros, gives_up: bool) -> Option<(u32, FlushReport)> {
        let is_done = |ticket: &Ticket| gives_up || ticket.remaining == 0 || ticket.deadline <= now;
        let index = self.waiting.iter().position(is_done)?;
        let mut ticket = self.waiting.remove(index);
        ticket.report.retrying += ticket.remaining;
        Some((ticket.id, ticket.report))
    }

    /// Nobody waits for this one any more: what it had to say is for the next one to say.
    pub(crate) fn desert(&mut self, id: u32) {
        if let Some(index) = self.waiting.iter().position(|ticket| ticket.id == id) {
            let ticket = self.waiting.remove(index);
            self.unreported.add(FlushReport { delivered: 0, retrying: 0, ..ticket.report });
        }
    }
}
