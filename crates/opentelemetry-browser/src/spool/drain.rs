//! Sending what pages that are gone have left behind, one page at a time.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ownership::LEASE;
use super::split::halves;
use super::{DOUBT, FORMAT, GONE, OLDEST_FORMAT, PREFIX, Spool, owner_of, page_of};
use crate::delivery::ledger::{DropReason, Place};
use crate::platform::StoredRecord;
use crate::platform::clock::date_now;
use crate::platform::locks::{self, Attempt};
use crate::platform::sleep::sleep;
use crate::sort::sort;
use crate::transport::response::Outcome;
use crate::transport::sender::Sender;
use crate::transport::unload;

/// How long a spool that another page works at, or whose receiver cannot be reached, is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a record waits for room among the requests that outlive the page, or what failed alone for its next attempt.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// How often a span may fail by itself while others are delivered.
const MOST_FAILURES_ALONE: u32 = 5;

/// What became of a record.
enum Sent {
    Taken,
    /// The receiver does not take it now.
    Failed,
    /// The page was left meanwhile.
    InDoubt,
    /// It was not tried.
    NoRoom,
}

/// What this page knows of the receiver.
#[derive(PartialEq, Eq)]
enum Reach {
    Unknown,
    Answers,
    Fails,
}

impl Spool {
    /// Sends what pages before this one left behind. If something is left, to a page that lives or to a receiver that cannot be
    /// reached, this says when it is worth to look again.
    pub(crate) async fn drain(&self, sender: &Arc<Sender>) -> Option<Duration> {
        self.storage.opened().await;
        // Pipelines of one page do it at the same time, each of its own requests.
        let name = format!("drain{}", &self.owner[page_of(&self.owner).len()..]);
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

    async fn resend_all(
        &self,
        sender: &Arc<Sender>,
        mine: Vec<(u32, String, bool)>,
    ) -> Result<Option<Duration>, String> {
        let before = self.counters.successes();
        let (mut failed, mut has_room) = (Vec::new(), true);
        for (_, key, _) in mine {
            match self.resend(&key, sender).await? {
                Sent::Taken | Sent::InDoubt => {}
                Sent::Failed => {
                    failed.push(key);
                    // Two in a row are an outage; one may have itself to blame.
                    if failed.len() > 1 && self.counters.successes() == before {
                        break;
                    }
                }
                Sent::NoRoom => {
                    has_room = false;
                    break;
                }
            }
        }
        if failed.is_empty() {
            return Ok((!has_room).then_some(SHORT_PAUSE));
        }
        // If there was nothing else to be sent, it is asked whether the receiver is there.
        if self.counters.successes() == before && !sender.ask().await {
            return Ok(Some(PAUSE));
        }
        let mut pause = PAUSE;
        for key in failed {
            if self.blame(&key).await? {
                pause = SHORT_PAUSE;
            }
        }
        Ok(Some(pause))
    }

    /// A record has failed while others were delivered. The first time it may have been chance; then it is halved, until it is known
    /// which span it is, and that one is dropped in the end. Says whether it is worth to try again soon.
    async fn blame(&self, key: &str) -> Result<bool, String> {
        let Some(mut record) = self.storage.get(key).await? else { return Ok(false) };
        record.attempts += 1;
        let bytes = record.body.len();
        let (spans, attempts) = (record.spans, record.attempts);
        self.remove(key, bytes);
        if attempts > 1
            && let Some((first, [one, other])) = halves(&record.body)
        {
            let first = first as u32;
            for (part, spans, body) in [("a", first, one), ("b", spans.saturating_sub(first), other)] {
                let half = StoredRecord { spans, body, attempts: 1, format: FORMAT, url: record.url.clone(), ..record };
                self.write(&format!("{key}{part}"), half, drop);
            }
            return Ok(true);
        }
        if attempts >= MOST_FAILURES_ALONE {
            self.counters
                .spool_failed(format!("{spans} spooled records failed again and again, while others were delivered"));
            self.lose(key, spans.into(), Place::Spooled, DropReason::Undeliverable);
            return Ok(false);
        }
        self.write(key, StoredRecord { format: FORMAT, ..record }, drop);
        Ok(attempts == 1)
    }

    /// A record's spans are lost: those of this page, in its ledger.
    fn lose(&self, key: &str, spans: u64, from: Place, reason: DropReason) {
        if !self.shift_own(key, spans, from, Place::Dropped(reason)) {
            self.counters.spool_lost(spans);
        }
    }

    /// Moves the spans of a record in this page's ledger; false if they are not this page's.
    fn shift_own(&self, key: &str, spans: u64, from: Place, to: Place) -> bool {
        let is_own = owner_of(key) == Some(&self.owner);
        if is_own {
            self.counters.ledger.shift(spans, from, to);
        }
        is_own
    }

    /// Sends one record.
    async fn resend(&self, key: &str, sender: &Arc<Sender>) -> Result<Sent, String> {
        let Some(record) = self.storage.get(key).await? else { return Ok(Sent::Taken) };
        let (bytes, spans) = (record.body.len(), u64::from(record.spans));
        let mut body = Arc::new(record.body);
        if let Some(compressing) = sender.compress(&body)
            && let Some(compressed) = compressing.await
        {
            body = Arc::new(compressed);
        }
        // Should the page be left, nothing but a request that outlives it may be under way.
        if unload::available() < body.len().min(unload::MAX_BYTES) {
            return Ok(Sent::NoRoom);
        }
        // If this page ends while the request is under way, what became of it is in doubt.
        let meanwhile = if self.config.resend_in_doubt { Place::Spooled } else { Place::InDoubt };
        if meanwhile == Place::InDoubt {
            self.mark(key, true);
            self.shift_own(key, spans, Place::Spooled, meanwhile);
        }
        // Once: it stays where it is between attempts.
        let answer = sender.start(body, true, sender.timeout).1.await;
        match Outcome::of(answer, sender, spans as usize) {
            Outcome::Delivered { rejected, .. } => {
                let rejected = rejected as u64;
                // What is wrong with the storage stays to be said.
                self.counters.taken_in();
                if !self.shift_own(key, spans - rejected, meanwhile, Place::Exported) {
                    self.counters.resent(spans - rejected);
                }
                self.lose(key, rejected, meanwhile, DropReason::Rejected);
            }
            Outcome::Refused { error } => {
                self.counters.failed(error);
                self.lose(key, spans, meanwhile, DropReason::Refused);
            }
            Outcome::InDoubt { error } => {
                self.counters.failed(error);
                self.shift_own(key, spans, meanwhile, Place::InDoubt);
                return Ok(Sent::InDoubt);
            }
            Outcome::Unavailable { error, .. } => {
                self.counters.failed(error);
                self.mark(key, false);
                self.shift_own(key, spans, meanwhile, Place::Spooled);
                return Ok(Sent::Failed);
            }
        }
        self.remove(key, bytes);
        Ok(Sent::Taken)
    }
}
