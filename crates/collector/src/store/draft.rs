//! What is to be kept of one request: its spans as blocks, and what the index will have of them. Made outside of any lock.

use std::{mem, sync::Arc};

use super::{
    block::Writer,
    signature::Hasher,
    unindexed::{Fresh, Unindexed, hash_tags},
};
use crate::model::{Origin, Span};

#[derive(Debug)]
pub struct Draft {
    hasher: Arc<Hasher>,
    /// The most that a span may take.
    most: usize,
    open: Option<Open>,
    blocks: Vec<(Vec<u8>, Unindexed)>,
    refused: usize,
    hashes: Vec<u32>,
    encoded: Vec<u8>,
}

/// The block that grows.
#[derive(Debug)]
struct Open {
    origin: Arc<Origin>,
    writer: Writer,
    unindexed: Unindexed,
}

impl Draft {
    pub fn new(hasher: Arc<Hasher>, most: usize) -> Self {
        let (hashes, encoded) = (Vec::new(), Vec::new());
        Self { hasher, most, open: None, blocks: Vec::new(), refused: 0, hashes, encoded }
    }

    /// Spans that follow each other and share their origin share blocks.
    pub fn add(&mut self, span: Span) {
        hash_tags(&span, &self.hasher, &mut self.hashes);
        let origin = Arc::clone(&span.origin);
        let mut fresh = Fresh::new(&span);
        self.encoded.clear();
        fresh.name = span.encode(&mut self.encoded);
        fresh.content = Hasher::content(&origin.service, &self.encoded);
        let length = self.encoded.len();
        if length > self.most {
            self.refused += 1;
            return;
        }
        if !self.open.as_ref().is_some_and(|open| Arc::ptr_eq(&open.origin, &origin) && open.writer.has_room(length)) {
            self.close();
        }
        let open = self.open.get_or_insert_with(|| Open {
            writer: Writer::new(origin.encode()),
            unindexed: Unindexed::new(&origin, &self.hasher),
            origin,
        });
        let place = open.writer.push(&self.encoded);
        open.unindexed.push(fresh, place, &self.hashes);
    }

    fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.unindexed.overhead = open.writer.overhead();
            self.blocks.push((open.writer.finish(0), open.unindexed));
        }
    }

    /// The blocks with their bytes, in which it is yet to be written when they arrived; and how many spans were too large.
    pub fn finish(mut self) -> (Vec<(Vec<u8>, Unindexed)>, usize) {
        self.close();
        (mem::take(&mut self.blocks), self.refused)
    }
}
