//! Requests: compressed, sent, given up, and their answers judged.

use std::sync::Arc;

use futures_channel::oneshot;

use super::super::batch::Id;
use super::super::machine::{Answer, Event};
use super::{Driver, Sink, now};
use crate::diagnostics::{Cause, LastError};
use crate::encode::signal::Record;
use crate::encode::spans::SPANS;
use crate::micros::Micros;
use crate::platform;
use crate::platform::sleep::unless;
use crate::transport::BoxFuture;
use crate::transport::response::{Outcome, TOO_LONG};

impl Driver {
    pub(super) fn compress(self: &Arc<Self>, id: Id) {
        let Sink::Ours(pipe) = &self.sink else { return };
        let body = self.state().store.body(id, &pipe.frame());
        let len = body.len();
        let Some(compressing) = pipe.sender.compress(&body) else {
            return self.tell(Event::Compressed { id, len });
        };
        if pipe.sender.compresses_at_once() {
            // It is done already.
            let mut compressing = std::pin::pin!(compressing);
            let outcome = compressing.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
            return self.compressed(id, if let std::task::Poll::Ready(body) = outcome { body } else { None }, len);
        }
        let driver = self.clone();
        platform::spawn(async move {
            let body = compressing.await;
            driver.compressed(id, body, len);
            driver.on(Event::Turn);
        });
    }

    fn compressed(&self, id: Id, body: Option<Vec<u8>>, plain: usize) {
        let mut state = self.state();
        // Meanwhile it may have gone its way as it is.
        if !state.machine.is_compressing(id) {
            return;
        }
        let len = body.as_ref().map_or(plain, Vec::len);
        if let Some(body) = body {
            state.store.set_body(id, body);
        }
        state.machine.handle(now(), Event::Compressed { id, len });
    }

    pub(super) fn send(self: &Arc<Self>, id: Id, keepalive: bool, timeout: Micros, is_retry: bool) {
        if self.is_absent() {
            self.state().events.push_back(Event::Answered { id, answer: Answer::Refused });
            return;
        }
        if is_retry {
            self.counters.retried();
        }
        match &self.sink {
            Sink::Ours(pipe) => {
                let body = self.state().store.body(id, &pipe.frame());
                let (outlives_page, sending) = pipe.sender.start(body, keepalive, timeout.into());
                let driver = self.clone();
                let sender = pipe.sender.clone();
                self.wait(id, sending, move |answer| {
                    let records = driver.state().store.count(id);
                    driver.judge(Outcome::of(answer, &sender, records), records)
                });
                self.tell(Event::Started { id, outlives_page });
            }
            Sink::Foreign(exporter) => exporter.send(self, id),
        }
    }

    pub(crate) fn take_items(&self, id: Id) -> Vec<Arc<dyn Record>> {
        self.state().store.take_items(id)
    }

    /// Tells the machine of the answer to a request, unless that is given up.
    pub(crate) fn wait<T: 'static>(
        self: &Arc<Self>,
        id: Id,
        sending: BoxFuture<T>,
        judge: impl FnOnce(T) -> Answer + Send + 'static,
    ) {
        let (cancel, mut cancelled) = oneshot::channel();
        self.state().requests.push((id, cancel));
        let driver = self.clone();
        platform::spawn(async move {
            if let Some(answer) = unless(&mut cancelled, sending).await {
                let answer = judge(answer);
                driver.give_up(id);
                driver.on(Event::Answered { id, answer });
            }
        });
    }

    /// Says what happened to whom it concerns.
    fn judge(&self, outcome: Outcome, records: usize) -> Answer {
        match outcome {
            Outcome::Delivered { rejected, message } => {
                self.is_present();
                self.counters.delivered();
                if rejected > 0 || message.is_some() {
                    let message = message.as_deref().unwrap_or("no reason given");
                    let words = self.words();
                    let message = match rejected {
                        0 => format!("the receiver took in all of {records} {words}, with a warning: {message}"),
                        _ => format!("the receiver rejected {rejected} of {records} {words}: {message}"),
                    };
                    self.counters.failed(LastError::new(message, Cause::PartialSuccess));
                }
                Answer::Accepted { rejected: rejected as u64 }
            }
            Outcome::Refused { error } => {
                let is_too_long = error.cause == Cause::Status(TOO_LONG);
                self.refused(error);
                if is_too_long { Answer::TooLong } else { Answer::Refused }
            }
            Outcome::InDoubt { error } => {
                self.counters.failed(error);
                Answer::Lost
            }
            Outcome::Unavailable { error, retry_after } => {
                let is_answer = matches!(error.cause, Cause::Status(_));
                self.counters.failed(error);
                Answer::Unavailable { retry_after, is_answer }
            }
        }
    }

    pub(super) fn ask(self: &Arc<Self>) {
        let Sink::Ours(pipe) = &self.sink else { return };
        let (driver, asking) = (self.clone(), pipe.sender.ask());
        let (cancel, mut cancelled) = oneshot::channel();
        self.state().asking = Some(cancel);
        platform::spawn(async move {
            let is_taken = unless(&mut cancelled, asking).await.unwrap_or_default();
            driver.on(Event::Asked { is_taken });
        });
    }

    /// What messages call the records.
    pub(super) fn words(&self) -> &'static str {
        match &self.sink {
            Sink::Ours(pipe) => pipe.signal().words,
            Sink::Foreign(_) => SPANS.words,
        }
    }

    pub(super) fn give_up(&self, id: Id) {
        let mut state = self.state();
        let index = state.requests.iter().position(|(known, _)| *known == id);
        let request = index.map(|index| state.requests.swap_remove(index));
        // Outside of the lock: what is dropped with it may call here.
        drop(state);
        drop(request);
    }
}
