//! What could not be delivered waits in the origin's storage, for the next page to send.
//!
//! A record is an encoded request. Its key has the time, the page that wrote it (its owner) and a number. A page that lives
//! keeps copies here of what it still means to send itself; it holds a lock of its own name for as long as it does, or renews a
//! lease where there are no locks ([`ownership`]). Records whose owner is gone are sent by any page, one page at a time
//! ([`drain`]).

mod drain;
mod ownership;

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_channel::oneshot;

use super::Payload;
use crate::diagnostics::Counters;
use crate::platform::clock::date_now;
use crate::platform::locks::Lock;
use crate::platform::storage::Storage;
use crate::platform::{self, StoredRecord};

/// Of the records that this code writes and reads.
const FORMAT: u32 = 1;

const PREFIX: &str = "opentelemetry-browser:";

/// How undelivered spans are kept for the next page.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{SpoolConfig, Telemetry};
///
/// let mut spool = SpoolConfig::default();
/// spool.max_bytes = 1024 * 1024;
/// spool.max_age = Duration::from_secs(3600);
/// let builder = Telemetry::builder().with_spool(spool);
/// // Nothing is kept on the visitor's device:
/// let builder = builder.with_spool(None);
/// let telemetry = builder.install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolConfig {
    /// The most bytes in storage. Default: 5 MiB.
    pub max_bytes: usize,
    /// How long a record is kept. Default: 24 h.
    pub max_age: Duration,
    /// Whether to send again what may have arrived: requests that were under way when their page ended. Only for receivers that
    /// recognise a span that they have, as this project's collector does. Default: false.
    pub resend_in_doubt: bool,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self { max_bytes: 5 * 1024 * 1024, max_age: Duration::from_secs(24 * 3600), resend_in_doubt: false }
    }
}

/// A request that this page has put into the spool.
#[derive(Debug)]
pub(crate) struct Record {
    key: String,
    bytes: usize,
    /// Its sender is dropped if the storage refuses the record.
    written: oneshot::Receiver<()>,
    is_written: bool,
}

impl Record {
    /// Whether the storage is known to have refused it.
    pub(crate) fn was_refused(&mut self) -> bool {
        match self.written.try_recv() {
            Ok(answer) => self.is_written |= answer.is_some(),
            Err(_) => return !self.is_written,
        }
        false
    }

    /// Waits until it is known whether the storage has taken it.
    pub(crate) async fn was_written(self) -> bool {
        self.is_written || self.written.await.is_ok()
    }
}

/// This page's access to the origin's spool.
pub(crate) struct Spool {
    storage: Storage,
    config: SpoolConfig,
    url: Arc<str>,
    owner: String,
    next: AtomicU32,
    /// Bytes that this page has in the storage.
    bytes: AtomicUsize,
    /// Bytes that other pages had there when this one last looked.
    others: AtomicUsize,
    lock: Mutex<Option<Lock>>,
    /// When the lease was renewed, in milliseconds since the Unix epoch; only where there are no locks.
    lease: AtomicU64,
    counters: Arc<Counters>,
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("config", &self.config).field("owner", &self.owner).finish_non_exhaustive()
    }
}

fn owner_of(key: &str) -> Option<&str> {
    key.split('-').nth(1)
}

impl Spool {
    pub(crate) fn open(config: SpoolConfig, url: Arc<str>, counters: Arc<Counters>) -> Arc<Self> {
        let told = counters.clone();
        let storage = Storage::open(move |error| told.spool_failed(format!("the spool cannot be opened: {error}")));
        let owner = format!("{:013x}{:013x}", (platform::random() * 2e15) as u64, (platform::random() * 2e15) as u64);
        Arc::new(Self {
            storage,
            config,
            url,
            owner,
            next: AtomicU32::new(0),
            bytes: AtomicUsize::new(0),
            others: AtomicUsize::new(0),
            lock: Mutex::new(None),
            lease: AtomicU64::new(0),
            counters,
        })
    }

    pub(crate) fn resends_in_doubt(&self) -> bool {
        self.config.resend_in_doubt
    }

    /// Stores a request, starting now; `None` if there is no room, or no storage.
    pub(crate) fn put(&self, payload: &Payload) -> Option<Record> {
        if self.storage.has_failed() {
            return None;
        }
        let len = payload.body.len();
        let (own, others) = (self.bytes.load(Ordering::Relaxed), self.others.load(Ordering::Relaxed));
        if own.saturating_add(others).saturating_add(len) > self.config.max_bytes {
            self.counters.spool_failed(format!("the spool is full: {} bytes", self.config.max_bytes));
            return None;
        }
        let now = date_now();
        let key = format!("{:014}-{}-{}", now as u64, self.owner, self.next.fetch_add(1, Ordering::Relaxed));
        let record = StoredRecord {
            format: FORMAT,
            url: self.url.to_string(),
            created: now,
            spans: u32::try_from(payload.spans).unwrap_or(u32::MAX),
            body: payload.body.to_vec(),
        };
        let written = self.write(&key, record);
        Some(Record { key, bytes: len, written, is_written: false })
    }

    fn write(&self, key: &str, record: StoredRecord) -> oneshot::Receiver<()> {
        self.bytes_of(key).fetch_add(record.body.len(), Ordering::Relaxed);
        let counters = self.counters.clone();
        let (done, written) = oneshot::channel();
        self.storage.put(key, record, move |result| match result {
            Ok(()) => drop(done.send(())),
            Err(error) => counters.spool_failed(format!("a span could not be spooled: {error}")),
        });
        written
    }

    pub(crate) fn discard(&self, record: &Record) {
        self.remove(&record.key, record.bytes);
    }

    fn remove(&self, key: &str, bytes: usize) {
        let subtract = |known: usize| Some(known.saturating_sub(bytes));
        let _ = self.bytes_of(key).fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract);
        self.storage.remove(key);
    }

    fn bytes_of(&self, key: &str) -> &AtomicUsize {
        if owner_of(key) == Some(&self.owner) { &self.bytes } else { &self.others }
    }

    /// The page is being left: nothing that was put here, or is now by `puts`, waits for a later turn.
    pub(crate) fn leave<T>(&self, puts: impl FnOnce() -> T) -> T {
        self.storage.leave(puts)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
