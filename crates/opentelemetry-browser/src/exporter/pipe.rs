//! What is done to a record on its way out: it is redacted and encoded, and requests of it are framed for the receiver.

use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::Context;

use crate::encode::signal::Signal;
use crate::encode::{Encoder, Fragment, Frame};
use crate::resource::Description;
use crate::transport::sender::Sender;

/// Changes a record before it is encoded.
///
/// What it takes to change a record that is shared is linked only where there is one.
pub(crate) type Hook<T> = Box<dyn Fn(&mut Arc<T>) + Send + Sync>;

/// The way of a signal's records to a receiver.
pub(crate) struct Pipe<S: Signal> {
    pub(crate) sender: Arc<Sender>,
    frame: RwLock<Arc<Frame>>,
    hooks: Vec<Hook<S::Item>>,
}

impl<S: Signal> Pipe<S> {
    pub(crate) fn new(sender: Sender, hooks: Vec<Hook<S::Item>>) -> Self {
        let frame = Frame::new(&Description::default(), S::NAMES);
        Self { sender: Arc::new(sender), frame: RwLock::new(Arc::new(frame)), hooks }
    }

    /// Begins a request about the resource.
    pub(crate) fn frame(&self) -> Arc<Frame> {
        self.frame.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_resource(&self, resource: &Description) {
        *self.frame.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Frame::new(resource, S::NAMES));
    }

    /// Redacts and encodes a record, once. The caller holds no lock.
    pub(crate) fn encode(&self, encoder: &mut Encoder, mut item: Arc<S::Item>) -> Fragment {
        if cfg!(feature = "redaction") && !self.hooks.is_empty() {
            // A span that a redaction starts would need redacting itself, and so on.
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            self.hooks.iter().for_each(|hook| hook(&mut item));
        }
        encoder.encode::<S>(&item)
    }
}
