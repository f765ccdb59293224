//! Hands accepted requests on to another OTLP/HTTP endpoint, so that keys can stay out of pages.
//!
//! In: bodies as they were received. Out: the same bodies at the [`Target`], with its headers; tried again while that may
//! help; and counts of what got there and what did not. The queue is bounded in bytes: when it is full, what comes is
//! dropped and counted. The sender's 200 says that its spans are here, not that they are there. What has come through this
//! collector before (`route`) is not taken again.

mod answer;
mod attempt;
pub mod headers;
mod report;
mod retry;
mod route;
mod secrets;
mod target;

use std::{
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue},
};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use crate::ingest::media::{Encoding, Format};
use attempt::{Outcome, attempt};
pub use report::Counts;
use report::Report;
pub use retry::Patience;
use route::Stop;
pub use target::Target;

/// How many requests are on their way at once.
const CONCURRENT: usize = 4;
/// What a request costs in the queue beside its body, so that empty ones are bounded as well.
const OVERHEAD: usize = 512;

/// What is forwarded, and how.
#[derive(Debug, Clone)]
pub struct Forward {
    pub target: Target,
    /// How many bytes may wait. Holds at least the largest body.
    pub queue: usize,
    pub patience: Patience,
}

impl Forward {
    pub fn to(target: Target) -> Self {
        Self { target, queue: 2 * crate::ingest::MAX_BODY, patience: Patience::default() }
    }
}

/// A request as it was received.
#[derive(Debug)]
pub struct Relayed {
    pub format: Format,
    pub encoding: Encoding,
    /// The collectors that it has come through, this one included.
    pub route: HeaderValue,
    pub body: Bytes,
}

/// Takes requests.
#[derive(Debug)]
pub struct Forwarder {
    stop: Stop,
    queue: mpsc::UnboundedSender<Queued>,
    room: Arc<Semaphore>,
    report: Arc<Report>,
}

#[derive(Debug)]
struct Queued {
    relayed: Relayed,
    /// Given back when the request has got there or was given up.
    _room: OwnedSemaphorePermit,
}

impl Forwarder {
    /// The route of a request that came with these headers, or why it must not be taken.
    pub fn route(&self, headers: &HeaderMap) -> Result<HeaderValue, String> {
        self.stop.onward(headers)
    }

    /// Never waits: what finds no room is dropped.
    pub fn offer(&self, relayed: Relayed) {
        self.report.offered();
        let room = u32::try_from(relayed.body.len() + OVERHEAD).ok();
        let room = room.and_then(|bytes| Arc::clone(&self.room).try_acquire_many_owned(bytes).ok());
        let Some(room) = room else { return self.report.dropped("too much waits already") };
        if self.queue.send(Queued { relayed, _room: room }).is_err() {
            self.report.dropped("the collector is ending");
        }
    }
}

/// The tasks that send. Dropping them ends them at once.
#[derive(Debug)]
pub struct Workers {
    tasks: JoinSet<()>,
    ending: watch::Sender<bool>,
    report: Arc<Report>,
}

impl Workers {
    pub fn counts(&self) -> Counts {
        self.report.counts()
    }

    /// Everything that waits is tried once more, as long as there is time.
    pub async fn stop(mut self, deadline: Instant) {
        self.ending.send_replace(true);
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout_at(deadline, all_ended).await;
        self.tasks.shutdown().await;
        self.report.end();
    }
}

pub fn start(forward: Forward) -> (Forwarder, Workers) {
    let (queue, waiting) = mpsc::unbounded_channel();
    let (ending, _) = watch::channel(false);
    let report = Arc::new(Report::new(forward.target.shown.clone()));
    let room = forward.queue.min(Semaphore::MAX_PERMITS);
    let worker = Arc::new(Worker {
        forward,
        waiting: Mutex::new(waiting),
        not_before: StdMutex::new(Instant::now()),
        report: Arc::clone(&report),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..CONCURRENT {
        tasks.spawn(Arc::clone(&worker).run(ending.subscribe()));
    }
    let room = Arc::new(Semaphore::new(room));
    (Forwarder { stop: Stop::default(), queue, room, report: Arc::clone(&report) }, Workers { tasks, ending, report })
}

/// What the sending tasks share.
#[derive(Debug)]
struct Worker {
    forward: Forward,
    waiting: Mutex<mpsc::UnboundedReceiver<Queued>>,
    /// Who asks for a pause asks it of all of them.
    not_before: StdMutex<Instant>,
    report: Arc<Report>,
}

impl Worker {
    async fn run(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        while let Some(queued) = self.next(&mut ending).await {
            self.deliver(&queued.relayed, &mut ending).await;
        }
    }

    /// None when the collector ends and nothing waits any more.
    async fn next(&self, ending: &mut watch::Receiver<bool>) -> Option<Queued> {
        let mut waiting = self.waiting.lock().await;
        tokio::select! {
            biased;
            queued = waiting.recv() => queued,
            () = ended(ending) => {
                waiting.close();
                waiting.recv().await
            }
        }
    }

    async fn deliver(&self, relayed: &Relayed, ending: &mut watch::Receiver<bool>) {
        let Forward { target, patience, .. } = &self.forward;
        let give_up = Instant::now() + patience.in_all;
        let mut attempts = 0;
        loop {
            let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
            wait_until(not_before, ending).await;
            if Instant::now() < not_before {
                return self.report.dropped("the collector is ending");
            }
            let is_last = *ending.borrow();
            let (why, after) = match attempt(target, relayed).await {
                Outcome::Delivered(remark) => return self.report.delivered(remark.as_deref()),
                Outcome::Refused(why) => return self.report.dropped(&why),
                Outcome::Failed { why, after } => (why, after),
            };
            self.report.failed(&why);
            attempts += 1;
            let pause = after.unwrap_or_default().max(patience.pause(attempts));
            let again = Instant::now() + pause;
            if is_last || again > give_up {
                return self.report.dropped(&why);
            }
            if after.is_some() {
                let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
                *not_before = again.max(*not_before);
            }
            wait_until(again, ending).await;
        }
    }
}

/// Waits, but not when the collector ends.
async fn wait_until(then: Instant, ending: &mut watch::Receiver<bool>) {
    if then.saturating_duration_since(Instant::now()) > Duration::ZERO {
        tokio::select! {
            () = sleep_until(then) => {}
            () = ended(ending) => {}
        }
    }
}

/// Returns when the collector ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}
