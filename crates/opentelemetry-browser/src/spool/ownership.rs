//! Whose records are whose: a page that lives says so by a lock, or by a lease where there are no locks.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{PREFIX, Spool};
use crate::platform::StoredRecord;
use crate::platform::clock::date_now;
use crate::platform::locks;

/// How long an owner without a lock is taken to live after its last sign. A hidden page's timers may run once a minute.
const LEASE_MS: f64 = 180_000.0;

/// What the keys of leases begin with.
pub(super) const LEASE: &str = "lease:";

fn lock_name(owner: &str) -> String {
    format!("{PREFIX}{owner}")
}

impl Spool {
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
        let is_left = self.is_left.load(Ordering::Relaxed);
        is_left
            || self.lease.load(Ordering::Relaxed) > 0
            || self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn write_lease(&self, name: &str) {
        let record = StoredRecord { url: self.owner.clone(), ..self.record(date_now(), 0, 0, Vec::new()) };
        self.keep(&format!("{LEASE}{name}"), record, drop);
    }

    pub(super) async fn has_lease(&self, name: &str) -> bool {
        let lease = self.storage.get(&format!("{LEASE}{name}")).await;
        matches!(lease, Ok(Some(lease)) if (date_now() - lease.created).abs() < LEASE_MS)
    }

    /// Whether the page that wrote a record may still send it itself.
    pub(super) async fn is_owner_alive(&self, owner: &str, held: Option<&[String]>) -> bool {
        match held {
            _ if owner == self.owner => self.is_claimed(),
            Some(held) => held.contains(&lock_name(owner)),
            None => self.has_lease(owner).await,
        }
    }
}
