//! Sending what pages that are gone have left behind, one page at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ownership::LEASE;
use super::{FORMAT, PREFIX, Spool, owner_of};
use crate::SpanExporter;
use crate::exporter::response::Outcome;
use crate::exporter::{Delivery, Payload, unload};
use crate::platform::clock::date_now;
use crate::platform::locks::{self, Attempt};
use crate::platform::sleep::sleep;
use crate::sort::insertion_sort;

/// How long a spool that another page works at, or whose receiver cannot be reached, is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a record waits for room among the requests that outlive the page.
const ROOM_PAUSE: Duration = Duration::from_secs(1);

impl Spool {
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
        keys.reverse();
        insertion_sort(&mut keys, |left, right| left > right);
        let own = self.bytes.load(Ordering::Relaxed);
        let (mut others, mut mine, mut is_left) = (0, Vec::new(), false);
        for key in keys {
            let owner = owner_of(&key).unwrap_or_default().to_owned();
            if self.is_owner_alive(&owner, held.as_deref()).await {
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
