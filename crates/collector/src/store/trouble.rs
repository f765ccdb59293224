//! What is said on the terminal when the store cannot do what it is for.

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::blocks::Failed;
use crate::terminal;

/// So often at most it is said, while it comes and goes.
const QUIET: Duration = Duration::from_secs(60);

/// Where nothing can be written, and why: all places of this process.
static TROUBLES: Mutex<BTreeMap<String, Failed>> = Mutex::new(BTreeMap::new());

/// Why new spans are refused, if they are.
pub fn troubles() -> Vec<String> {
    let troubles = TROUBLES.lock().unwrap_or_else(PoisonError::into_inner);
    troubles.iter().map(|(place, why)| format!("{place} cannot be written: {why}")).collect()
}

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
        TROUBLES.lock().unwrap_or_else(PoisonError::into_inner).insert(self.place.clone(), why.clone());
        if self.said.as_ref() != Some(why) && self.next.is_none_or(|next| Instant::now() >= next) {
            let Self { what, place, .. } = self;
            say(format!("{why}: new {what} are refused until {place} can be written again; what is kept can be read"));
            self.said = Some(why.clone());
            self.next = Some(Instant::now() + QUIET);
        }
    }

    /// New spans were written.
    pub fn written(&mut self) {
        TROUBLES.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.place);
        if self.said.take().is_some() {
            say(format!("{} is written again", self.place));
        }
    }
}

pub fn say(words: impl Display) {
    terminal::say(format_args!("traces  {words}"));
}
