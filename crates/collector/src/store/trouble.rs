//! What is said on the terminal when the store cannot do what it is for.

use std::{
    fmt::Display,
    io::{self, Write},
    time::{Duration, Instant},
};

use super::blocks::Failed;

/// So often at most it is said, while it comes and goes.
const QUIET: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Trouble {
    what: &'static str,
    /// Where nothing can be written.
    place: String,
    said: Option<Failed>,
    next: Option<Instant>,
}

impl Trouble {
    /// Of what is kept there, in words.
    pub fn new(what: &'static str, place: String) -> Self {
        Self { what, place, said: None, next: None }
    }

    /// Writing failed.
    pub fn failed(&mut self, why: &Failed) {
        if self.said.as_ref() != Some(why) && self.next.is_none_or(|next| Instant::now() >= next) {
            let Self { what, place, .. } = self;
            say(format!("{why}: new {what} are refused until {place} can be written again; what is kept can be read"));
            self.said = Some(why.clone());
            self.next = Some(Instant::now() + QUIET);
        }
    }

    /// New spans were written.
    pub fn written(&mut self) {
        if self.said.take().is_some() {
            say(format!("{} is written again", self.place));
        }
    }
}

/// Nobody may be reading, or it goes to a file on a disk that is full; that is no reason to end.
pub fn say(words: impl Display) {
    let _ = writeln!(io::stderr(), "traces  {words}");
}
