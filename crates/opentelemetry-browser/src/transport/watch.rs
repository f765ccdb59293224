//! A [`Transport`] around a transport that tells the diagnostics when an outage begins and when it is over, and has its cause
//! looked for, once.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

use super::{BoxFuture, Request, Response, Transport, TransportError};
use crate::diagnostics::{Counters, Diagnosis};
use crate::platform;

/// Watches each attempt.
#[derive(Debug)]
pub(crate) struct Watched {
    inner: Arc<dyn Transport>,
    counters: Arc<Counters>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn Transport>, counters: Arc<Counters>) -> Self {
        Self { inner, counters }
    }
}

impl Transport for Watched {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let (inner, counters) = (self.inner.clone(), self.counters.clone());
        let answer = inner.send(request.clone());
        Box::pin(async move {
            let answer = answer.await;
            match &answer {
                Ok(_) => counters.answered(),
                // A time-out speaks for itself.
                Err(error) if error.is_timeout() => {}
                Err(_) if counters.outage_begins() => {
                    // It outlives the attempt, and with that the attempt's context.
                    let context = Context::new().with_telemetry_suppressed();
                    let looking = async move { counters.explained(inner.diagnose(&request).await) };
                    platform::spawn(looking.with_context(context));
                }
                Err(_) => {}
            }
            answer
        })
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        self.inner.diagnose(request)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "watch_tests.rs"]
mod tests;
