//! The records that wait, in the order in which they came, as far as delivery has to know them: how long each is, and which framing
//! it needs in a request.

use std::collections::VecDeque;

/// Records in the order in which they came: `from..to`, counted from the first of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Range {
    pub(crate) fn len(self) -> u64 {
        self.to.saturating_sub(self.from)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// One record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its bytes; as long as it is not encoded, about as many as it takes in memory.
    pub(crate) len: u32,
    /// Equal groups stand in one frame.
    pub(crate) group: u32,
    /// How many bytes that frame has.
    pub(crate) framing: u32,
}

/// How long a request of some records is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measure {
    groups: Vec<u32>,
    len: usize,
    items: usize,
}

impl Measure {
    /// A request without records, whose outermost frame has this many bytes.
    pub(crate) fn new(frame: usize) -> Self {
        Self { groups: Vec::new(), len: frame, items: 0 }
    }

    /// How long it would be with one more.
    fn with(&self, item: Item) -> usize {
        let framing = if self.groups.contains(&item.group) { 0 } else { item.framing as usize };
        // Records, and groups, are parted by commas.
        self.len + item.len as usize + framing + usize::from(self.items > 0)
    }

    /// Adds a record, unless the request would become longer than `limit` bytes by it.
    pub(crate) fn push(&mut self, item: Item, limit: usize) -> bool {
        let len = self.with(item);
        if len > limit {
            return false;
        }
        if !self.groups.contains(&item.group) {
            self.groups.push(item.group);
        }
        (self.len, self.items) = (len, self.items + 1);
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn of(frame: usize, items: &[Item]) -> usize {
        let mut measure = Self::new(frame);
        for item in items {
            measure.push(*item, usize::MAX);
        }
        measure.len
    }
}

/// Encoded records, and after them those that are not encoded yet.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    encoded: usize,
    /// The place of the first one.
    front: u64,
    bytes: usize,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn front(&self) -> u64 {
        self.front
    }

    /// The place of the next one to come.
    pub(crate) fn end(&self) -> u64 {
        self.front + self.items.len() as u64
    }

    pub(crate) fn range(&self) -> Range {
        Range { from: self.front, to: self.end() }
    }

    /// How many of the first `most` are not encoded.
    pub(crate) fn unencoded(&self, most: usize) -> usize {
        most.min(self.items.len()).saturating_sub(self.encoded)
    }

    pub(crate) fn push(&mut self, weight: u32) {
        self.items.push_back(Item { len: weight, ..Item::default() });
        self.bytes += weight as usize;
    }

    /// The next ones have been encoded.
    pub(crate) fn encode(&mut self, encoded: &[Item]) {
        for (item, encoded) in self.items.iter_mut().skip(self.encoded).zip(encoded) {
            self.bytes = self.bytes - item.len as usize + encoded.len as usize;
            *item = *encoded;
        }
        self.encoded = (self.encoded + encoded.len()).min(self.items.len());
    }

    /// How many from this place on fit into a request, and how long it is.
    pub(crate) fn fitting(&self, from: u64, most: usize, frame: usize, limit: usize) -> (usize, usize) {
        let mut measure = Measure::new(frame);
        let skipped = from.saturating_sub(self.front) as usize;
        let encoded = self.items.iter().take(self.encoded).skip(skipped).take(most);
        let count = encoded.take_while(|item| measure.push(**item, limit)).count();
        (count, measure.len())
    }

    pub(crate) fn take(&mut self, count: usize) -> (Range, Vec<Item>) {
        let items: Vec<Item> = (0..count).map_while(|_| self.items.pop_front()).collect();
        let range = Range { from: self.front, to: self.front + items.len() as u64 };
        self.front = range.to;
        self.encoded = self.encoded.saturating_sub(items.len());
        self.bytes -= weight_of(&items);
        (range, items)
    }

    /// Puts back what was taken last.
    pub(crate) fn put_back(&mut self, items: &[Item]) {
        items.iter().rev().for_each(|item| self.items.push_front(*item));
        self.front -= items.len() as u64;
        self.encoded += items.len();
        self.bytes += weight_of(items);
    }
}

pub(crate) fn weight_of(items: &[Item]) -> usize {
    items.iter().map(|item| item.len as usize).sum()
}
