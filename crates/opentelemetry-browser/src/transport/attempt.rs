//! One attempt to send a request, by whatever transport: within the budget of requests that outlive the page, told of to the diagnostics,
//! and without spans of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

use super::unload::{Permit, departures};
use super::{BoxFuture, Request, Response, Transport, TransportError};
use crate::consent;
use crate::diagnostics::{Counters, Diagnosis};
use crate::platform;
use crate::platform::sleep::sleep;

/// Makes attempts. When an outage begins, it has its cause looked for, once.
#[derive(Clone)]
pub(crate) struct Attempts {
    transport: Arc<dyn Transport>,
    counters: Arc<Counters>,
}

impl Attempts {
    pub(crate) fn new(transport: Arc<dyn Transport>, counters: Arc<Counters>) -> Self {
        Self { transport, counters }
    }

    /// By the same transport, with other counts.
    pub(crate) fn counting(&self, counters: Arc<Counters>) -> Self {
        Self::new(self.transport.clone(), counters)
    }

    /// Starts an attempt; says whether it outlives the page. A request for which there is no room is sent without keepalive: it
    /// would be refused outright.
    pub(crate) fn start(&self, mut request: Request) -> (bool, BoxFuture<Result<Response, TransportError>>) {
        let permit = if request.keepalive { Permit::acquire(request.body.len()) } else { None };
        request.keepalive = permit.is_some();
        let outlives_page = request.keepalive;
        let departures_before = departures();
        // Spans that a transport starts would be exported in their turn, for ever.
        let context = Context::new().with_telemetry_suppressed();
        let answer = {
            let _suppressed = context.clone().attach();
            self.transport.send(request.clone()).with_context(context)
        };
        let attempts = self.clone();
        let answer = Box::pin(async move {
            let answer = answer.await;
            attempts.note(&answer, request);
            if permit.is_some() && answer.as_ref().is_err_and(TransportError::was_sent) {
                // A page that is left gets an error for each request under way, while the browser goes on with those that outlive
                // the page; the error may come just before `pagehide`, but then the page has no further turn before it.
                sleep(Duration::ZERO).await;
                if departures() != departures_before {
                    return answer.map_err(TransportError::in_doubt);
                }
            }
            answer
        });
        (outlives_page, answer)
    }

    fn note(&self, answer: &Result<Response, TransportError>, request: Request) {
        match answer {
            Ok(_) => self.counters.answered(),
            // A time-out speaks for itself, and a request that was not sent says nothing of the receiver.
            Err(error) if error.is_timeout() || !error.was_sent() => {}
            // Without the visitor's consent nobody is asked anything.
            Err(_) if consent::is_given() && self.counters.outage_begins() => {
                let Self { transport, counters } = self.clone();
                // It outlives the attempt, and with that the attempt's context.
                let context = Context::new().with_telemetry_suppressed();
                let diagnosis = {
                    let _suppressed = context.clone().attach();
                    transport.diagnose(&request).with_context(context)
                };
                platform::spawn(async move { counters.explained(diagnosis.await) });
            }
            Err(_) => {}
        }
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.transport.fmt(f)
    }
}

impl Transport for Attempts {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.start(request).1
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        self.transport.diagnose(request)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "attempt_tests.rs"]
mod tests;
