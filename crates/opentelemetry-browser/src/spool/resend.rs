//! Sending records that pages have left behind, one by one.

use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;

use super::split::halves;
use super::{FORMAT, Spool, owner_of};
use crate::delivery::ledger::{DropReason, Place};
use crate::delivery::outage::LONGEST_RETRY_AFTER;
use crate::diagnostics::Cause;
use crate::platform::StoredRecord;
use crate::transport::response::{Outcome, TOO_LONG};
use crate::transport::sender::Sender;
use crate::transport::unload;

/// How long a spool that another page works at, or whose receiver cannot be reached, is left alone.
pub(super) const PAUSE: Duration = Duration::from_secs(30);

/// How long a record waits for room among the requests that outlive the page, or what failed alone for its next attempt.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// How often a span may fail by itself while others are delivered.
const MOST_FAILURES_ALONE: u32 = 5;

/// What became of a record.
enum Sent {
    Taken,
    /// The receiver does not take it now; for so long it wants not to be asked.
    Failed {
        asked: Duration,
    },
    /// The page was left meanwhile.
    InDoubt,
    /// It was not tried.
    NoRoom,
    /// It was too long for the receiver: its halves are in its place.
    Halved,
}

impl Spool {
    pub(super) async fn resend_all(
        &self,
        sender: &Arc<Sender>,
        mine: Vec<(u32, String, bool)>,
    ) -> Result<Option<Duration>, String> {
        let before = self.counters.successes();
        let (mut failed, mut goes_on_soon, mut quiet) = (Vec::new(), false, Duration::ZERO);
        for (_, key, _) in mine {
            match self.resend(&key, sender).await? {
                Sent::Taken | Sent::InDoubt => {}
                Sent::Halved => goes_on_soon = true,
                Sent::Failed { asked } => {
                    quiet = quiet.max(asked);
                    failed.push(key);
                    // Two in a row are an outage; one may have itself to blame.
                    if failed.len() > 1 && self.counters.successes() == before {
                        break;
                    }
                }
                Sent::NoRoom => {
                    goes_on_soon = true;
                    break;
                }
            }
        }
        if failed.is_empty() {
            return Ok(goes_on_soon.then_some(SHORT_PAUSE));
        }
        // If there was nothing else to be sent, it is asked whether the receiver is there, unless that has just spoken.
        if self.counters.successes() == before && (!quiet.is_zero() || !sender.ask().await) {
            return Ok(Some(PAUSE.max(quiet)));
        }
        let mut pause = if goes_on_soon { SHORT_PAUSE } else { PAUSE };
        for key in failed {
            if self.blame(&key).await? {
                pause = SHORT_PAUSE;
            }
        }
        Ok(Some(pause.max(quiet)))
    }

    /// A record has failed while others were delivered. The first time it may have been chance; then it is halved, until it is known
    /// which span it is, and that one is dropped in the end. Says whether it is worth to try again soon.
    async fn blame(&self, key: &str) -> Result<bool, String> {
        let Some(mut record) = self.storage.get(key).await? else { return Ok(false) };
        record.attempts += 1;
        let bytes = record.body.len();
        let (spans, attempts) = (record.spans, record.attempts);
        if attempts > 1 && self.halve(key, &record).await {
            return Ok(true);
        }
        if attempts >= MOST_FAILURES_ALONE {
            self.remove(key, bytes);
            self.counters
                .spool_failed(format!("{spans} spooled records failed again and again, while others were delivered"));
            self.lose(key, spans.into(), Place::Spooled, DropReason::Undeliverable);
            return Ok(false);
        }
        Ok(self.replace(key, bytes, vec![("a", record)]).await && attempts == 1)
    }

    /// Puts the halves of a record in its place, if there is more than one span in it, and room.
    async fn halve(&self, key: &str, record: &StoredRecord) -> bool {
        let Some((first, [one, other])) = halves(&record.body) else { return false };
        let first = first as u32;
        let half = |spans, body| StoredRecord { url: record.url.clone(), spans, attempts: 1, body, ..*record };
        let halves = vec![("a", half(first, one)), ("b", half(record.spans.saturating_sub(first), other))];
        self.replace(key, record.body.len(), halves).await
    }

    /// Puts others, whose keys end so, in the place of a record. It goes when they are there: should the page end meanwhile, some are sent
    /// twice, and none is lost. If the storage does not take them, it stays, and this is false.
    async fn replace(&self, key: &str, bytes: usize, others: Vec<(&str, StoredRecord)>) -> bool {
        let mut is_there = true;
        let mut written = Vec::new();
        for (end, record) in others {
            let (key, len) = (format!("{key}{end}"), record.body.len());
            let (tell, told) = oneshot::channel();
            self.write(&key, StoredRecord { format: FORMAT, ..record }, move |is_written| {
                let _ = tell.send(is_written);
            });
            is_there &= told.await == Ok(true);
            written.push((key, len));
        }
        if is_there {
            self.remove(key, bytes);
        } else {
            written.iter().for_each(|(key, len)| self.remove(key, *len));
        }
        is_there
    }

    /// A record's spans are lost: those of this page, in its ledger.
    pub(super) fn lose(&self, key: &str, spans: u64, from: Place, reason: DropReason) {
        if !self.shift_own(key, spans, from, Place::Dropped(reason)) {
            self.counters.spool_lost(spans);
        }
    }

    /// Moves the spans of a record in this page's ledger; false if they are not this page's.
    pub(super) fn shift_own(&self, key: &str, spans: u64, from: Place, to: Place) -> bool {
        let is_own = owner_of(key) == Some(&self.owner);
        if is_own {
            self.counters.ledger.shift(spans, from, to);
        }
        is_own
    }

    /// Halves a record as it is in the storage: what was sent of it may have been compressed.
    async fn halve_again(&self, key: &str) -> Result<bool, String> {
        let Some(record) = self.storage.get(key).await? else { return Ok(false) };
        Ok(self.halve(key, &record).await)
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
                let is_absence = sender.signal.is_optional && error.is_of_no_path();
                let is_too_long = error.cause == Cause::Status(TOO_LONG);
                self.counters.failed(if is_absence { error.of_absence(sender.signal.words) } else { error });
                if is_too_long && self.halve_again(key).await? {
                    self.shift_own(key, spans, meanwhile, Place::Spooled);
                    return Ok(Sent::Halved);
                }
                self.lose(key, spans, meanwhile, DropReason::Refused);
            }
            Outcome::InDoubt { error } => {
                self.counters.failed(error);
                self.shift_own(key, spans, meanwhile, Place::InDoubt);
                return Ok(Sent::InDoubt);
            }
            Outcome::Unavailable { error, retry_after } => {
                self.counters.failed(error);
                self.mark(key, false);
                self.shift_own(key, spans, meanwhile, Place::Spooled);
                let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
                return Ok(Sent::Failed { asked: asked.into() });
            }
        }
        self.remove(key, bytes);
        Ok(Sent::Taken)
    }
}
