//! What could not be delivered waits in the origin's storage, for the next page to send.
//!
//! A record is a request that is not compressed. Its key has the time, the page that wrote it (its owner) and a number. A page that lives
//! keeps copies here of what it still means to send itself; it holds a lock of its own name for as long as it does, or renews a
//! lease where there are no locks ([`ownership`]). Records whose owner is gone are sent by any page, one page at a time
//! ([`drain`]).

mod config;
mod drain;
mod ownership;
mod resend;
pub(crate) mod split;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use config::SpoolConfig;
use futures_channel::oneshot;

use crate::consent;
use crate::diagnostics::Counters;
use crate::platform::clock::date_now;
use crate::platform::locks::{self, Lock};
use crate::platform::storage::Storage;
use crate::platform::{self, StoredRecord};

/// Of the records that this code writes. It reads those before it, too: they have no number of attempts.
const FORMAT: u32 = 2;
const OLDEST_FORMAT: u32 = 1;

/// What the keys begin with that say of a record that its spans were handed to the browser, or that it is of no use any more. A page
/// that is left cannot be sure to change the record itself.
const DOUBT: &str = "doubt:";
const GONE: &str = "gone:";

/// What the owners end with of pipelines beside the first one of their page.
const BESIDE: char = '.';

const PREFIX: &str = "opentelemetry-browser:";

/// A request that this page has put into the spool.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) key: String,
    bytes: usize,
}

/// This page's access to the origin's spool.
pub(crate) struct Spool {
    storage: Storage,
    /// Whether the storage was asked for: that waits until something is read or written, which is not before the page's first spans.
    is_opened: AtomicBool,
    config: SpoolConfig,
    url: Arc<str>,
    owner: String,
    next: AtomicU32,
    /// Bytes that this page has in the storage, with all of its pipelines.
    bytes: Arc<AtomicUsize>,
    /// Bytes that other pages had there when this one last looked.
    others: Arc<AtomicUsize>,
    /// The URLs of all pipelines of this page: each looks after its own records, the first one after those of nobody as well.
    urls: Arc<Mutex<Vec<Arc<str>>>>,
    lock: Mutex<Option<Lock>>,
    /// When the lease was renewed, in milliseconds since the Unix epoch; only where there are no locks.
    lease: AtomicU64,
    counters: Arc<Counters>,
    /// How many requests had been answered, and how many not, when the page was left.
    known: Mutex<(u64, u64)>,
    /// Whether this page has been left, and has not come back: it may still be told what became of its requests.
    is_left: AtomicBool,
    /// Dropping them gives up what is sent from here.
    sending: Mutex<Vec<oneshot::Sender<()>>>,
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("config", &self.config).field("owner", &self.owner).finish_non_exhaustive()
    }
}

fn owner_of(key: &str) -> Option<&str> {
    key.split('-').nth(1)
}

/// The page that an owner is of: one page has an owner for each of its pipelines.
fn page_of(owner: &str) -> &str {
    owner.trim_end_matches(BESIDE)
}

/// The origin's spool, for requests to this URL. One `beside` another, of the same page, shares its bounds.
pub(crate) fn open(
    config: SpoolConfig,
    url: Arc<str>,
    counters: Arc<Counters>,
    beside: Option<&Spool>,
) -> Option<Arc<Spool>> {
    let spool = Spool::new(config, url, counters);
    Some(Arc::new(match beside {
        Some(other) => {
            let owner = format!("{}{BESIDE}", other.owner);
            let (bytes, others, urls) = (other.bytes.clone(), other.others.clone(), other.urls.clone());
            urls.lock().unwrap_or_else(PoisonError::into_inner).push(spool.url.clone());
            Spool { owner, bytes, others, urls, ..spool }
        }
        None => spool,
    }))
}

impl Spool {
    fn new(config: SpoolConfig, url: Arc<str>, counters: Arc<Counters>) -> Self {
        let owner = format!("{:013x}{:013x}", (platform::random() * 2e15) as u64, (platform::random() * 2e15) as u64);
        Self {
            storage: Storage,
            is_opened: AtomicBool::new(false),
            config,
            url,
            owner,
            next: AtomicU32::new(0),
            bytes: Arc::default(),
            others: Arc::default(),
            urls: Arc::default(),
            lock: Mutex::new(None),
            lease: AtomicU64::new(0),
            counters,
            known: Mutex::default(),
            is_left: AtomicBool::new(false),
            sending: Mutex::default(),
        }
    }

    pub(crate) fn resends_in_doubt(&self) -> bool {
        self.config.resend_in_doubt
    }

    /// Opens the storage, if that has not begun; where it cannot be opened, that is said.
    fn open(&self) {
        if !self.is_opened.swap(true, Ordering::Relaxed) {
            let told = self.counters.clone();
            Storage::open(move |error| told.spool_failed(format!("the spool cannot be opened: {error}")));
        }
    }

    /// The storage may be used again.
    #[cfg(feature = "consent")]
    pub(crate) fn open_again(&self) {
        self.is_opened.store(false, Ordering::Relaxed);
        self.open();
    }

    /// Nothing is in the storage any more, nor is anything sent that was.
    #[cfg(feature = "consent")]
    pub(crate) fn emptied(&self) {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.bytes.store(0, Ordering::Relaxed);
        self.others.store(0, Ordering::Relaxed);
    }

    /// Stores a request of so many records, starting now; `None` if there is no room, or no storage. `on_end` hears whether it is there.
    pub(crate) fn put(
        &self,
        body: Vec<u8>,
        records: usize,
        is_in_doubt: bool,
        on_end: impl FnOnce(bool) + 'static,
    ) -> Option<Record> {
        if !consent::is_given() {
            return None;
        }
        self.open();
        if self.storage.has_failed() {
            return None;
        }
        let len = body.len();
        let (own, others) = (self.bytes.load(Ordering::Relaxed), self.others.load(Ordering::Relaxed));
        if own.saturating_add(others).saturating_add(len) > self.config.max_bytes {
            self.counters.spool_failed(format!("the spool is full: {} bytes", self.config.max_bytes));
            return None;
        }
        let now = date_now();
        let key = format!("{:014}-{}-{}", now as u64, self.owner, self.next.fetch_add(1, Ordering::Relaxed));
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        let record = self.record(now, records, 0, body);
        if is_in_doubt {
            // Before the record: a script that is ended between the two leaves nothing that would be sent a second time.
            self.mark(&key, true);
        }
        self.write(&key, record, on_end);
        Some(Record { key, bytes: len })
    }

    fn record(&self, created: f64, spans: u32, attempts: u32, body: Vec<u8>) -> StoredRecord {
        StoredRecord { format: FORMAT, url: self.url.to_string(), created, spans, attempts, body }
    }

    fn write(&self, key: &str, record: StoredRecord, on_end: impl FnOnce(bool) + 'static) {
        self.bytes_of(key).fetch_add(record.body.len(), Ordering::Relaxed);
        let counters = self.counters.clone();
        self.keep(key, record, move |result| {
            on_end(result.is_ok());
            if let Err(error) = result {
                counters.spool_failed(format!("a request could not be spooled: {error}"));
            }
        });
    }

    /// Says that a record is in doubt, since its spans are under way, or that it is not any more.
    pub(crate) fn mark(&self, key: &str, is_in_doubt: bool) {
        let mark = format!("{DOUBT}{key}");
        if is_in_doubt { self.note(&mark) } else { self.storage.remove(&mark) }
    }

    /// Says when all that was written here, marked or removed is so.
    pub(crate) fn settle(&self, on_end: impl FnOnce() + 'static) {
        self.storage.settle(on_end);
    }

    fn note(&self, key: &str) {
        self.keep(key, self.record(date_now(), 0, 0, Vec::new()), drop);
    }

    /// Writes to the storage, if that is allowed.
    fn keep(&self, key: &str, record: StoredRecord, on_end: impl FnOnce(Result<(), String>) + 'static) {
        if consent::is_given() {
            self.open();
            self.storage.put(key, record, on_end);
        }
    }

    /// Removes a record of this page. While the page is left, that may not be done in time, so that it is noted as well.
    pub(crate) fn discard(&self, record: &Record, is_left: bool) {
        if is_left {
            self.note(&format!("{GONE}{}", record.key));
        }
        self.remove(&record.key, record.bytes);
    }

    fn remove(&self, key: &str, bytes: usize) {
        let subtract = |known: usize| Some(known.saturating_sub(bytes));
        let _ = self.bytes_of(key).fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract);
        self.storage.remove(key);
        self.storage.remove(&format!("{DOUBT}{key}"));
    }

    fn bytes_of(&self, key: &str) -> &AtomicUsize {
        if owner_of(key) == Some(&self.owner) { &self.bytes } else { &self.others }
    }

    /// The page is back from the back/forward cache.
    pub(crate) fn come_back(&self) {
        self.is_left.store(false, Ordering::Relaxed);
    }

    /// What `puts` puts here does not wait for a later turn.
    pub(crate) fn write_at_once<T>(&self, puts: impl FnOnce() -> T) -> T {
        self.storage.leave(puts)
    }

    /// The page is being left: nothing that was put here, or is now by `puts`, waits for a later turn.
    pub(crate) fn leave<T>(&self, puts: impl FnOnce() -> T) -> T {
        locks::leave();
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = self.counters.answers_and_failures();
        self.is_left.store(true, Ordering::Relaxed);
        self.storage.leave(puts)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
