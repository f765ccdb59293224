//! Sending what pages that are gone have left behind, one page at a time.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_channel::oneshot;

use super::ownership::LEASE;
use super::resend::PAUSE;
use super::{DOUBT, FORMAT, GONE, OLDEST_FORMAT, PREFIX, Spool, owner_of, page_of};
use crate::consent;
use crate::delivery::ledger::{DropReason, Place};
use crate::platform::clock::date_now;
use crate::platform::locks::{self, Attempt};
use crate::platform::sleep::{sleep, unless};
use crate::sort::sort;
use crate::transport::sender::Sender;

/// What this page knows of the receiver.
#[derive(PartialEq, Eq)]
enum Reach {
    Unknown,
    Answers,
    Fails,
}

impl Spool {
    /// Sends what pages before this one left behind. If something is left, to a page that lives or to a receiver that cannot be
    /// reached, this says when it is worth to look again. Without the visitor's consent it ends at once.
    pub(crate) async fn drain(&self, sender: &Arc<Sender>) -> Option<Duration> {
        if !cfg!(feature = "consent") {
            return self.drain_once(sender).await;
        }
        if !consent::is_given() {
            return None;
        }
        let (end, mut ended) = oneshot::channel();
        {
            let mut sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
            sending.retain(|known| !known.is_canceled());
            sending.push(end);
        }
        unless(&mut ended, self.drain_once(sender)).await?
    }

    async fn drain_once(&self, sender: &Arc<Sender>) -> Option<Duration> {
        self.open();
        self.storage.opened().await;
        // Pipelines of one page do it at the same time, each of its own requests.
        let name = format!("drain{}", self.owner.get(page_of(&self.owner).len()..).unwrap_or_default());
        let lease = format!("{LEASE}{name}");
        let _lock = match locks::attempt(&format!("{PREFIX}{name}")).await {
            Attempt::Held(lock) => Some(lock),
            Attempt::Taken => return Some(PAUSE),
            Attempt::Unsupported => {
                if self.has_lease(&name).await {
                    return Some(PAUSE);
                }
                self.write_lease(&name);
                // Two pages may come here at once; the one whose lease stays goes on.
                sleep(Duration::from_millis(100)).await;
                let found = self.storage.get(&lease).await;
                if !matches!(found, Ok(Some(lease)) if lease.url == self.owner) {
                    return Some(PAUSE);
                }
                None
            }
        };
        let pause = self.drain_all(sender).await;
        if _lock.is_none() {
            self.storage.remove(&lease);
        }
        match pause {
            Ok(pause) => pause,
            Err(error) => {
                self.counters.spool_failed(format!("the spool cannot be read: {error}"));
                None
            }
        }
    }

    async fn drain_all(&self, sender: &Arc<Sender>) -> Result<Option<Duration>, String> {
        let (marks, mut keys): (Vec<String>, Vec<String>) =
            self.storage.keys().await?.into_iter().partition(|key| key.contains(':'));
        // After the keys: a page takes its lock before it writes, so whose record is seen and lock is not, is gone.
        let held = locks::held().await;
        // Newest first: if there is more than fits, the oldest goes.
        keys.reverse();
        keys = sort(keys, |left, right| left > right);
        self.remove_stale_marks(&marks, &keys);
        let own = self.bytes.load(Ordering::Relaxed);
        let (mut others, mut mine, mut is_left) = (0, Vec::new(), false);
        for key in keys {
            let owner = owner_of(&key).unwrap_or_default().to_owned();
            // Another pipeline of this page looks after its own, and its bytes are among this page's.
            if owner != self.owner && page_of(&owner) == page_of(&self.owner) {
                continue;
            }
            if self.is_owner_alive(&owner, held.as_deref()).await {
                is_left = true;
                continue;
            }
            if marks.iter().any(|mark| mark.strip_prefix(GONE) == Some(&key)) {
                self.remove(&key, 0);
                self.storage.remove(&format!("{GONE}{key}"));
                continue;
            }
            let Some(record) = self.storage.get(&key).await? else {
                // Another pipeline of this page may have sent it meanwhile.
                if !self.storage.keys().await?.contains(&key) {
                    continue;
                }
                self.counters.spool_failed(format!("the spool's record {key} cannot be read; it was removed"));
                // How many it had is not known.
                self.counters.spool_lost(1);
                self.remove(&key, 0);
                continue;
            };
            let bytes = record.body.len();
            let foreign = if owner == self.owner { 0 } else { bytes };
            let is_too_much = own + others + foreign > self.config.max_bytes;
            let is_too_old = date_now() - record.created > self.config.max_age.as_millis() as f64;
            let is_known = (OLDEST_FORMAT..=FORMAT).contains(&record.format);
            let is_in_doubt = marks.iter().any(|mark| mark.strip_prefix(DOUBT) == Some(&key));
            // A later version of this code knows what to do with its records.
            if record.format < OLDEST_FORMAT || (is_known && (is_too_much || is_too_old)) {
                if !self.looks_after(&record.url) {
                    continue;
                }
                let spans = record.spans;
                self.counters
                    .spool_failed(format!("{spans} spooled records were too old or too many; they were removed"));
                if !(is_in_doubt && owner == self.owner) {
                    self.lose(&key, spans.into(), Place::Spooled, DropReason::Storage);
                }
                self.remove(&key, bytes);
                continue;
            }
            others += foreign;
            if is_known && record.url == *self.url {
                mine.push((record.attempts, key, is_in_doubt));
            }
        }
        self.others.store(others, Ordering::Relaxed);
        // Oldest first, but what has failed while others were delivered comes last.
        mine.reverse();
        mine = sort(mine, |(left, ..), (right, ..)| left < right);
        if mine.iter().any(|(.., is_in_doubt)| *is_in_doubt) && !self.decide(sender, &mut mine).await? {
            is_left = true;
        }
        let pause = self.resend_all(sender, mine).await?;
        Ok(pause.or_else(|| is_left.then_some(PAUSE)))
    }

    /// Whether the records of this URL are for this pipeline to send, or to remove.
    fn looks_after(&self, url: &str) -> bool {
        let is_first = self.owner == page_of(&self.owner);
        let urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        url == &*self.url || (is_first && !urls.iter().any(|other| **other == *url))
    }

    /// Marks of records that are gone.
    fn remove_stale_marks(&self, marks: &[String], keys: &[String]) {
        for mark in marks {
            let key = mark.strip_prefix(DOUBT).or_else(|| mark.strip_prefix(GONE));
            if key.is_some_and(|key| !keys.iter().any(|known| known == key)) {
                self.storage.remove(mark);
            }
        }
    }

    fn reach(&self) -> Reach {
        let before = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (answers, failures) = self.counters.answers_and_failures();
        match (answers > before.0, failures > before.1) {
            (true, _) => Reach::Answers,
            (false, true) => Reach::Fails,
            (false, false) => Reach::Unknown,
        }
    }

    /// What a page had handed to the browser when it was left has arrived if the receiver is there, as far as anybody can know, and
    /// has not if it is not. Says whether that could be found out.
    async fn decide(&self, sender: &Arc<Sender>, mine: &mut Vec<(u32, String, bool)>) -> Result<bool, String> {
        if self.reach() == Reach::Unknown {
            sender.ask().await;
        }
        let reach = self.reach();
        let in_doubt: Vec<String> =
            mine.iter().filter(|(.., is_in_doubt)| *is_in_doubt).map(|(_, key, _)| key.clone()).collect();
        match reach {
            Reach::Unknown => mine.retain(|(.., is_in_doubt)| !is_in_doubt),
            Reach::Fails => {
                for key in &in_doubt {
                    if let Some(record) = self.storage.get(key).await? {
                        self.shift_own(key, record.spans.into(), Place::InDoubt, Place::Spooled);
                    }
                    self.mark(key, false);
                }
            }
            Reach::Answers => {
                for key in &in_doubt {
                    // Its page may have heard meanwhile that it has not arrived.
                    if self.storage.get(&format!("{DOUBT}{key}")).await?.is_none() {
                        continue;
                    }
                    if let Some(record) = self.storage.get(key).await? {
                        if owner_of(key) != Some(&self.owner) {
                            self.counters.spool_in_doubt(record.spans.into());
                        }
                        self.remove(key, record.body.len());
                    }
                }
                mine.retain(|(.., is_in_doubt)| !is_in_doubt);
            }
        }
        Ok(reach != Reach::Unknown)
    }
}
