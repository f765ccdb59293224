//! A visitor's consent that is withdrawn: nothing of what waits is sent, or kept anywhere.

use super::super::batch::{Id, State};
use super::super::ledger::{DropReason, Place};
use super::leaving::Stage;
use super::{Action, Machine};

impl Machine {
    pub(super) fn withdraw(&mut self) {
        const END: Place = Place::Dropped(DropReason::Withdrawn);
        if !self.queue.is_empty() {
            self.cut(self.queue.len(), State::Ready);
        }
        let all: Vec<Id> = self.batches.iter().map(|batch| batch.id).collect();
        for id in all {
            self.settle(id, END, 0);
        }
        // Records of the storage go with it, whatever has become of their writing.
        let mut gone = self.copies.take(&|_| true);
        gone.extend(std::mem::take(&mut self.spooled).iter().map(|(copy, _)| *copy));
        self.out.discard(gone);
        let spooled = self.ledger.count(Place::Spooled);
        self.ledger.shift(spooled, Place::Spooled, END);
        // A shutdown may wait for their writing, or the next flush have them to tell of.
        self.tickets.spooled_in_vain(spooled);
        if self.copies.disarm_all() {
            self.out.push_back(Action::Disarm);
        }
        (self.putting, self.protect_at, self.stage) = (None, None, Stage::Idle);
        (self.drains, self.asks) = (false, false);
    }
}
