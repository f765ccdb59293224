//! What an answer is written into: JSON text, handed over in pieces while it grows, and never beyond a limit.

use axum::http::StatusCode;
use serde_json::Value;

/// What is kept free for the end of an answer: the totals, and what is said about what found no room.
const END: usize = 64 << 10;
/// How much is handed over at once: so much of each answer is held that is not read, and there may be thousands of them.
pub const PIECE: usize = 16 << 10;

/// Takes the pieces.
pub trait Sink {
    /// An error when nobody wants them any more.
    fn take(&mut self, piece: String) -> Result<(), Stop>;

    /// Whether somebody still does.
    fn is_wanted(&self) -> bool {
        true
    }
}

/// Why no more is written.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nobody reads it.
    Unread,
    /// The answer is this one instead, with its words.
    Instead(StatusCode, String),
}

pub struct Out<'a> {
    text: String,
    handed: usize,
    limit: usize,
    sink: &'a mut dyn Sink,
}

impl<'a> Out<'a> {
    /// For an answer of at most so many bytes.
    pub fn new(limit: usize, sink: &'a mut dyn Sink) -> Self {
        Self { text: String::new(), handed: 0, limit: limit.saturating_sub(END), sink }
    }

    /// How much more may be written before the end.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.handed + self.text.len())
    }

    /// Whether somebody reads it still: for work that takes its time before it writes.
    pub fn is_wanted(&self) -> bool {
        self.sink.is_wanted()
    }

    pub fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.text += text;
        if self.text.len() < PIECE {
            return Ok(());
        }
        self.handed += self.text.len();
        self.sink.take(std::mem::take(&mut self.text))
    }

    /// Hands over what is left.
    pub fn end(self) -> Result<(), Stop> {
        self.sink.take(self.text)
    }
}

/// A piece of JSON in memory, of at most so many bytes; none if there was no room.
pub fn text(limit: usize, write: impl FnOnce(&mut Out<'_>) -> Result<bool, Stop>) -> Option<String> {
    let mut text = String::new();
    let mut out = Out::new(limit.saturating_add(END), &mut text);
    let is_whole = write(&mut out).is_ok_and(|is_whole| is_whole) && out.end().is_ok();
    is_whole.then_some(text)
}

impl Sink for String {
    fn take(&mut self, piece: String) -> Result<(), Stop> {
        self.push_str(&piece);
        Ok(())
    }
}

/// The elements of a JSON array, written one after another.
#[derive(Debug, Default)]
pub struct Elements {
    any: bool,
}

impl Elements {
    /// False if there was no room: then nothing is written.
    pub fn push(&mut self, out: &mut Out<'_>, element: &Value) -> Result<bool, Stop> {
        self.push_text(out, &element.to_string(), 0)
    }

    /// The same for an element that is JSON already, if so much remains beside it.
    pub fn push_text(&mut self, out: &mut Out<'_>, element: &str, beside: usize) -> Result<bool, Stop> {
        if element.len() + 1 + beside > out.room() {
            return Ok(false);
        }
        if std::mem::replace(&mut self.any, true) {
            out.push(",")?;
        }
        out.push(element)?;
        Ok(true)
    }

    pub fn is_empty(&self) -> bool {
        !self.any
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// What is written with so much room.
    pub fn written(limit: usize, write: impl FnOnce(&mut Out<'_>) -> Result<(), Stop>) -> Result<String, Stop> {
        let mut text = String::new();
        let mut out = Out::new(limit + END, &mut text);
        write(&mut out)?;
        out.end()?;
        Ok(text)
    }

    #[test]
    fn elements_end_where_there_is_no_room() {
        let text = written(10, |out| {
            out.push("[")?;
            let mut elements = Elements::default();
            let taken = [12, 345, 6789, 1].map(|number| elements.push(out, &json!(number)).unwrap());
            assert_eq!((taken, elements.is_empty()), ([true, true, false, true], false));
            out.push("]")
        });
        assert_eq!(text.unwrap(), "[12,345,1]");
    }

    struct Unread(usize);

    impl Sink for Unread {
        fn take(&mut self, piece: String) -> Result<(), Stop> {
            assert!((PIECE..PIECE + 1000).contains(&piece.len()));
            self.0 += 1;
            if self.0 == 3 { Err(Stop::Unread) } else { Ok(()) }
        }
    }

    #[test]
    fn pieces_are_handed_over_while_it_grows() {
        let mut sink = Unread(0);
        let mut out = Out::new(1 << 20, &mut sink);
        let pushed = (0..).take_while(|_| out.push(&"x".repeat(1000)).is_ok()).count() * 1000;
        assert!((2 * PIECE..3 * (PIECE + 1000)).contains(&pushed) && out.room() < (1 << 20) - pushed, "{pushed}");
    }
}
