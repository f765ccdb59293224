//! What is done to a record on its way out: it is redacted and encoded, and requests of it are framed for the receiver.

use std::sync::{Arc, PoisonError, RwLock};

use crate::encode::signal::{Record, Signal};
use crate::encode::{Encoder, Fragment, Frame};
#[cfg(feature = "redaction")]
use crate::redaction::Redaction;
use crate::resource::Description;
use crate::transport::sender::Sender;

/// What changes records before they are encoded.
#[cfg(feature = "redaction")]
pub(crate) type Redactions = Vec<Arc<dyn Redaction>>;
#[cfg(not(feature = "redaction"))]
pub(crate) type Redactions = Vec<std::convert::Infallible>;

/// The way of a signal's records to a receiver.
pub(crate) struct Pipe {
    pub(crate) sender: Arc<Sender>,
    frame: RwLock<Arc<Frame>>,
    #[cfg_attr(not(feature = "redaction"), expect(dead_code, reason = "there are none"))]
    redactions: Redactions,
}

impl Pipe {
    pub(crate) fn new(sender: Sender, redactions: Redactions) -> Self {
        let frame = Frame::new(&Description::default(), sender.signal);
        Self { sender: Arc::new(sender), frame: RwLock::new(Arc::new(frame)), redactions }
    }

    pub(crate) fn signal(&self) -> &'static Signal {
        self.sender.signal
    }

    /// Begins a request about the resource.
    pub(crate) fn frame(&self) -> Arc<Frame> {
        self.frame.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_resource(&self, resource: &Description) {
        let frame = Arc::new(Frame::new(resource, self.signal()));
        *self.frame.write().unwrap_or_else(PoisonError::into_inner) = frame;
    }

    /// Redacts and encodes a record, once. The caller holds no lock.
    pub(crate) fn encode(&self, encoder: &mut Encoder, record: Arc<dyn Record>) -> Fragment {
        encoder.encode(self.signal(), &*self.redacted(record))
    }

    #[cfg(feature = "redaction")]
    fn redacted(&self, record: Arc<dyn Record>) -> Arc<dyn Record> {
        if self.redactions.is_empty() {
            return record;
        }
        // A span that a redaction starts would need redacting itself, and so on.
        let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
        record.redacted(&self.redactions)
    }

    #[cfg(not(feature = "redaction"))]
    fn redacted(&self, record: Arc<dyn Record>) -> Arc<dyn Record> {
        record
    }
}
