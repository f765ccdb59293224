//! The log records: durable in a database beside that of the traces, or in memory, and bounded by number, bytes and age; the record
//! that arrived first goes first.
//!
//! In: requests with records. Out: tickets that tell when they are durable; the records that fit a filter, newest first.
//!
//! A block is what follows its arrival: OTLP's own `LogsData`, of one request, with each resource and scope once. Of each block the
//! index, `kept`, has an `outline`: its times, its severest record and hashes of what can be searched for. A search reads the
//! blocks that may have something, the newest first.

mod block;
mod draft;
mod filter;
mod kept;
mod outline;
mod read;
mod search;
mod sent;

use std::{
    ops::AddAssign,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::sync::watch;

use super::{
    Limits, Version,
    blocks::{Batch, Blocks, Failed, Memory},
    clock::{Clock, Now},
    commit::{Committed, Index},
    directory::{Directory, LOGS, Unusable},
    load::{self, Loaded},
    signature::Hasher,
    submit::{self, Submit},
};
use block::Block;
pub use block::Record;
pub use filter::LogFilter;
use kept::Kept;
use outline::Outline;
pub use read::Records;
pub use search::Found;
pub use sent::SentLogs;

#[derive(Debug)]
pub struct Logs {
    inner: Arc<Inner>,
    submit: Submit<Inner>,
}

/// What those who ask share with the committer.
#[derive(Debug)]
struct Inner {
    limits: Limits,
    hasher: Hasher,
    kept: RwLock<Kept>,
    blocks: Box<dyn Blocks>,
}

/// What became of the records of one request, or of the points of metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    pub taken: usize,
    pub refused: usize,
    /// Why the first of those was refused. Empty if none was.
    pub reason: String,
}

impl Taken {
    pub fn refuse(&mut self, why: String) {
        if self.refused == 0 {
            self.reason = why;
        }
        self.refused += 1;
    }
}

/// Tells when the records of a request are durable, or that they could not be kept.
#[derive(Debug)]
pub struct LogsTicket {
    ticket: submit::Ticket<Added>,
    taken: Taken,
}

/// Nothing is refused once it is submitted.
#[derive(Debug, Default)]
pub struct Added;

impl AddAssign for Added {
    fn add_assign(&mut self, _: Self) {}
}

impl Logs {
    /// Records that go when the program ends.
    pub fn in_memory(limits: Limits) -> Result<Self, Failed> {
        Self::start(limits, Box::new(Memory::default()), Clock::system(), "memory".into(), None)
    }

    /// What these blocks have.
    #[cfg(any(test, fuzzing))]
    pub fn of_blocks(limits: Limits, blocks: Box<dyn Blocks>) -> Result<Self, Failed> {
        Self::start(limits, blocks, Clock::system(), "memory".into(), None)
    }

    /// Records that are kept in this directory.
    pub fn open(limits: Limits, directory: Arc<Directory>) -> Result<Self, Unusable> {
        directory.keeper(LOGS, |database, place, directory| {
            Self::start(limits, database, Clock::system(), place, Some(directory))
        })
    }

    pub(super) fn start(
        limits: Limits,
        blocks: Box<dyn Blocks>,
        clock: Clock,
        place: String,
        directory: Option<Arc<Directory>>,
    ) -> Result<Self, Failed> {
        let hasher = Hasher::default();
        let mut kept = Kept::default();
        load::each(
            &*blocks,
            |bytes| Some(Outline::of(&Block::decode(bytes)?, &hasher)),
            |loaded| match loaded {
                // There is none in this database.
                Loaded::Gone(..) => {}
                Loaded::Block(outline, committed) => kept.add(outline, committed, &limits),
            },
        )?;
        kept.loaded();
        let next = blocks.last()?.map_or(0, |last| last + 1);
        let inner = Arc::new(Inner { limits, hasher, kept: RwLock::new(kept), blocks });
        let submit = Submit::start(Arc::clone(&inner), next, clock, "logs", place, directory)?;
        Ok(Self { inner, submit })
    }

    /// From here on the records are on their way; they are durable when the ticket says so. What cannot be kept is left out.
    pub fn submit(&self, sent: impl Into<SentLogs>) -> LogsTicket {
        let (blocks, taken) = draft::draft(sent.into(), &self.inner.hasher, &self.inner.limits);
        LogsTicket { ticket: self.submit.submit(blocks), taken }
    }

    /// The newest records that fit, at most `limit`, newest first; an error if some cannot be read. It ends early when nobody
    /// wants them any more.
    pub fn search(&self, filter: &LogFilter, limit: usize, wanted: &dyn Fn() -> bool) -> Result<Vec<Found>, Failed> {
        self.inner.search(filter, limit, wanted)
    }

    /// Those that fit of the records that have come since, newest first, and up to where this holds. None if they are more than
    /// `limit`, or if it is not known any more which have come: then it is time to look anew.
    pub fn since(
        &self,
        version: Version,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<(Version, Option<Vec<Found>>), Failed> {
        self.inner.since(version, filter, limit)
    }

    /// The records that were found, in runs of what shares resource and scope.
    pub fn records(&self, found: Vec<Found>) -> Records<'_> {
        Records::new(&self.inner, found)
    }

    /// Up to where all records have been seen by whoever looks now.
    pub fn version(&self) -> Version {
        self.inner.read().version()
    }

    /// Tells whenever records come.
    pub fn follow(&self) -> watch::Receiver<Version> {
        self.inner.read().follow()
    }

    /// How many records there are, and what they take.
    pub fn totals(&self) -> (usize, usize) {
        self.inner.read().totals()
    }

    /// Ends when nothing can be kept any more, whatever comes, and tells why; never, once it is closed.
    pub fn lost(&self) -> impl Future<Output = Failed> + use<> {
        self.submit.lost()
    }

    /// Writes what has come; nothing comes or is read from then on.
    pub fn close(&self) {
        self.submit.close();
    }
}

impl LogsTicket {
    pub async fn done(self) -> Result<Taken, Failed> {
        self.ticket.done().await?;
        Ok(self.taken)
    }
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index for Inner {
    type New = Outline;
    type Outcome = Added;
    /// Blocks that are not needed any more.
    type Due = Vec<u64>;

    fn blocks(&self) -> &dyn Blocks {
        &*self.blocks
    }

    fn expire(&self, now: Now) {
        let mut kept = self.write();
        if let Some(origin) = now.origin {
            kept.date(origin);
        }
        kept.expire(now.before(self.limits.age));
    }

    fn take_due(&self) -> (Vec<u64>, Batch) {
        let removed = self.write().take_removed();
        let batch = Batch { remove: removed.clone(), ..Batch::default() };
        (removed, batch)
    }

    fn take_urgent(&self) -> Option<(Vec<u64>, Batch)> {
        None
    }

    fn committed(&self, _: Vec<u64>, _: &Batch) {}

    fn put_back(&self, removed: Vec<u64>) {
        self.write().put_back(removed);
    }

    fn add(&self, outline: Outline, committed: Committed) -> Added {
        self.write().add(outline, committed, &self.limits);
        Added
    }
}
