//! The task that sends to one target: asks the schedule what is next, makes the attempts, and keeps the account.

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::{mpsc::UnboundedReceiver, watch},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use super::{
    attempt::{Outcome, Sender},
    queue::Queue,
    report::Report,
    schedule::{Item, Next, Schedule},
};

#[derive(Debug)]
pub struct Worker {
    pub sender: Arc<Sender>,
    pub queue: Arc<Queue>,
    pub schedule: Schedule,
    pub report: Arc<Report>,
    pub is_durable: bool,
    pub sending: JoinSet<Outcome>,
    pub under_way: HashMap<Id, Item>,
}

impl Worker {
    /// Ends when the collector does, after everything was tried once more.
    pub async fn run(mut self, mut durable: UnboundedReceiver<Item>, mut ending: watch::Receiver<bool>) {
        let mut is_ending = false;
        loop {
            while let Ok(item) = durable.try_recv() {
                self.schedule.add(item, Instant::now());
            }
            let wait = self.send();
            if is_ending && self.schedule.has_ended() {
                return;
            }
            tokio::select! {
                Some(item) = durable.recv() => self.schedule.add(item, Instant::now()),
                Some(ended) = self.sending.join_next_with_id() => self.ended(ended),
                () = sleep_until(wait.unwrap_or_else(Instant::now)), if wait.is_some() => {}
                _ = ending.wait_for(|ending| *ending), if !is_ending => {
                    is_ending = true;
                    self.schedule.end();
                }
            }
        }
    }

    /// Begins all attempts that are due, and tells when the next one is.
    fn send(&mut self) -> Option<Instant> {
        loop {
            match self.schedule.next(Instant::now()) {
                Next::Send(item) => {
                    let (sender, queue) = (Arc::clone(&self.sender), Arc::clone(&self.queue));
                    let (signal, sequence) = (item.signal, item.sequence);
                    let task = self.sending.spawn(async move {
                        let record = tokio::task::spawn_blocking(move || queue.record(sequence)).await;
                        match record {
                            Ok(Ok(record)) => sender.attempt(signal, record).await,
                            Ok(Err(why)) => Outcome::Failed { why: format!("the queue: {why}"), after: None },
                            Err(error) => Outcome::Failed { why: error.to_string(), after: None },
                        }
                    });
                    self.under_way.insert(task.id(), item);
                }
                Next::Expired(item) => self.drop(item, "it could not be delivered in time"),
                Next::Wait(until) => return until,
            }
        }
    }

    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Outcome::Failed { why: error.to_string(), after: None }),
        };
        let Some(item) = self.under_way.remove(&id) else { return };
        match outcome {
            Outcome::Delivered(remark) => {
                self.schedule.answered();
                self.report.delivered(item.signal, remark.as_deref());
                self.queue.remove(item);
            }
            Outcome::Refused(why) => {
                self.schedule.answered();
                self.drop(item, &why);
            }
            Outcome::Stopped(why) => {
                self.schedule.stop(item, Instant::now());
                self.report.stopped(&why, self.is_durable);
            }
            Outcome::Failed { why, after } => {
                self.report.failed(&why);
                if let Some(item) = self.schedule.failed(item, after, Instant::now()) {
                    self.drop(item, &why);
                }
            }
        }
    }

    fn drop(&mut self, item: Item, why: &str) {
        self.report.dropped(item.signal, why);
        self.queue.remove(item);
    }
}
