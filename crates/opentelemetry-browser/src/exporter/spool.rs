//! What could not be delivered waits in the origin's storage, for the next page to send.
//!
//! A record is an encoded request. Its key has the time, the page that wrote it (its owner) and a number. A page that lives
//! keeps copies here of what it still means to send itself; it holds a lock of its own name for as long as it does, or renews a
//! lease where there are no locks. Records whose owner is gone are sent by any page, one page at a time.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;

use super::response::Outcome;
use super::{Delivery, Payload, SpanExporter, unload};
use crate::diagnostics::Counters;
use crate::platform::clock::date_now;
use crate::platform::locks::{self, Attempt, Lock};
use crate::platform::sleep::sleep;
use crate::platform::storage::Storage;
use crate::platform::{self, StoredRecord};

/// Of the records that this code writes and reads.
const FORMAT: u32 = 1;

/// How long an owner without a lock is taken to live after its last sign.
const LEASE_MS: f64 = 15_000.0;

/// How long a spool that another page works at, or whose receiver cannot be reached, is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a record waits for room among the requests that outlive the page.
const ROOM_PAUSE: Duration = Duration::from_secs(1);

const LEASE: &str = "lease:";
const PREFIX: &str = "opentelemetry-browser:";

/// How undelivered spans are kept for the next page.
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

fn lock_name(owner: &str) -> String {
    format!("{PREFIX}{owner}")
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

    /// Says that this page lives, and will send its records itself.
    pub(crate) fn claim(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_some() {
            return;
        }
        *lock = locks::hold(&lock_name(&self.owner));
        if lock.is_none() {
            let now = date_now() as u64;
            // Renewing costs a write: three times within its life is enough.
            if now.abs_diff(self.lease.load(Ordering::Relaxed)) > LEASE_MS as u64 / 3 {
                self.lease.store(now, Ordering::Relaxed);
                self.write_lease(&self.owner);
            }
        }
    }

    /// Leaves this page's records to whichever page comes first.
    pub(crate) fn disclaim(&self) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        if lock.is_none() && self.lease.swap(0, Ordering::Relaxed) > 0 {
            self.storage.remove(&format!("{LEASE}{}", self.owner));
        }
    }

    fn is_claimed(&self) -> bool {
        self.lease.load(Ordering::Relaxed) > 0 || self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn write_lease(&self, name: &str) {
        let url = self.owner.clone();
        let record = StoredRecord { format: FORMAT, url, created: date_now(), spans: 0, body: Vec::new() };
        self.storage.put(&format!("{LEASE}{name}"), record, drop);
    }

    async fn has_lease(&self, name: &str) -> bool {
        let lease = self.storage.get(&format!("{LEASE}{name}")).await;
        matches!(lease, Ok(Some(lease)) if (date_now() - lease.created).abs() < LEASE_MS)
    }

    /// Whether the page that wrote a record may still send it itself.
    async fn is_owner_alive(&self, owner: &str, held: Option<&HashSet<String>>) -> bool {
        match held {
            _ if owner == self.owner => self.is_claimed(),
            Some(held) => held.contains(&lock_name(owner)),
            None => self.has_lease(owner).await,
        }
    }

    /// Sends what pages before this one left behind. If something is left, to a page that lives or to a receiver that cannot be
    /// reached, this says when it is worth to look again.
    pub(crate) async fn drain(&self, exporter: &SpanExporter) -> Option<Duration> {
        self.storage.opened().await;
        let _lock = match locks::attempt(&format!("{PREFIX}drain")).await {
            Attempt::Held(lock) => Some(lock),
            Attempt::Taken => return Some(PAUSE),
            Attempt::Unsupported => {
                if self.has_lease("drain").await {
                    return Some(PAUSE);
                }
                self.write_lease("drain");
                // Two pages may come here at once; the one whose lease stays goes on.
                sleep(Duration::from_millis(100)).await;
                let lease = self.storage.get(&format!("{LEASE}drain")).await;
                if !matches!(lease, Ok(Some(lease)) if lease.url == self.owner) {
                    return Some(PAUSE);
                }
                None
            }
        };
        let pause = self.drain_all(exporter).await;
        if _lock.is_none() {
            self.storage.remove(&format!("{LEASE}drain"));
        }
        match pause {
            Ok(pause) => pause,
            Err(error) => {
                self.counters.spool_failed(format!("the spool cannot be read: {error}"));
                None
            }
        }
    }

    async fn drain_all(&self, exporter: &SpanExporter) -> Result<Option<Duration>, String> {
        let mut keys: Vec<String> =
            self.storage.keys().await?.into_iter().filter(|key| !key.starts_with(LEASE)).collect();
        // After the keys: a page takes its lock before it writes, so whose record is seen and lock is not, is gone.
        let held = locks::held().await;
        // Newest first: if there is more than fits, the oldest goes.
        keys.sort_unstable_by(|left, right| right.cmp(left));
        let own = self.bytes.load(Ordering::Relaxed);
        let (mut others, mut mine, mut is_left) = (0, Vec::new(), false);
        for key in keys {
            let owner = owner_of(&key).unwrap_or_default().to_owned();
            if self.is_owner_alive(&owner, held.as_ref()).await {
                is_left = true;
                continue;
            }
            let Some(record) = self.storage.get(&key).await? else {
                self.counters.spool_failed(format!("the spool's record {key:?} cannot be read; it was removed"));
                // How many it had is not known.
                self.counters.spool_lost(1);
                self.remove(&key, 0);
                continue;
            };
            let bytes = record.body.len();
            let foreign = if owner == self.owner { 0 } else { bytes };
            let is_too_much = own + others + foreign > self.config.max_bytes;
            let is_too_old = date_now() - record.created > self.config.max_age.as_millis() as f64;
            // A later version of this code knows what to do with its records.
            if record.format < FORMAT || (record.format == FORMAT && (is_too_much || is_too_old)) {
                let spans = record.spans;
                self.counters
                    .spool_failed(format!("{spans} spooled spans were too old or too many; they were removed"));
                self.counters.spool_lost(spans as usize);
                self.remove(&key, bytes);
                continue;
            }
            others += foreign;
            if record.format == FORMAT && record.url == *self.url {
                mine.push(key);
            }
        }
        self.others.store(others, Ordering::Relaxed);
        for (sent, key) in mine.iter().rev().enumerate() {
            if let Some(pause) = self.resend(key, exporter).await? {
                // After a success, the next one may have failed for no other reason than that the browser was not done with that yet.
                return Ok(Some(if sent > 0 { ROOM_PAUSE } else { pause }));
            }
        }
        Ok(is_left.then_some(PAUSE))
    }

    /// Sends one record; if there is no point in going on, this says for how long.
    async fn resend(&self, key: &str, exporter: &SpanExporter) -> Result<Option<Duration>, String> {
        let Some(mut record) = self.storage.get(key).await? else { return Ok(None) };
        let bytes = record.body.len();
        // Once the record is gone, nothing but a request that outlives the page may hold its spans.
        if unload::available() < bytes.min(unload::MAX_BYTES) {
            return Ok(Some(ROOM_PAUSE));
        }
        let payload = Payload { body: Arc::new(std::mem::take(&mut record.body)), spans: record.spans as usize };
        // If this page ends while the request is under way, what became of it is in doubt.
        if !self.config.resend_in_doubt {
            self.remove(key, bytes);
        }
        // Once: between attempts only this page's memory would hold the spans, which are known not to have arrived.
        match exporter.send(&payload, Delivery::Handover).await {
            Outcome::Delivered { rejected, .. } => {
                self.counters.resent(payload.spans - rejected);
                self.counters.spool_lost(rejected);
            }
            Outcome::Refused { error } => {
                self.counters.failed(error);
                self.counters.spool_lost(payload.spans);
            }
            Outcome::Unavailable { error, .. } => {
                self.counters.failed(error);
                if !self.config.resend_in_doubt {
                    record.body = payload.body.to_vec();
                    if self.write(key, record).await.is_err() {
                        self.counters.spool_lost(payload.spans);
                    }
                }
                return Ok(Some(PAUSE));
            }
        }
        if self.config.resend_in_doubt {
            self.remove(key, bytes);
        }
        Ok(None)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "spool_tests.rs"]
mod tests;
