//! A batch: records that left the queue together, and how far they have come.

use super::outage::Failures;
use super::queue::{Item, Range};
use crate::micros::Micros;

/// The number of a batch.
pub(crate) type Id = u32;

/// What is being done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being compressed, to no more than this many bytes if there is a limit.
    Compressing { room: Option<usize> },
    /// It is to be sent next.
    Ready,
    /// It is sent when its copies say that it may have been, or then.
    Marking { until: Micros },
    /// It is under way, and given up then.
    Sending { outlives_page: bool, deadline: Option<Micros> },
    /// Its next attempt is due then.
    Pausing { until: Micros },
    /// It has failed, and waits for its turn, which is not before then.
    Waiting { due: Micros },
    /// The browser sends it when the page is gone.
    Deferred,
}

#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) id: Id,
    pub(crate) range: Range,
    pub(crate) items: Vec<Item>,
    pub(crate) state: State,
    /// Attempts of this round.
    pub(crate) attempts: u32,
    pub(crate) backoff: Micros,
    /// When this round is over.
    pub(crate) deadline: Micros,
    pub(crate) failures: Failures,
}

impl Batch {
    pub(crate) fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Pausing { .. } | State::Waiting { .. })
    }

    pub(crate) fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending { .. })
    }

    /// Whether it is known that no receiver has it.
    pub(crate) fn is_failing(&self) -> bool {
        let is_tried_again = self.attempts > 1 || (self.attempts > 0 && self.failures.rounds > 0);
        matches!(self.state, State::Waiting { .. } | State::Pausing { .. }) || is_tried_again
    }

    pub(crate) fn outlives_page(&self) -> bool {
        matches!(self.state, State::Sending { outlives_page: true, .. } | State::Deferred)
    }
}
