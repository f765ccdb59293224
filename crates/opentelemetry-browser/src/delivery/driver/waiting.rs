//! Who waits for a flush or a shutdown.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_channel::oneshot;

use super::super::machine::Event;
use super::super::report::FlushReport;
use super::{Driver, now};

impl Driver {
    fn ticket(&self) -> (u32, oneshot::Receiver<FlushReport>) {
        let (sender, report) = oneshot::channel();
        let mut state = self.state();
        state.next_ticket += 1;
        let ticket = state.next_ticket;
        state.tickets.push((ticket, sender));
        (ticket, report)
    }

    pub(crate) fn flush(self: &Arc<Self>) -> Waiting {
        let (ticket, report) = self.ticket();
        let waiting = Waiting { report, flush: Some((self.clone(), ticket)) };
        self.later(Event::Flush { ticket });
        waiting
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
    pub(crate) fn shutdown(self: &Arc<Self>) -> Waiting {
        let (ticket, report) = self.ticket();
        self.later(Event::Shutdown { ticket });
        Waiting { report, flush: None }
    }
}

/// Resolves to the report of a flush or a shutdown, which goes on whether or not this is polled.
pub(crate) struct Waiting {
    report: oneshot::Receiver<FlushReport>,
    /// Of a flush, to tell the machine when nobody waits for it any more.
    flush: Option<(Arc<Driver>, u32)>,
}

impl Future for Waiting {
    type Output = FlushReport;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<FlushReport> {
        Pin::new(&mut self.report).poll(cx).map(Result::unwrap_or_default)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some((driver, ticket)) = self.flush.take() else { return };
        let mut state = driver.state();
        let waiting = state.tickets.len();
        state.tickets.retain(|(known, _)| *known != ticket);
        if state.tickets.len() < waiting {
            state.machine.handle(now(), Event::Deserted { ticket });
        }
    }
}
