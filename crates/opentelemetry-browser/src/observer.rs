//! Callbacks that hear of records: in come spans that have ended and log records that were emitted, out they go in a microtask.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::Context;
use opentelemetry_sdk::trace::SpanData;

use crate::platform::{self, IS_NO_OP};
use crate::trace::processors::Processor;

/// How many records wait for their callback, at most. It is not told of those before them.
const MOST_WAITING: usize = 1_024;

/// A callback, and what it is to be told of. A record may end under upstream's lock of a span, where nobody must be called.
pub(crate) struct Observer<T> {
    callback: Box<dyn Fn(&T) + Send + Sync>,
    waiting: Mutex<VecDeque<Arc<T>>>,
}

impl<T: Send + Sync + 'static> Observer<T> {
    pub(crate) fn new(callback: impl Fn(&T) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { callback: Box::new(callback), waiting: Mutex::default() })
    }

    /// Tells of a record when the code that runs now has ended.
    pub(crate) fn see(self: &Arc<Self>, record: &Arc<T>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if IS_NO_OP {
            return;
        }
        if waiting.len() == MOST_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(record.clone());
        if waiting.len() == 1 {
            let observer = self.clone();
            platform::spawn(async move { observer.tell() });
        }
    }

    /// What the callback itself records is suppressed: it would be told of that in turn, without end.
    fn tell(&self) {
        let records = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        records.iter().for_each(|record| (self.callback)(record));
    }
}

impl<T> fmt::Debug for Observer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Processor for Arc<Observer<SpanData>> {
    fn end(&self, span: Arc<SpanData>) {
        if span.span_context.is_sampled() {
            self.see(&span);
        }
    }
}
