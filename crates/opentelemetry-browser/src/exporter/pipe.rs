//! What is done to a record on its way out: it is redacted and encoded, and requests of it are framed for the receiver.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::encode::signal::{Record, Signal};
use crate::encode::{Encoder, Frame};
use crate::resource::Description;
use crate::transport::sender::Sender;

/// What changes records before they are encoded. Functions, so that what copies a record is linked only where there are any.
pub(crate) type Redactions = Vec<Arc<dyn Fn(Arc<dyn Record>) -> Arc<dyn Record> + Send + Sync>>;

/// The way of a signal's records to a receiver.
pub(crate) struct Pipe {
    pub(crate) sender: Arc<Sender>,
    framing: Mutex<Framing>,
    redactions: Redactions,
}

/// What requests are about. It is written when the first one is made: the page's first spans come before that.
#[derive(Default)]
struct Framing {
    resource: Description,
    frame: Option<Arc<Frame>>,
}

impl Pipe {
    pub(crate) fn new(sender: Sender, redactions: Redactions) -> Self {
        Self { sender: Arc::new(sender), framing: Mutex::default(), redactions }
    }

    pub(crate) fn signal(&self) -> &'static Signal {
        self.sender.signal
    }

    fn framing(&self) -> MutexGuard<'_, Framing> {
        self.framing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a request about the resource.
    pub(crate) fn frame(&self) -> Arc<Frame> {
        let Framing { resource, frame } = &mut *self.framing();
        frame.get_or_insert_with(|| Arc::new(Frame::new(resource, self.signal()))).clone()
    }

    pub(crate) fn set_resource(&self, resource: &Description) {
        *self.framing() = Framing { resource: resource.clone(), frame: None };
    }

    /// Redacts and encodes a record, once; gives its bytes. The caller holds no lock.
    pub(crate) fn encode(&self, encoder: &mut Encoder, record: Arc<dyn Record>) -> usize {
        let record = self.redactions.iter().fold(record, |record, redacted| redacted(record));
        encoder.encode(self.signal(), &*record)
    }
}
