//! Who waits for a flush or a shutdown.

use std::sync::Arc;

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
