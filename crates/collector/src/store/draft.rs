//! What is to be kept of one request: its spans as blocks, and what the index will have of them. Made outside of any lock.

use std::{collections::HashMap, mem, sync::Arc};

use super::{
    block::{Parts, Writer},
    signature::Hasher,
    unindexed::Unindexed,
};
use crate::model::{Origin, Outline};
#[cfg(test)]
use crate::model::{Span, Tags};

#[derive(Debug)]
pub struct Draft {
    hasher: Arc<Hasher>,
    /// The most that a span may take.
    most: usize,
    open: Open,
    blocks: Vec<(Vec<u8>, Unindexed)>,
    refused: usize,
    /// What the blocks take in memory that are finished.
    finished: usize,
}

/// The block that grows.
#[derive(Debug, Default)]
struct Open {
    writer: Writer,
    unindexed: Unindexed,
    /// The numbers of parts by where they are in memory: as long as the origins are held, nothing else is there.
    parts: HashMap<usize, u32>,
    origins: HashMap<usize, Known>,
    /// The origin of the last span: mostly that of the next one as well.
    last: Option<Known>,
}

/// An origin whose parts are in the block.
#[derive(Debug, Clone)]
struct Known {
    origin: Arc<Origin>,
    parts: Parts,
    /// Its number in the index.
    number: u32,
}

impl Draft {
    pub fn new(hasher: Arc<Hasher>, most: usize) -> Self {
        Self { hasher, most, open: Open::default(), blocks: Vec::new(), refused: 0, finished: 0 }
    }

    /// A span with its bytes as they came. Spans of one request share blocks, and in them what they come from.
    pub fn add(&mut self, span: &Outline<'_>, origin: &Arc<Origin>, encoded: &[u8]) {
        if encoded.len() > self.most {
            self.refused += 1;
            return;
        }
        let [again, new] = self.open.lengths(origin);
        if !self.open.writer.has_room(encoded.len() + new, again) {
            self.close();
        }
        let (parts, number) = self.open.origin(origin, &self.hasher);
        let place = self.open.writer.push(encoded, parts);
        self.open.unindexed.push(span, number, encoded, place, &self.hasher);
    }

    #[cfg(test)]
    pub fn add_span(&mut self, span: Span) {
        let mut encoded = Vec::new();
        span.clone().encode(&mut encoded);
        self.add(&Outline::of(&span, &mut Tags::default()), &span.origin, &encoded);
    }

    /// What it takes in memory, or a little less.
    pub fn held(&self) -> usize {
        self.finished + self.open.held()
    }

    fn close(&mut self) {
        let Open { writer, mut unindexed, .. } = mem::take(&mut self.open);
        if !unindexed.is_empty() {
            unindexed.overhead = writer.overhead();
            let block = writer.finish(0);
            self.finished += block.len() + unindexed.held();
            self.blocks.push((block, unindexed));
        }
    }

    /// The blocks with their bytes, in which it is yet to be written when they arrived; and how many spans were too large.
    pub fn finish(mut self) -> (Vec<(Vec<u8>, Unindexed)>, usize) {
        self.close();
        (self.blocks, self.refused)
    }
}

impl Open {
    /// How many bytes of the origin's parts are here already, and how many are not.
    fn lengths(&self, origin: &Arc<Origin>) -> [usize; 2] {
        if self.last(origin).is_some() {
            return [places(origin).iter().map(|(_, length)| length).sum(), 0];
        }
        let mut lengths = [0, 0];
        for (place, length) in places(origin) {
            lengths[usize::from(!self.parts.contains_key(&place))] += length;
        }
        lengths
    }

    /// The numbers of its parts in the block, and its own in the index.
    fn origin(&mut self, origin: &Arc<Origin>, hasher: &Hasher) -> (Parts, u32) {
        if let Some(known) = self.last(origin) {
            return (known.parts, known.number);
        }
        let Self { writer, unindexed, parts, origins, last } = self;
        let known = origins.entry(Arc::as_ptr(origin).addr()).or_insert_with(|| {
            let [resource, scope] = places(origin);
            let resource = *parts.entry(resource.0).or_insert_with(|| writer.part(origin.resource.bytes()));
            let scope = *parts.entry(scope.0).or_insert_with(|| writer.part(origin.scope.bytes()));
            let (parts, number) = (Parts { resource, scope }, unindexed.origin(origin, hasher));
            Known { origin: Arc::clone(origin), parts, number }
        });
        *last = Some(known.clone());
        (known.parts, known.number)
    }

    /// The last span's origin, if it is this one.
    fn last(&self, origin: &Arc<Origin>) -> Option<&Known> {
        self.last.as_ref().filter(|known| Arc::ptr_eq(&known.origin, origin))
    }

    fn held(&self) -> usize {
        self.writer.overhead() + self.unindexed.held()
    }
}

/// Where the parts of an origin are in memory, and their lengths.
fn places(origin: &Origin) -> [(usize, usize); 2] {
    let Origin { resource, scope, .. } = origin;
    [(Arc::as_ptr(resource).addr(), resource.bytes().len()), (Arc::as_ptr(scope).addr(), scope.bytes().len())]
}
