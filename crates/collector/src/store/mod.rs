//! What is kept: the traces here, log records in `logs`, the newest points of metrics in `metrics`.
//!
//! Traces are durable in a database or in memory, and bounded by spans, bytes and age; the oldest trace goes first. In: spans of any
//! traces in any order, some of them more than once, as the draft of a request. Out: a ticket that tells when they are durable;
//! the spans of one trace, the traces that fit a filter, the services and their operations.
//!
//! A span's way: `draft` puts it into a `block` of its request, `submit` hands the blocks to the thread of `commit`, which writes
//! those of all requests that wait, at once, into `blocks` (a database in the `directory`), and adds them to the index, here `kept`
//! by `indexing`. What is asked is answered from the index, and from blocks where it takes whole spans. At the start `load` makes
//! the index of what is there. How old something is, `clock` tells; what cannot be written, `trouble`.

mod block;
pub mod blocks;
mod came;
mod catalogue;
mod changes;
mod clock;
mod commit;
mod dependencies;
pub mod directory;
mod draft;
mod earlier;
mod filter;
mod gone;
mod indexing;
mod kept;
mod limits;
mod listed;
mod live;
mod load;
pub mod logs;
pub mod metrics;
mod monitor;
mod numbers;
mod origins;
mod private;
mod read;
mod search;
mod signature;
mod sketch;
mod slab;
mod submit;
mod summary;
#[cfg(test)]
pub mod tests;
mod times;
mod trace;
mod trouble;
mod unindexed;

use std::{
    ops::RangeInclusive,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::sync::watch;

#[cfg(test)]
use crate::model::Span;
use crate::model::TraceId;
pub use blocks::Failed;
use blocks::{Blocks, Memory};
pub use changes::Version;
use clock::Clock;
pub use dependencies::Dependency;
pub use directory::Directory;
use directory::TRACES;
pub use directory::Unusable;
pub use draft::Draft;
pub use filter::Filter;
use kept::Kept;
pub use limits::{Inserted, Limits, Totals};
pub use listed::Listed;
pub use monitor::{Call, CallFilter, CallSeries};
pub use read::{SpanIds, Spans};
use signature::Hasher;
use submit::Submit;
pub use summary::{Root, Summary};
use trace::Trace;
pub use trouble::{say, troubles};

#[derive(Debug)]
pub struct Store {
    inner: Arc<Inner>,
    submit: Submit<Inner>,
}

/// What those who ask share with the committer.
#[derive(Debug)]
struct Inner {
    limits: Limits,
    hasher: Arc<Hasher>,
    kept: RwLock<Kept>,
    blocks: Box<dyn Blocks>,
}

/// Tells when the spans of a draft are durable, or that they could not be kept.
#[derive(Debug)]
pub struct Ticket {
    ticket: submit::Ticket<Inserted>,
    refused: usize,
}

impl Store {
    /// Traces that go when the program ends.
    pub fn in_memory(limits: Limits) -> Result<Self, Failed> {
        Self::start(limits, Box::new(Memory::default()), Clock::system(), "memory".into(), None)
    }

    /// What these blocks have.
    #[cfg(any(test, fuzzing))]
    pub fn of_blocks(limits: Limits, blocks: Box<dyn blocks::Blocks>) -> Result<Self, Failed> {
        Self::start(limits, blocks, Clock::system(), "memory".into(), None)
    }

    /// Traces that are kept in this directory.
    pub fn open(limits: Limits, directory: Arc<Directory>) -> Result<Self, Unusable> {
        directory.keeper(TRACES, |database, place, directory| {
            Self::start(limits, database, Clock::system(), place, Some(directory))
        })
    }

    fn start(
        limits: Limits,
        blocks: Box<dyn Blocks>,
        clock: Clock,
        place: String,
        directory: Option<Arc<Directory>>,
    ) -> Result<Self, Failed> {
        let hasher = Arc::new(Hasher::default());
        let (kept, next) = load::load(&*blocks, &hasher, &limits)?;
        let inner = Arc::new(Inner { limits, hasher, kept: RwLock::new(kept), blocks });
        let submit = Submit::start(Arc::clone(&inner), next, clock, "traces", place, directory)?;
        Ok(Self { inner, submit })
    }

    /// Ends when nothing can be kept any more, whatever comes, and tells why; never, once it is closed.
    pub fn lost(&self) -> impl Future<Output = Failed> + use<> {
        self.submit.lost()
    }

    /// Takes the spans of one request, to be submitted.
    pub fn draft(&self) -> Draft {
        Draft::new(Arc::clone(&self.inner.hasher), self.inner.limits.bytes)
    }

    /// From here on the spans are on their way; they are durable when the ticket says so.
    pub fn submit(&self, draft: Draft) -> Ticket {
        let (blocks, refused) = draft.finish();
        Ticket { ticket: self.submit.submit(blocks), refused }
    }

    /// Writes what has come, and lets others have the directory; nothing comes or is read from then on.
    pub fn close(&self) {
        self.submit.close();
    }

    /// The spans of a trace by start time.
    #[cfg(test)]
    pub fn trace(&self, id: TraceId) -> Option<Vec<Arc<Span>>> {
        self.spans(id).ok()?.map(|spans| spans.flatten().collect())
    }

    /// The spans of a trace by start time, a piece at a time, however large it is. None if there are none, and an error if none of
    /// those that are there can be read.
    pub fn spans(&self, id: TraceId) -> Result<Option<Spans<'_>>, Failed> {
        self.inner.spans(id)
    }

    /// How long the encoded spans of these traces are together.
    pub fn encoded_length(&self, ids: &[TraceId]) -> usize {
        let kept = self.inner.read();
        ids.iter().filter_map(|id| kept.get(*id)).map(|trace| trace.bytes).sum()
    }

    /// What a trace is called by. None if it is not here.
    pub fn root(&self, id: TraceId) -> Option<Root> {
        let kept = self.inner.read();
        Root::of(kept.get(id)?, &kept.catalogue)
    }

    /// Of each of these traces, how many of its spans have a parent that is not there.
    pub fn orphans(&self, ids: impl IntoIterator<Item = TraceId>) -> Vec<usize> {
        let kept = self.inner.read();
        ids.into_iter().map(|id| kept.get(id).map_or(0, Trace::orphans)).collect()
    }

    /// The traces with a span that fits, newest start first, at most `limit`.
    pub fn search(&self, filter: &Filter, limit: usize) -> Vec<TraceId> {
        self.inner.search(filter, limit)
    }

    /// Those of these traces that are still there, as a list shows them.
    pub fn summaries(&self, ids: &[TraceId]) -> Vec<Summary> {
        self.inner.read().summaries(ids)
    }

    /// Those that fit of the traces that have changed since, newest start first, and up to where this holds. None if it is
    /// not known any more which have changed: then it is time to list anew.
    pub fn changed_since(&self, version: Version, filter: &Filter) -> (Version, Option<Vec<TraceId>>) {
        let (latest, found) = {
            let kept = self.inner.read();
            let changed = kept.changes.since(version);
            (kept.changes.version(), changed.map(|ids| kept.fitting(&ids, filter, &self.inner.hasher)))
        };
        (latest, found.map(|found| self.inner.certain(found, filter)))
    }

    /// Up to where all changes have been seen by whoever looks now.
    pub fn version(&self) -> Version {
        self.inner.read().changes.version()
    }

    /// Tells whenever traces change.
    pub fn follow(&self) -> watch::Receiver<Version> {
        self.inner.read().changes.follow()
    }

    /// Which services call which, in traces with a span that starts within this time (ns).
    pub fn dependencies(&self, start: &RangeInclusive<u64>) -> Vec<Dependency> {
        self.inner.read().dependencies(start)
    }

    /// The calls that services have taken, sorted by service and operation.
    pub fn calls(&self, filter: &CallFilter) -> Vec<CallSeries> {
        self.inner.read().calls(filter)
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> Vec<Arc<str>> {
        self.inner.read().catalogue.services()
    }

    /// The names and kinds of a service's operations, sorted by name.
    pub fn operations(&self, service: &str) -> Vec<(Box<str>, SpanKind)> {
        self.inner.read().catalogue.operations(service)
    }

    pub fn totals(&self) -> Totals {
        self.inner.read().totals()
    }

    /// Nobody is answered until this is dropped.
    #[cfg(test)]
    pub fn hold(&self) -> impl Drop + '_ {
        self.inner.write()
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

impl Ticket {
    pub async fn done(self) -> Result<Inserted, Failed> {
        let inserted = self.ticket.done().await?;
        Ok(Inserted { refused: inserted.refused + self.refused, ..inserted })
    }
}
