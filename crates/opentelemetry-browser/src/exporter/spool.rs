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

use super::response::Outcome;
use super::{Delivery, Payload, SpanExporter};
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

const LEASE: &str = "lease:";
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

/// This page's access to the origin's spool.
pub(crate) struct Spool {
    storage: Storage,
    config: SpoolConfig,
    url: Arc<str>,
    owner: String,
    next: AtomicU32,
    /// Bytes in storage, as far as this page knows.
    bytes: AtomicUsize,
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
            lock: Mutex::new(None),
            lease: AtomicU64::new(0),
            counters,
        })
    }

    pub(crate) fn resends_in_doubt(&self) -> bool {
        self.config.resend_in_doubt
    }

    /// Stores a request, starting now, and gives its key; `None` if there is no room.
    pub(crate) fn put(&self, payload: &Payload) -> Option<String> {
        let len = payload.body.len();
        if self.bytes.load(Ordering::Relaxed).saturating_add(len) > self.config.max_bytes {
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
        self.write(&key, record);
        Some(key)
    }

    fn write(&self, key: &str, record: StoredRecord) {
        self.bytes.fetch_add(record.body.len(), Ordering::Relaxed);
        let counters = self.counters.clone();
        self.storage
            .put(key, record, move |error| counters.spool_failed(format!("a span could not be spooled: {error}")));
    }

    pub(crate) fn remove(&self, key: &str, bytes: usize) {
        let _ =
            self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| Some(known.saturating_sub(bytes)));
        self.storage.remove(key);
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
            if now.abs_diff(self.lease.swap(now, Ordering::Relaxed)) > LEASE_MS as u64 / 3 {
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

    fn write_lease(&self, name: &str) {
        let url = self.owner.clone();
        let record = StoredRecord { format: FORMAT, url, created: date_now(), spans: 0, body: Vec::new() };
        self.storage.put(&format!("{LEASE}{name}"), record, |_| ());
    }

    async fn has_lease(&self, name: &str) -> bool {
        let lease = self.storage.get(&format!("{LEASE}{name}")).await;
        matches!(lease, Ok(Some(lease)) if (date_now() - lease.created).abs() < LEASE_MS)
    }

    /// Whether the page that wrote a record may still send it itself.
    async fn is_owner_alive(&self, owner: &str, held: Option<&HashSet<String>>) -> bool {
        match held {
            _ if owner == self.owner => self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            Some(held) => held.contains(&lock_name(owner)),
            None => self.has_lease(owner).await,
        }
    }

    /// Sends what pages before this one left behind. Returns whether something was left to a page that lives, so that it is
    /// worth to look again later.
    pub(crate) async fn drain(&self, exporter: &SpanExporter) -> bool {
        if !self.storage.opened().await {
            return false;
        }
        let _lock = match locks::attempt(&format!("{PREFIX}drain")).await {
            Attempt::Held(lock) => Some(lock),
            Attempt::Taken => return true,
            Attempt::Unsupported => {
                if self.has_lease("drain").await {
                    return true;
                }
                self.write_lease("drain");
                // Two pages may come here at once; the one whose lease stays goes on.
                sleep(Duration::from_millis(100)).await;
                let lease = self.storage.get(&format!("{LEASE}drain")).await;
                if !matches!(lease, Ok(Some(lease)) if lease.url == self.owner) {
                    return true;
                }
                None
            }
        };
        let left = self.drain_all(exporter).await;
        if _lock.is_none() {
            self.storage.remove(&format!("{LEASE}drain"));
        }
        match left {
            Ok(left) => left,
            Err(error) => {
                self.counters.spool_failed(format!("the spool cannot be read: {error}"));
                false
            }
        }
    }

    async fn drain_all(&self, exporter: &SpanExporter) -> Result<bool, String> {
        let held = locks::held().await;
        let mut keys: Vec<String> =
            self.storage.keys().await?.into_iter().filter(|key| !key.starts_with(LEASE)).collect();
        // Newest first: if there is more than fits, the oldest goes.
        keys.sort_unstable_by(|left, right| right.cmp(left));
        let (mut total, mut mine, mut is_left) = (0, Vec::new(), false);
        for key in keys {
            let owner = owner_of(&key).unwrap_or_default().to_owned();
            if self.is_owner_alive(&owner, held.as_ref()).await {
                is_left = true;
                continue;
            }
            let Some(record) = self.storage.get(&key).await? else {
                self.counters.spool_failed(format!("the spool's record {key:?} cannot be read; it was removed"));
                self.storage.remove(&key);
                continue;
            };
            // Of a later version of this code, which knows what to do with it.
            if record.format > FORMAT {
                continue;
            }
            total += record.body.len();
            let age = date_now() - record.created;
            if record.format < FORMAT || total > self.config.max_bytes || age > self.config.max_age.as_millis() as f64 {
                let spans = record.spans;
                self.counters
                    .spool_failed(format!("{spans} spooled spans were too old or too many; they were removed"));
                self.storage.remove(&key);
            } else if record.url == *self.url {
                mine.push(key);
            }
        }
        self.bytes.store(total.min(self.config.max_bytes), Ordering::Relaxed);
        for key in mine.iter().rev() {
            if !self.resend(key, exporter).await? {
                break;
            }
        }
        Ok(is_left)
    }

    /// Sends one record; false if there is no point in going on.
    async fn resend(&self, key: &str, exporter: &SpanExporter) -> Result<bool, String> {
        let Some(mut record) = self.storage.get(key).await? else { return Ok(true) };
        let bytes = record.body.len();
        let payload = Payload { body: Arc::new(std::mem::take(&mut record.body)), spans: record.spans as usize };
        // If this page ends while the request is under way, what became of it is in doubt.
        if !self.config.resend_in_doubt {
            self.remove(key, bytes);
        }
        match exporter.send(&payload, Delivery::Patient).await {
            Outcome::Delivered { rejected, .. } => self.counters.resent(payload.spans - rejected),
            Outcome::Refused { error } => self.counters.failed(error),
            Outcome::Unavailable { error, .. } => {
                self.counters.failed(error);
                if !self.config.resend_in_doubt {
                    record.body = payload.body.to_vec();
                    self.write(key, record);
                }
                return Ok(false);
            }
        }
        if self.config.resend_in_doubt {
            self.remove(key, bytes);
        }
        Ok(true)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "spool_tests.rs"]
mod tests;
