//! Hands accepted requests on to other OTLP endpoints, so that keys can stay out of pages.
//!
//! In: requests of all signals in protobuf. Out: the same bytes at each [`Target`], with its headers; tried again while that may help;
//! and counts of what got there and what did not. Between the two stands a `queue` for each target, on the disk where traces are
//! kept there, bounded in bytes and age. A sender's 200 says that its request is in all of them, not that it is there; where there is
//! no room it is told to come again. What has come through this collector before (`route`) is not taken again.
//!
//! A request's way: [`Forwarder::reserve`], `queue`, `schedule` (what is sent next and when), `worker`, `attempt`, `report`.

mod answer;
mod attempt;
pub mod environment;
pub mod headers;
mod left;
mod queue;
mod report;
mod retry;
mod route;
mod schedule;
mod secrets;
mod target;
mod tls;
mod worker;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue},
};
use prost::Message;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    bounds::MAX_BODY,
    signal::Signal,
    store::{Unusable, directory::QUEUES},
};
use attempt::Sender;
pub use queue::Record;
use queue::{Queue, Reserved};
pub use report::Counts;
use report::Report;
pub use retry::Patience;
use route::Stop;
use schedule::Schedule;
pub use target::{Protocol, Target};
use worker::Worker;

/// How long what was delivered may take to be removed from the queue, when the collector ends.
const REMOVAL: Duration = Duration::from_secs(2);

/// What is forwarded, and how.
#[derive(Debug, Clone)]
pub struct Forward {
    pub target: Target,
    /// How many bytes may wait. Holds at least the largest body.
    pub queue: usize,
    pub patience: Patience,
}

impl Forward {
    /// How many bytes may wait in memory, where nobody says how many.
    pub const IN_MEMORY: usize = 2 * MAX_BODY;

    pub fn to(target: Target) -> Self {
        Self { target, queue: 8 * MAX_BODY, patience: Patience::default() }
    }
}

/// Takes requests, for all targets.
#[derive(Debug)]
pub struct Forwarder {
    stop: Stop,
    ways: Vec<Arc<Way>>,
}

/// The way to one target.
#[derive(Debug)]
struct Way {
    target: Target,
    queue: Arc<Queue>,
    report: Arc<Report>,
}

/// Room for one request in the queues of the targets that take its signal.
#[derive(Debug)]
pub struct Room {
    signal: Signal,
    ways: Vec<(Arc<Way>, Reserved)>,
    /// Those that have no room, while others have.
    full: Vec<Arc<Way>>,
}

impl Forwarder {
    /// The route of a request that came with these headers, or why it must not be taken.
    pub fn route(&self, headers: &HeaderMap) -> Result<HeaderValue, String> {
        self.stop.onward(headers)
    }

    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        self.ways.iter().map(|way| Standing {
            to: way.report.to.clone(),
            signals: Signal::ALL.map(|signal| (signal, way.report.of(signal))),
            bytes: way.queue.bytes(),
            is_full: way.queue.is_full(),
            trouble: way.report.trouble(),
        })
    }

    /// Whether requests of a signal are refused: every target that takes it is full.
    pub fn refuses(&self) -> bool {
        Signal::ALL.iter().any(|signal| {
            let mut takers = self.ways.iter().filter(|way| way.target.takes(*signal)).peekable();
            takers.peek().is_some() && takers.all(|way| way.queue.is_full())
        })
    }

    /// Room for a request of so many bytes in protobuf; or the words with which it is to be told to come again, where no target has
    /// room. One that is full does not stop the others: there alone the request is given up, counted and said.
    pub fn reserve(&self, signal: Signal, bytes: usize) -> Result<Room, String> {
        let mut room = Room { signal, ways: Vec::new(), full: Vec::new() };
        for way in self.ways.iter().filter(|way| way.target.takes(signal)) {
            match way.queue.reserve(bytes) {
                Some(reserved) => room.ways.push((Arc::clone(way), reserved)),
                None => room.full.push(Arc::clone(way)),
            }
        }
        match room.full.first() {
            Some(full) if room.ways.is_empty() => {
                let why = full.report.trouble().map_or(String::new(), |why| format!(" ({why})"));
                Err(format!("too much waits to be forwarded to {}{why}; send it again later", full.report.to))
            }
            _ => Ok(room),
        }
    }
}

impl Room {
    /// Returns when the request is durable in all queues.
    pub async fn put(self, route: &HeaderValue, body: Bytes) -> Result<(), String> {
        if self.ways.is_empty() {
            return Ok(());
        }
        let route = route.to_str().unwrap_or_default().to_owned();
        let record = Record::new(self.signal, route, body).encode_to_vec();
        for (way, reserved) in self.ways {
            let put = way.queue.put(self.signal, record.clone(), reserved).await;
            put.map_err(|why| format!("it could not be kept for {}: {why}; send it again later", way.report.to))?;
        }
        for way in self.full {
            way.report.offered(self.signal);
            way.report.dropped(self.signal, "too much waits already (--forward-max-bytes)");
        }
        Ok(())
    }
}

/// How it stands with one target.
#[derive(Debug)]
pub struct Standing {
    pub to: String,
    pub signals: [(Signal, Counts); 3],
    /// What waits takes, and the most that it may.
    pub bytes: (usize, usize),
    /// Whether requests are refused there because of that.
    pub is_full: bool,
    /// Why nothing is sent, if nothing is.
    pub trouble: Option<String>,
}

/// What sends. Dropping it ends that at once.
#[derive(Debug)]
pub struct Workers {
    tasks: JoinSet<()>,
    ending: watch::Sender<bool>,
    ways: Vec<(Arc<Queue>, Arc<Report>, JoinHandle<()>)>,
    is_durable: bool,
}

impl Workers {
    pub fn counts(&self) -> Counts {
        self.ways.iter().fold(Counts::default(), |all, (_, report, _)| all.and(report.counts()))
    }

    /// Everything that waits is tried once more, as long as there is time.
    pub async fn stop(mut self, deadline: Instant) {
        self.ending.send_replace(true);
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout_at(deadline, all_ended).await;
        self.tasks.shutdown().await;
        for (queue, report, thread) in std::mem::take(&mut self.ways) {
            queue.end();
            let ended = tokio::task::spawn_blocking(move || thread.join());
            let _ = timeout_at(Instant::now() + REMOVAL, ended).await;
            report.end(self.is_durable);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.ways.iter().for_each(|(queue, ..)| queue.end());
    }
}

/// Why nothing can be forwarded.
#[derive(Debug)]
pub enum StartError {
    Queue(Unusable),
    /// With the target, as it may be shown.
    Target(String),
}

/// Starts sending what waits in this directory, or in memory, and what will come.
pub fn start(forwards: Vec<Forward>, directory: Option<&Path>) -> Result<(Forwarder, Workers), StartError> {
    let (ending, _) = watch::channel(false);
    let mut workers = Workers { tasks: JoinSet::new(), ending, ways: Vec::new(), is_durable: directory.is_some() };
    let mut ways = Vec::new();
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut used = HashSet::new();
    let mut oldest = Duration::ZERO;
    for Forward { target, queue, patience } in forwards {
        let shown = target.shown.clone();
        let sender = Sender::new(target.clone()).map_err(|why| StartError::Target(format!("{shown}: {why}")))?;
        let number = names.entry(target.name()).and_modify(|number| *number += 1).or_insert(1);
        let name = if *number == 1 { target.name() } else { format!("{}-{number}", target.name()) };
        let place: Option<PathBuf> = directory.map(|directory| directory.join(QUEUES).join(&name));
        used.insert(name);
        oldest = oldest.max(patience.in_all);
        let (durable, items) = mpsc::unbounded_channel();
        let report = Arc::new(Report::new(shown));
        let opened = Queue::open(place.as_deref(), queue, patience.in_all, durable, Arc::clone(&report));
        let (queue, thread) = opened.map_err(StartError::Queue)?;
        let queue = Arc::new(queue);
        let worker = Worker {
            sender: Arc::new(sender),
            queue: Arc::clone(&queue),
            schedule: Schedule::new(patience),
            report: Arc::clone(&report),
            is_durable: workers.is_durable,
            sending: JoinSet::new(),
            under_way: HashMap::new(),
        };
        workers.tasks.spawn(worker.run(items, workers.ending.subscribe()));
        workers.ways.push((Arc::clone(&queue), Arc::clone(&report), thread));
        ways.push(Arc::new(Way { target, queue, report }));
    }
    if let Some(directory) = directory {
        left::look(&directory.join(QUEUES), &used, oldest);
    }
    Ok((Forwarder { stop: Stop::default(), ways }, workers))
}

#[cfg(test)]
mod tests {
    use super::{headers::Written, *};

    #[tokio::test]
    async fn a_signal_is_refused_where_all_targets_that_take_it_are_full() {
        let of = |signal, queue| {
            let url = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
            let target = Target::of_signal(url, signal, false, &Written::default()).unwrap();
            Forward { queue, ..Forward::to(target) }
        };
        let forwards = vec![of(Signal::Logs, 1_000), of(Signal::Logs, 3_000), of(Signal::Traces, 1_000)];
        let (forwarder, _workers) = start(forwards, None).unwrap();
        let _first = forwarder.reserve(Signal::Logs, 100).unwrap();
        let _second = forwarder.reserve(Signal::Logs, 100).unwrap();
        assert!(!forwarder.refuses(), "one of the two has room");
        let _more: Vec<_> = std::iter::from_fn(|| forwarder.reserve(Signal::Logs, 100).ok()).collect();
        assert!(forwarder.refuses());
        assert!(forwarder.reserve(Signal::Traces, 100).is_ok() && forwarder.reserve(Signal::Metrics, 100).is_ok());
    }
}
