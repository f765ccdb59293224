//! The records themselves, beside the machine that moves them: as they came, then as fragments; in the queue, then in batches.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::Id;
use super::queue::Range;
use crate::encode::signal::Record;
use crate::encode::{Fragment, Frame};

/// A record.
pub(crate) enum Slot {
    Raw(Arc<dyn Record>),
    Encoded(Fragment),
    /// It is being encoded.
    Taken,
}

impl Slot {
    fn take(&mut self) -> Option<Arc<dyn Record>> {
        match std::mem::replace(self, Self::Taken) {
            Self::Raw(item) => Some(item),
            Self::Encoded(_) | Self::Taken => None,
        }
    }

    fn fragment(&self) -> Option<&Fragment> {
        match self {
            Self::Encoded(fragment) => Some(fragment),
            Self::Raw(_) | Self::Taken => None,
        }
    }
}

struct Held {
    id: Id,
    slots: Vec<Slot>,
    /// The request's body, once for all attempts.
    body: Option<Arc<Vec<u8>>>,
}

#[derive(Default)]
pub(crate) struct Store {
    queue: VecDeque<Slot>,
    /// The place of the first record of the queue.
    front: u64,
    encoded: usize,
    batches: Vec<Held>,
}

impl Store {
    pub(crate) fn push(&mut self, item: Arc<dyn Record>) {
        self.queue.push_back(Slot::Raw(item));
    }

    /// The next records that are not encoded. They stay here as well if what encodes them may be ended in the middle of it.
    pub(crate) fn take_raw(&mut self, most: usize, stays: bool) -> Vec<Arc<dyn Record>> {
        let slots = self.queue.iter_mut().skip(self.encoded).take(most);
        let raw = slots.filter_map(|slot| match slot {
            Slot::Raw(item) if stays => Some(item.clone()),
            _ => slot.take(),
        });
        raw.collect()
    }

    /// What has become of those that were taken; the rest is as it was.
    pub(crate) fn encoded(&mut self, fragments: Vec<Fragment>, rest: impl Iterator<Item = Arc<dyn Record>>) {
        let count = fragments.len();
        let slots = fragments.into_iter().map(Slot::Encoded).chain(rest.map(Slot::Raw));
        for (place, slot) in self.queue.iter_mut().skip(self.encoded).zip(slots) {
            *place = slot;
        }
        self.encoded += count;
    }

    pub(crate) fn cut(&mut self, id: Id, count: usize) {
        // Not a drain, which is made for more, and takes three times the code.
        let slots: Vec<Slot> = (0..count).map_while(|_| self.queue.pop_front()).collect();
        self.front += slots.len() as u64;
        self.encoded = self.encoded.saturating_sub(slots.len());
        self.batches.push(Held { id, slots, body: None });
    }

    pub(crate) fn shrink(&mut self, id: Id, count: usize) {
        let Some(held) = self.batches.iter_mut().find(|held| held.id == id) else { return };
        held.body = None;
        // Not a drain, as in `cut`.
        while held.slots.len() > count
            && let Some(slot) = held.slots.pop()
        {
            self.queue.push_front(slot);
            self.front -= 1;
            self.encoded += 1;
        }
    }

    pub(crate) fn split(&mut self, id: Id, at: usize, other: Id) {
        let Some(held) = self.batches.iter_mut().find(|held| held.id == id) else { return };
        held.body = None;
        let slots = held.slots.split_off(at);
        self.batches.push(Held { id: other, slots, body: None });
    }

    pub(crate) fn forget(&mut self, id: Id) {
        self.batches.retain(|held| held.id != id);
    }

    /// How many records a batch has.
    pub(crate) fn count(&self, id: Id) -> usize {
        self.batches.iter().find(|held| held.id == id).map_or(0, |held| held.slots.len())
    }

    /// The request of a batch.
    pub(crate) fn body(&mut self, id: Id, frame: &Frame) -> Arc<Vec<u8>> {
        let Some(held) = self.batches.iter_mut().find(|held| held.id == id) else { return Arc::default() };
        let fragments = held.slots.iter().filter_map(Slot::fragment);
        held.body.get_or_insert_with(|| Arc::new(frame.around(fragments))).clone()
    }

    /// Another form of it.
    pub(crate) fn set_body(&mut self, id: Id, body: Vec<u8>) {
        if let Some(held) = self.batches.iter_mut().find(|held| held.id == id) {
            held.body = Some(Arc::new(body));
        }
    }

    /// A batch's records as a request that is not compressed, and how many these are.
    pub(crate) fn plain(&self, id: Id, frame: &Frame) -> (Vec<u8>, usize) {
        let held = self.batches.iter().find(|held| held.id == id);
        let slots = held.map_or(&[][..], |held| &held.slots);
        (frame.around(slots.iter().filter_map(Slot::fragment)), slots.len())
    }

    /// The same of records of the queue.
    pub(crate) fn queued(&self, range: Range, frame: &Frame) -> (Vec<u8>, usize) {
        let skipped = range.from.saturating_sub(self.front) as usize;
        let slots = self.queue.iter().skip(skipped).take(range.len() as usize);
        let fragments: Vec<&Fragment> = slots.filter_map(Slot::fragment).collect();
        let records = fragments.len();
        (frame.around(fragments.into_iter()), records)
    }

    /// The records of a batch, as they came.
    pub(crate) fn take_items(&mut self, id: Id) -> Vec<Arc<dyn Record>> {
        let held = self.batches.iter_mut().find(|held| held.id == id);
        let slots = held.map(|held| held.slots.iter_mut()).into_iter().flatten();
        slots.filter_map(Slot::take).collect()
    }
}
