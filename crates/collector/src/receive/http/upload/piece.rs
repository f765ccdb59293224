//! What a file is cut into, and where in the file it was.

use crate::ingest::json::Document;

/// A line and how many bytes stand before in it. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: u64,
    pub before: u64,
}

impl Place {
    pub const START: Self = Self { line: 1, before: 0 };

    /// Goes on over this text.
    pub fn pass(&mut self, text: &[u8]) {
        match text.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.line += text[..=last].iter().filter(|byte| **byte == b'\n').count() as u64;
                self.before = (text.len() - last - 1) as u64;
            }
            None => self.before += text.len() as u64,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    Piece(Piece),
    /// What begins here cannot be cut, and is larger than any request. It is left out.
    TooLarge(Place),
}

impl Cut {
    /// How much memory it takes.
    pub fn bytes(&self) -> usize {
        let text = match self {
            Self::Piece(piece) => piece.text.capacity(),
            Self::TooLarge(_) => 0,
        };
        text + size_of::<Self>()
    }
}

/// A document, or a part of one that is a document by itself: its beginning, then elements of one of its lists.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: Vec<u8>,
    pub part: Part,
}

/// Which part of a document a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How many bytes at its beginning are repeated: they were in earlier parts too.
    pub repeated: usize,
    /// Where in the file that begins which is not.
    pub place: Place,
    /// How many elements stand before in each of the lists that lead to it.
    pub skipped: [usize; 3],
    /// Whether what is repeated has a resource and a scope; without, these are of the spans before as well.
    pub has: [bool; 2],
}

impl Part {
    pub const fn whole(place: Place) -> Self {
        Self { repeated: 0, place, skipped: [0; 3], has: [true; 2] }
    }
}

impl Piece {
    /// Whether the first spans of a document have a resource and a scope.
    pub fn first_has(document: &Document) -> [bool; 2] {
        let resource_spans = document.request.resource_spans.first();
        let scope_spans = resource_spans.and_then(|spans| spans.scope_spans.first());
        [
            resource_spans.is_some_and(|spans| spans.resource.is_some()),
            scope_spans.is_some_and(|spans| spans.scope.is_some()),
        ]
    }

    /// The place in the file of what has this line and column in the text, both from 1.
    pub fn place_of(&self, line: usize, column: usize) -> Place {
        let mut begin = Place::START;
        begin.pass(&self.text[..self.part.repeated]);
        let (line, before) = (line as u64, (column as u64).saturating_sub(1));
        match line.checked_sub(begin.line) {
            Some(0) => {
                Place { before: self.part.place.before + before.saturating_sub(begin.before), ..self.part.place }
            }
            Some(more) => Place { line: self.part.place.line + more, before },
            // What is repeated was read before, so nothing is wrong there that was not told then.
            None => self.part.place,
        }
    }

    /// The path at the beginning of an error with the numbers that elements have in the file.
    pub fn path_in_file(&self, error: &str) -> String {
        let Some((path, rest)) = error.split_once(':').filter(|_| error.starts_with('/')) else {
            return error.to_owned();
        };
        let mut skipped = self.part.skipped.into_iter();
        // Below an element that is a later one, nothing was skipped.
        let mut first = true;
        let step = |step: &str| match step.parse::<usize>() {
            Ok(number) if first => {
                first = number == 0;
                (number + skipped.next().unwrap_or_default()).to_string()
            }
            _ => step.to_owned(),
        };
        let path: Vec<String> = path.split('/').map(step).collect();
        format!("{}:{rest}", path.join("/"))
    }
}
