//! Cuts documents that are too large at their resources, scopes or spans: the outermost list that has complete elements.
//!
//! Each piece is a document: what stands before the list, some of its elements, and the brackets that are open. What stands before
//! is repeated in the next piece, so it should have what all elements share. While it has no resource, and no scope where spans are
//! cut, they may be still to come: then the document grows on up to what is read at once, as a request would.

use super::{
    cut::{Cutter, State},
    piece::{Cut, Piece},
};
use crate::ingest::{MAX_MESSAGE, Signal, json, weight::Weight};

/// How large pieces are.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// From so many bytes on a document is cut up.
    pub wanted: usize,
    /// So much is read at once, if it cannot be cut up.
    pub largest: usize,
}

/// How much is kept of a document that is left out as a whole, to know how it begins.
const BEGINNING: usize = 64;

impl Cutter {
    pub(super) fn cut_up(&mut self) {
        let (length, repeated) = (self.looked - self.start, self.part.repeated);
        // Not for less than what is repeated: that would be read again and again.
        if self.state == State::Document && length - repeated >= self.sizes.wanted.max(repeated) {
            let is_too_large = length > self.sizes.largest;
            let lists = self.lists().into_iter().enumerate();
            match lists.filter_map(|(level, list)| Some((level, list, self.open[list].comma?))).next() {
                Some((level, list, comma)) => {
                    let has = self.has_before(list);
                    if is_too_large || has.iter().take(level).all(|has| *has) {
                        self.cut_at(level, list, comma, has);
                    }
                }
                None if is_too_large => self.leave_out(),
                None => {}
            }
        }
        if let State::LeftOut(_) = self.state {
            self.remove(self.start + self.part.repeated, self.looked);
        }
    }

    /// The lists of resources, of scopes and of spans, as far as they are open: indexes of `open`.
    fn lists(&self) -> Vec<usize> {
        let bracket = |at: usize| self.open.get(at).map(|open| open.bracket);
        // An envelope is one object more.
        let first = if bracket(1) == Some(b'{') { 2 } else { 1 };
        let is_list = |list: &usize| bracket(*list) == Some(b'[') && bracket(*list - 1) == Some(b'{');
        [first, first + 2, first + 4].into_iter().take_while(is_list).collect()
    }

    /// Whether a resource and a scope stand before this list.
    fn has_before(&mut self, list: usize) -> [bool; 2] {
        if let Some(known) = self.open[list].has {
            return known;
        }
        let before = self.closed_at(list, self.open[list].content);
        let read = json::read(&before, Signal::Traces, &Weight::new(MAX_MESSAGE));
        let document = read.map(|(document, _)| document).unwrap_or_default();
        let has = Piece::first_has(&document);
        self.open[list].has = Some(has);
        has
    }

    /// The text up to `end`, with the brackets of this list and of all that it is in.
    fn closed_at(&self, list: usize, end: usize) -> Vec<u8> {
        let mut text = self.text[self.start..end].to_vec();
        text.extend(self.open[..=list].iter().rev().map(|open| open.bracket + 2));
        text
    }

    fn cut_at(&mut self, level: usize, list: usize, comma: usize, has: [bool; 2]) {
        self.cuts.push(Cut::Piece(Piece { text: self.closed_at(list, comma), part: self.part }));
        self.skip(list, self.open[list].commas);
        // Where resources are cut, each comes with its own; where scopes are, each with its own scope.
        self.part.has = [level < 1 || has[0], level < 2 || has[1]];
        let content = self.open[list].content;
        self.part.repeated = content - self.start;
        self.left_out_up_to(comma + 1);
        (self.open[list].comma, self.open[list].commas) = (None, 0);
    }

    /// So many elements of this list are done with.
    pub(super) fn skip(&mut self, list: usize, elements: usize) {
        if let Some(level) = self.lists().iter().position(|known| *known == list) {
            self.part.skipped[level] += elements;
            self.part.skipped[level + 1..].fill(0);
        }
    }

    /// Leaves out the element that does not end: the innermost one that the document can be without.
    fn leave_out(&mut self) {
        let (levels, kept) = match self.lists().last() {
            Some(list) => (list + 1, self.open[*list].content),
            None => (0, self.looked.min(self.start + BEGINNING)),
        };
        let mut place = self.part.place;
        place.pass(self.text.get(self.start + self.part.repeated..kept).unwrap_or_default());
        self.part.repeated = kept - self.start;
        self.state = State::LeftOut(levels);
        self.cuts.push(Cut::TooLarge(place));
    }

    /// Forgets what is not repeated, up to there. What follows is kept.
    pub(super) fn left_out_up_to(&mut self, to: usize) {
        let from = self.start + self.part.repeated;
        self.remove(from, to);
        self.part.place = self.place_at(from);
        self.state = State::Document;
    }
}
