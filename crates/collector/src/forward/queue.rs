//! The requests that wait for one target, on disk or in memory: bounded in bytes, and there after the machine has ended.
//!
//! In: the protobuf bytes of requests that were taken. Out: an item for each that is durable, and its record when it is to be sent.
//! They lie in a database of the kind that the store has (`store::blocks`), which writes all that wait in one commit. What was
//! delivered is removed within a moment; if the program is killed in it, the other side gets that request once more.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::body::Bytes;
use prost::Message;
use tokio::{
    sync::{mpsc::UnboundedSender, oneshot},
    time::Instant,
};

use super::{report::Report, schedule::Item};
use crate::{
    signal::Signal,
    store::{
        Failed, Unusable,
        blocks::{Batch, Blocks, Memory, Stored},
        directory::{Directory, REQUESTS},
    },
};

/// What a request costs beside its bytes, so that empty ones are bounded as well.
const OVERHEAD: usize = 512;
/// How long what was delivered waits for others to be removed with it.
const GATHER: Duration = Duration::from_millis(20);
/// How many bytes one commit takes, or a little more.
const GROUP: usize = 16 << 20;

/// A request as it is kept.
#[derive(Clone, PartialEq, Message)]
pub struct Record {
    #[prost(uint32, tag = "1")]
    signal: u32,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "2")]
    arrived: u64,
    /// The collectors that it has come through, this one included.
    #[prost(string, tag = "3")]
    pub route: String,
    #[prost(bytes = "bytes", tag = "4")]
    pub body: Bytes,
}

impl Record {
    pub fn new(signal: Signal, route: String, body: Bytes) -> Self {
        Self { signal: signal as u32, arrived: wall(), route, body }
    }

    /// An error if it is none: then others wrote these bytes, and they are not ours to remove.
    pub fn read(bytes: &[u8]) -> Result<(Self, Signal), Failed> {
        let record = Self::decode(bytes).ok();
        let read = record.and_then(|record| Some((Signal::from_index(record.signal as usize)?, record)));
        let (signal, record) = read.ok_or_else(|| Failed("it has something else than requests in it".into()))?;
        Ok((record, signal))
    }
}

#[derive(Debug)]
pub struct Queue {
    room: Arc<Room>,
    blocks: Arc<dyn Blocks>,
    commands: Sender<Command>,
    /// How long a request may wait.
    age: Duration,
}

#[derive(Debug)]
enum Command {
    Put(Put),
    Remove(Item),
    End,
}

/// What waits in a queue that nothing is sent from.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub count: usize,
    /// When the latest of it arrived.
    pub latest: SystemTime,
}

/// An error if this is no queue, or if another collector has it.
pub fn waiting(directory: &Path) -> Result<Waiting, Unusable> {
    let opened = Directory::open(directory)?;
    let blocks = opened.database(REQUESTS)?;
    let mut waiting = Waiting { count: 0, latest: UNIX_EPOCH };
    let found = &mut |stored: Stored<'_>| {
        if let Stored::Block(_, bytes) = stored {
            let (record, _) = Record::read(bytes)?;
            waiting.count += 1;
            // A time that no clock can have is as good as now: it does not go.
            let arrived = UNIX_EPOCH.checked_add(Duration::from_millis(record.arrived));
            waiting.latest = waiting.latest.max(arrived.unwrap_or_else(SystemTime::now));
        }
        Ok(())
    };
    let loaded = blocks.load(found).map_err(|why| opened.refused(REQUESTS, &why));
    blocks.close();
    loaded.map(|()| waiting)
}

/// A request on its way to the disk.
#[derive(Debug)]
struct Put {
    record: Vec<u8>,
    item: Item,
    reserved: Reserved,
    answer: oneshot::Sender<Result<(), Failed>>,
}

#[derive(Debug)]
struct Room {
    most: usize,
    taken: AtomicUsize,
    is_full: AtomicBool,
}

/// Room for one request. Dropping it gives it back.
#[derive(Debug)]
pub struct Reserved {
    room: Arc<Room>,
    bytes: usize,
}

impl Reserved {
    /// The room is given back with the item.
    fn hand_over(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Queue {
    /// The queue in this directory, or in memory, and the thread that writes it. What has waited since an earlier run comes first.
    pub fn open(
        directory: Option<&Path>,
        most: usize,
        age: Duration,
        durable: UnboundedSender<Item>,
        report: Arc<Report>,
    ) -> Result<(Self, JoinHandle<()>), Unusable> {
        let directory = directory.map(Directory::open).transpose()?;
        let blocks: Arc<dyn Blocks> = match &directory {
            Some(directory) => Arc::new(directory.database(REQUESTS)?),
            None => Arc::new(Memory::default()),
        };
        let refused = |why: Failed| match &directory {
            Some(directory) => directory.refused(REQUESTS, &why),
            None => Unusable::NotWritable(why.0),
        };
        let room = Arc::new(Room { most, taken: AtomicUsize::new(0), is_full: AtomicBool::new(false) });
        let mut next = blocks.last().map_err(refused)?.map_or(0, |last| last + 1);
        let (now, wall) = (Instant::now(), wall());
        let found = &mut |stored: Stored<'_>| {
            if let Stored::Block(sequence, bytes) = stored {
                let (record, signal) = Record::read(bytes)?;
                let waited = Duration::from_millis(wall.saturating_sub(record.arrived));
                let size = bytes.len() + OVERHEAD;
                room.taken.fetch_add(size, Ordering::Relaxed);
                let expires = now + age.saturating_sub(waited);
                report.offered(signal);
                let _ = durable.send(Item { sequence, signal, size, expires, attempts: 0 });
            }
            Ok(())
        };
        blocks.load(found).map_err(refused)?;
        let (commands, received) = mpsc::channel();
        let (room_of, blocks_of, remove) = (Arc::clone(&room), Arc::clone(&blocks), Vec::new());
        let mut writer = Writer { blocks: blocks_of, durable, report, room: room_of, remove };
        let work = move || {
            writer.run(&received, &mut next);
            writer.blocks.close();
            // Another collector may have it only when nothing is written any more.
            drop(directory);
        };
        let thread = thread::Builder::new().name("forward-queue".into()).spawn(work);
        let thread = thread.map_err(|error| Unusable::NotWritable(error.to_string()))?;
        Ok((Self { room, blocks, commands, age }, thread))
    }

    /// Room for a request of so many bytes; none if too much waits already.
    pub fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let bytes = bytes + OVERHEAD;
        // One that is larger than the bound has room where nothing else waits.
        let with = |taken: usize| taken.checked_add(bytes).filter(|all| *all <= self.room.most || taken == 0);
        let taken = self.room.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with);
        self.room.is_full.store(taken.is_err(), Ordering::Relaxed);
        taken.ok()?;
        Some(Reserved { room: Arc::clone(&self.room), bytes })
    }

    /// Returns when the request is durable.
    pub async fn put(&self, signal: Signal, record: Vec<u8>, mut reserved: Reserved) -> Result<(), Failed> {
        let size = record.len() + OVERHEAD;
        // A few bytes more than the body that room was made for.
        self.room.taken.fetch_add(size.saturating_sub(reserved.bytes), Ordering::Relaxed);
        reserved.bytes = reserved.bytes.max(size);
        let expires = Instant::now() + self.age;
        let item = Item { sequence: 0, signal, size: reserved.bytes, expires, attempts: 0 };
        let (answer, answered) = oneshot::channel();
        let ending = || Failed("the collector is ending".into());
        self.commands.send(Command::Put(Put { record, item, reserved, answer })).map_err(|_| ending())?;
        answered.await.unwrap_or_else(|_| Err(ending()))
    }

    /// The request itself. Blocks the thread.
    pub fn record(&self, sequence: u64) -> Result<Record, Failed> {
        let bytes = self.blocks.read(sequence)?.ok_or_else(|| Failed("it is not there any more".into()))?;
        Record::decode(Bytes::from_owner(bytes)).map_err(|error| Failed(error.to_string()))
    }

    pub fn remove(&self, item: Item) {
        let _ = self.commands.send(Command::Remove(item));
    }

    /// The bytes that are taken, and the most that may be.
    pub fn bytes(&self) -> (usize, usize) {
        (self.room.taken.load(Ordering::Relaxed), self.room.most)
    }

    /// Whether a request found no room, and none has been made since.
    pub fn is_full(&self) -> bool {
        self.room.is_full.load(Ordering::Relaxed)
    }

    /// What was given to it is written, and nothing after that.
    pub fn end(&self) {
        let _ = self.commands.send(Command::End);
    }
}

/// The thread that writes.
struct Writer {
    blocks: Arc<dyn Blocks>,
    durable: UnboundedSender<Item>,
    report: Arc<Report>,
    room: Arc<Room>,
    /// What is to go with the next commit.
    remove: Vec<u64>,
}

impl Writer {
    fn run(&mut self, commands: &Receiver<Command>, next: &mut u64) {
        let mut is_ending = false;
        while !is_ending {
            let mut group = Vec::new();
            let mut bytes = 0;
            let mut command = commands.recv().unwrap_or(Command::End);
            loop {
                match command {
                    Command::Put(put) => {
                        bytes += put.record.len();
                        group.push(put);
                    }
                    Command::Remove(item) => {
                        self.room.taken.fetch_sub(item.size, Ordering::Relaxed);
                        self.room.is_full.store(false, Ordering::Relaxed);
                        self.remove.push(item.sequence);
                    }
                    Command::End => is_ending = true,
                }
                let more = match (group.is_empty(), is_ending) {
                    _ if bytes >= GROUP => break,
                    (true, false) => commands.recv_timeout(GATHER),
                    _ => commands.try_recv().map_err(|_| RecvTimeoutError::Timeout),
                };
                match more {
                    Ok(more) => command = more,
                    Err(_) => break,
                }
            }
            self.commit(group, next);
        }
    }

    fn commit(&mut self, group: Vec<Put>, next: &mut u64) {
        let mut batch = Batch { remove: self.remove.clone(), ..Batch::default() };
        let mut waiting = Vec::new();
        for Put { record, mut item, reserved, answer } in group {
            item.sequence = *next;
            *next += 1;
            batch.put.push((item.sequence, record));
            waiting.push((item, reserved, answer));
        }
        if batch.is_empty() {
            return;
        }
        let committed = self.blocks.commit(&batch).and_then(|()| self.blocks.check());
        if committed.is_ok() {
            self.remove.clear();
        }
        for (item, reserved, answer) in waiting {
            match committed {
                Ok(()) => {
                    reserved.hand_over();
                    self.report.offered(item.signal);
                    let _ = self.durable.send(item);
                }
                // The last step may have been done for all that.
                Err(_) => self.remove.push(item.sequence),
            }
            // Who does not wait any more needs no answer.
            let _ = answer.send(committed.clone());
        }
    }
}

fn wall() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
