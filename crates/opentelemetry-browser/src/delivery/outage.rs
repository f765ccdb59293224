//! A receiver that cannot be reached is told from a request that it does not want: by trying another one.
//!
//! A batch fails when its attempts are used up. If another one fails as well, it is an outage, and nothing is sent for a while, then for
//! longer. If another one succeeds, the failed batch is suspect: the others go on, it is tried apart from them, halved when it fails
//! again, and dropped when a single record of it has failed a few times by itself.

use crate::micros::Micros;

/// How long the receiver is left alone after the first outage; it doubles up to [`LONGEST_PAUSE`].
const PAUSE: Micros = Micros::from_secs(5);
const LONGEST_PAUSE: Micros = Micros::from_secs(60);

/// How long halves of a suspect batch wait before they are tried.
pub(crate) const SUSPECT_PAUSE: Micros = Micros::from_secs(1);

/// How often a record may fail by itself, while others are delivered.
pub(crate) const MOST_FAILURES_ALONE: u32 = 5;

/// A receiver that asks for more than this is asked again after this.
pub(crate) const LONGEST_RETRY_AFTER: Micros = Micros::from_secs(3600);

/// The pause after the `level`th failure in a row.
pub(crate) fn pause(level: u32) -> Micros {
    (PAUSE * 2_u32.pow(level.saturating_sub(1).min(4))).min(LONGEST_PAUSE)
}

/// What is known of the receiver.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    /// How often in a row it could not be reached; new records don't hurry then.
    pub(crate) level: u32,
    /// Until when it is left alone.
    pub(crate) until: Micros,
    /// Whether a batch has failed just now, and another is to be tried before that is taken for an outage.
    pub(crate) tries_another: bool,
    /// Counts the times at which it was tried again; what failed in this one is not tried again in it.
    pub(crate) cycle: u32,
    /// How many requests it has taken in.
    pub(crate) successes: u64,
}

impl Outage {
    /// A request was taken in: whether that was the end of an outage.
    pub(crate) fn succeeded(&mut self) -> bool {
        let ends = self.level > 0 || self.tries_another;
        *self = Self { successes: self.successes + 1, cycle: self.cycle + 1, ..Self::default() };
        ends
    }

    /// Nothing is sent until the pause is over, or until `asked` if the receiver has asked for that.
    pub(crate) fn begin(&mut self, now: Micros, asked: Option<Micros>) {
        self.level = self.level.saturating_add(1);
        self.tries_another = false;
        self.cycle += 1;
        let usual = pause(self.level);
        // Who asks for no pause at all, again and again, gets the usual one.
        self.until = now + asked.map_or(usual, |asked| asked.clamp(usual, LONGEST_RETRY_AFTER));
    }
}

/// What is known of a batch that has failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    /// How often its attempts were used up.
    pub(crate) rounds: u32,
    /// How often in a row the receiver asked for a pause because of it.
    pub(crate) asked: u32,
    /// How often it failed while others succeeded, since it holds one record.
    pub(crate) alone: u32,
    /// How many requests had been taken in when it failed last.
    pub(crate) at: Option<u64>,
    /// In which cycle that was.
    pub(crate) cycle: u32,
    pub(crate) is_suspect: bool,
    /// Whether it was the receiver that turned it away.
    pub(crate) is_answer: bool,
}
