//! Each record becomes the bytes that are sent of it, once: a [`Fragment`]. Requests are fragments in a frame, one after the other.
//!
//! A [`Signal`](signal::Signal) has the names of its kind of records, a [`Record`] knows how it is written.

mod json;
#[cfg(feature = "logs")]
pub(crate) mod logs;
pub(crate) mod signal;
pub(crate) mod spans;

use std::sync::Arc;

use opentelemetry::InstrumentationScope;

use crate::delivery::queue::Item;
use crate::resource::Description;
use signal::{Record, Signal};

/// What surrounds the records of one scope.
#[derive(Debug)]
pub(crate) struct Group {
    scope: InstrumentationScope,
    number: u32,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// A record, encoded: a part of a text that it shares with those that were encoded beside it.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    group: Arc<Group>,
    text: Arc<[u8]>,
    from: u32,
    to: u32,
}

/// A number of bytes. No text has more on a machine of 32 bits.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Fragment {
    /// What delivery has to know of it.
    pub(crate) fn item(&self) -> Item {
        let framing = short(self.group.head.len() + self.group.tail.len());
        Item { len: self.to - self.from, group: self.group.number, framing }
    }

    fn json(&self) -> &[u8] {
        self.text.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

/// How many scopes are remembered; what comes with another one is framed apart.
const MOST_GROUPS: usize = 32;

/// A text with this many bytes takes no further record: it is in memory for as long as one of its records is.
const TEXT_BYTES: usize = 16 << 10;

/// Encodes records.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// The latest one first.
    groups: Vec<Arc<Group>>,
    next: u32,
    /// The text that is being written. Reused, so that each is allocated once, with its exact length.
    buffer: Vec<u8>,
    /// The records in it, and where each ends.
    written: Vec<(Arc<Group>, usize)>,
    fragments: Vec<Fragment>,
}

impl Encoder {
    /// Encodes one more record, and says how many bytes it has.
    pub(crate) fn encode(&mut self, signal: &Signal, record: &dyn Record) -> usize {
        let from = self.buffer.len();
        record.write(&mut self.buffer);
        let to = self.buffer.len();
        let group = self.group(record.scope(), signal);
        self.written.push((group, to));
        if to >= TEXT_BYTES {
            self.end_text();
        }
        to - from
    }

    /// All that was encoded since the last call, in the order in which it came.
    pub(crate) fn take(&mut self) -> Vec<Fragment> {
        self.end_text();
        std::mem::take(&mut self.fragments)
    }

    fn end_text(&mut self) {
        if self.written.is_empty() {
            return;
        }
        let text: Arc<[u8]> = self.buffer.as_slice().into();
        let mut from = 0;
        for (group, to) in std::mem::take(&mut self.written) {
            self.fragments.push(Fragment { group, text: text.clone(), from: short(from), to: short(to) });
            from = to;
        }
        self.buffer.clear();
    }

    fn group(&mut self, scope: &InstrumentationScope, signal: &Signal) -> Arc<Group> {
        match self.groups.iter().position(|group| json::is_same(&group.scope, scope)) {
            Some(0) => {}
            Some(index) => {
                let group = self.groups.remove(index);
                self.groups.insert(0, group);
            }
            None => {
                self.next = self.next.wrapping_add(1);
                let (head, tail) = json::group_frame(scope, signal.records);
                self.groups.insert(0, Arc::new(Group { scope: scope.clone(), number: self.next, head, tail }));
                self.groups.truncate(MOST_GROUPS);
            }
        }
        self.groups[0].clone()
    }
}

/// All of a request that does not depend on its records, written once.
#[derive(Debug)]
pub(crate) struct Frame {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Frame {
    /// The frame of requests about `resource`.
    pub(crate) fn new(resource: &Description, signal: &Signal) -> Self {
        let (head, tail) = json::resource_frame(resource, signal);
        Self { head, tail }
    }

    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// A request of these records.
    pub(crate) fn around<'a>(&self, fragments: impl Iterator<Item = &'a Fragment>) -> Vec<u8> {
        // One list of one type: the rest is the same code for whatever holds the fragments.
        self.around_all(&fragments.collect::<Vec<_>>())
    }

    fn around_all(&self, fragments: &[&Fragment]) -> Vec<u8> {
        let mut groups: Vec<&Arc<Group>> = Vec::new();
        let mut len = self.len();
        for fragment in fragments {
            if !groups.iter().rev().any(|group| Arc::ptr_eq(group, &fragment.group)) {
                groups.push(&fragment.group);
                len += fragment.group.head.len() + fragment.group.tail.len();
            }
            len += fragment.json().len() + 1;
        }
        let mut body = Vec::with_capacity(len);
        body.extend_from_slice(&self.head);
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&group.head);
            let start = body.len();
            for fragment in fragments.iter().filter(|fragment| Arc::ptr_eq(&fragment.group, group)) {
                if body.len() > start {
                    body.push(b',');
                }
                body.extend_from_slice(fragment.json());
            }
            body.extend_from_slice(&group.tail);
        }
        body.extend_from_slice(&self.tail);
        body
    }
}
