//! What earlier pages have spooled of a signal that this page does not record: log records, where it is without logs. They are bytes
//! for a known URL, so that it can send them all the same.

use std::sync::Arc;

use super::{Driver, Sink};
use crate::encode::signal::Signal;
use crate::spool::{self, SpoolConfig};

impl Driver {
    /// Sends what is in the spool for this URL, whenever that of this page's own records is looked at.
    pub(crate) fn inherit(&self, signal: &'static Signal, url: String, config: Option<SpoolConfig>) {
        let (Sink::Ours(pipe), Some(config)) = (&self.sink, config) else { return };
        let sender = Arc::new(pipe.sender.beside(signal, url.into()));
        self.counters.inherit_logs(&sender.counters);
        let own = self.spool().map(|spool| &**spool);
        let Some(spool) = spool::open(config, sender.url.clone(), sender.counters.clone(), own) else { return };
        let _ = self.inherited.set((sender, spool));
    }
}
