//! Cuts a file into documents, without reading any value.
//!
//! In: the bytes of a file as they come. Out: pieces, each of which the receiver's reader takes for a document. Documents stand one
//! after another, mostly each on a line, as the OpenTelemetry Collector's file exporter writes them, or in a list. What is broken
//! ends where its line ends, or where a line begins as the document itself does; the reader says what is wrong with it. Large
//! documents are cut up by `large`.

use super::{
    large::Sizes,
    piece::{Cut, Part, Piece, Place},
};
use crate::ingest::json;

/// All places in it are indexes of `text`.
#[derive(Debug)]
pub struct Cutter {
    pub(super) sizes: Sizes,
    pub(super) state: State,
    pub(super) text: Vec<u8>,
    /// Where the document begins.
    pub(super) start: usize,
    /// Up to where it was looked at.
    pub(super) looked: usize,
    /// Which part of the document is in the text.
    pub(super) part: Part,
    /// Where in the file `text[placed]` is.
    place: Place,
    placed: usize,
    /// The outermost lists and objects that are open, and how many more there are in them.
    pub(super) open: Vec<Open>,
    deeper: usize,
    string: InString,
    /// Whether documents stand in a list.
    listed: bool,
    ended: bool,
    pub(super) cuts: Vec<Cut>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Between,
    Document,
    /// In a document; what is in so many of the open lists and objects is left out until it ends.
    LeftOut(usize),
    /// In what is no document.
    Other,
    /// In the rest of a line that is broken.
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InString {
    Outside,
    Inside,
    Escaped,
}

#[derive(Debug)]
pub(super) struct Open {
    pub bracket: u8,
    /// Where its content begins.
    pub content: usize,
    /// The last comma between its elements, and how many commas there are.
    pub comma: Option<usize>,
    pub commas: usize,
    /// Whether a resource and a scope stand before it, once that was looked for.
    pub has: Option<[bool; 2]>,
}

/// As many as lead to the list of spans, with an envelope.
const OPEN: usize = 7;
/// How much of what is no document the reader is shown.
const SHOWN: usize = 64;

impl Cutter {
    pub fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            state: State::Between,
            text: Vec::new(),
            start: 0,
            looked: 0,
            part: Part::whole(Place::START),
            place: Place::START,
            placed: 0,
            open: Vec::new(),
            deeper: 0,
            string: InString::Outside,
            listed: false,
            ended: false,
            cuts: Vec::new(),
        }
    }

    /// Takes what comes next of the file, and adds to `cuts` what is complete.
    pub fn push(&mut self, bytes: &[u8], cuts: &mut Vec<Cut>) {
        self.text.extend_from_slice(bytes);
        self.look();
        self.cut_up();
        // What is done with goes at once and not piece by piece: that would move the rest again and again.
        let done = if matches!(self.state, State::Between | State::Rest) { self.looked } else { self.start };
        self.remove(0, done);
        cuts.append(&mut self.cuts);
    }

    /// Nothing comes any more.
    pub fn finish(mut self, cuts: &mut Vec<Cut>) {
        self.ended = true;
        self.look();
        if matches!(self.state, State::Document | State::Other) {
            self.emit(self.text.len());
        }
        cuts.append(&mut self.cuts);
    }

    /// How many bytes it holds.
    pub fn held(&self) -> usize {
        self.text.len()
    }

    /// Looks at what has come, as far as it does not depend on what comes next.
    fn look(&mut self) {
        let mut before = None;
        while self.looked < self.text.len() && before != Some((self.looked, self.state)) {
            before = Some((self.looked, self.state));
            match self.state {
                State::Between => self.between(),
                State::Document | State::LeftOut(_) => self.in_document(),
                State::Other => self.in_other(),
                State::Rest => self.in_rest(),
            }
        }
    }

    fn between(&mut self) {
        let rest = &self.text[self.looked..];
        match rest[0] {
            b' ' | b'\t' | b'\r' | b'\n' => self.looked += 1,
            b'[' | b']' if self.listed != (rest[0] == b'[') => {
                self.listed = !self.listed;
                self.looked += 1;
            }
            b',' if self.listed => self.looked += 1,
            b'{' => self.begin(State::Document),
            _ if rest.starts_with(json::BYTE_ORDER_MARK) => self.looked += json::BYTE_ORDER_MARK.len(),
            _ if json::BYTE_ORDER_MARK.starts_with(rest) && !self.ended => {}
            _ => self.begin(State::Other),
        }
    }

    fn begin(&mut self, state: State) {
        self.start = self.looked;
        self.part = Part::whole(self.place_at(self.start));
        self.open.clear();
        (self.deeper, self.string) = (0, InString::Outside);
        self.state = state;
    }

    fn in_other(&mut self) {
        let shown = &self.text[self.start..self.text.len().min(self.start + SHOWN)];
        match shown.iter().position(|byte| *byte == b'\n') {
            Some(newline) => self.broken(self.start + newline),
            None if shown.len() == SHOWN => {
                // Not in the middle of a character.
                let end = (SHOWN - 3..SHOWN).rfind(|end| shown[*end] & 0xc0 != 0x80).unwrap_or(SHOWN);
                self.broken(self.start + end);
            }
            None => self.looked = self.text.len(),
        }
    }

    fn in_rest(&mut self) {
        let newline = self.text[self.looked..].iter().position(|byte| *byte == b'\n');
        self.looked = newline.map_or(self.text.len(), |newline| self.looked + newline);
        if newline.is_some() {
            self.state = State::Between;
        }
    }

    fn in_document(&mut self) {
        while let Some(&byte) = self.text.get(self.looked) {
            match (self.string, byte) {
                (InString::Outside, b'"') => self.string = InString::Inside,
                (InString::Outside, b'{' | b'[') => self.opened(byte),
                (InString::Outside, b'}' | b']') => {
                    self.closed(byte);
                    if !matches!(self.state, State::Document | State::LeftOut(_)) {
                        return;
                    }
                }
                (InString::Outside, b',') => self.comma(),
                (InString::Outside, b'\n') => match self.begins_again(self.looked + 1) {
                    Some(true) => return self.broken(self.looked),
                    Some(false) => {}
                    None => return,
                },
                (InString::Inside, b'"') => self.string = InString::Outside,
                (InString::Inside, b'\\') => self.string = InString::Escaped,
                // No string goes over the end of a line.
                (InString::Inside | InString::Escaped, b'\n') => return self.broken(self.looked),
                (InString::Escaped, _) => self.string = InString::Inside,
                _ => {}
            }
            self.looked += 1;
        }
    }

    /// Whether there stands what the document begins with, `{` and the name of its first member; none if that is not known yet.
    fn begins_again(&self, at: usize) -> Option<bool> {
        let Some(opening) = opening(&self.text[self.start..]) else { return Some(false) };
        let rest = &self.text[at..];
        match rest.starts_with(opening) {
            false if opening.starts_with(rest) && !self.ended => None,
            known => Some(known),
        }
    }

    fn opened(&mut self, bracket: u8) {
        if self.open.len() < OPEN && self.deeper == 0 {
            self.open.push(Open { bracket, content: self.looked + 1, comma: None, commas: 0, has: None });
        } else {
            self.deeper += 1;
        }
    }

    fn closed(&mut self, bracket: u8) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        if self.state == State::LeftOut(self.open.len()) {
            self.left_out_up_to(self.looked);
        }
        // The brackets of a pair are two apart in ASCII.
        let fits = self.open.pop().is_some_and(|open| open.bracket + 2 == bracket);
        if !fits {
            self.broken(self.looked + 1);
        } else if self.open.is_empty() {
            self.looked += 1;
            self.emit(self.looked);
            self.state = State::Between;
        }
    }

    fn comma(&mut self) {
        let levels = self.open.len();
        let Some(open) = self.open.last_mut().filter(|open| self.deeper == 0 && open.bracket == b'[') else { return };
        if self.state == State::LeftOut(levels) {
            self.left_out_up_to(self.looked + 1);
            // The next byte is the one that is here now.
            self.looked -= 1;
            self.skip(levels - 1, 1);
        } else {
            open.comma = Some(self.looked);
            open.commas += 1;
        }
    }

    /// The reader is to say what is wrong with the text up to there.
    fn broken(&mut self, end: usize) {
        self.emit(end);
        self.looked = end;
        self.state = State::Rest;
    }

    fn emit(&mut self, end: usize) {
        if !matches!(self.state, State::LeftOut(_)) {
            self.cuts.push(Cut::Piece(Piece { text: self.text[self.start..end].to_vec(), part: self.part }));
        }
    }

    pub(super) fn place_at(&mut self, at: usize) -> Place {
        self.place.pass(&self.text[self.placed..at]);
        self.placed = at;
        self.place
    }

    /// Takes a part out of the text.
    pub(super) fn remove(&mut self, from: usize, to: usize) {
        if to > self.placed {
            self.place_at(to);
        }
        self.text.drain(from..to);
        let move_up = |at: &mut usize| *at = if *at >= to { *at - (to - from) } else { (*at).min(from) };
        [&mut self.start, &mut self.looked, &mut self.placed].into_iter().for_each(move_up);
        for open in &mut self.open {
            move_up(&mut open.content);
            open.comma.iter_mut().for_each(move_up);
        }
    }
}

/// `{"name"` at the beginning of a document, if that is on one line.
fn opening(document: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 64;
    let shown = &document[..document.len().min(LONGEST)];
    let mut quotes = shown.iter().enumerate().filter(|(_, byte)| **byte == b'"').map(|(at, _)| at);
    let (name, end) = (quotes.next()?, quotes.next()?);
    let blank = shown.strip_prefix(b"{")?[..name - 1].iter().all(|byte| matches!(byte, b' ' | b'\t'));
    (blank && !shown[name..end].contains(&b'\\')).then(|| &shown[..=end])
}
