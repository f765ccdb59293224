//! What the terminal is told of requests while the collector runs: of each kind of refusal one line a minute, with what to do.
//!
//! A sender that is refused is told so, but few programs show it: they go on, and their spans are missed.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use crate::kind::Kind;
use crate::measures;

/// How long a kind is not told again.
const PERIOD: Duration = Duration::from_secs(60);
/// How many characters of somebody else's words a line has.
const LENGTH: usize = 300;

/// What its lines are called in a filter of the log.
const TARGET: &str = "collector";

/// Says something that is of use without a question.
pub fn say(words: impl Display) {
    tracing::info!(target: TARGET, "{words}");
}

#[derive(Debug)]
pub struct Terminal {
    period: Duration,
    told: Mutex<HashMap<Kind, Told>>,
}

#[derive(Debug)]
struct Told {
    at: Instant,
    /// How many more of the kind there were since.
    more: u64,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { period: PERIOD, told: Mutex::default() }
    }
}

impl Terminal {
    /// Tells of a refusal, unless one of the kind was told of within the last minute.
    pub fn refused(&self, kind: Kind, words: impl FnOnce() -> String) {
        measures::refused(kind);
        if let Some(before) = self.turn(kind) {
            let more =
                if before > 0 { format!(" ({before} more such requests since the last line)") } else { String::new() };
            tracing::warn!(target: TARGET, "refused: {}{more}", one_line(&words(), LENGTH));
        }
    }

    /// How many were not told of since the last one, if this one is to be.
    fn turn(&self, kind: Kind) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get_mut(&kind) {
            Some(told) if told.at.elapsed() < self.period => {
                told.more += 1;
                None
            }
            _ => Some(told.insert(kind, Told { at: Instant::now(), more: 0 }).map_or(0, |told| told.more)),
        }
    }
}

/// Somebody else's words as one line of at most so many characters, without what would move the cursor.
pub fn one_line(words: &str, length: usize) -> String {
    let words = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_once_in_its_time_and_how_often_it_was_not() {
        let terminal = Terminal { period: Duration::MAX, ..Terminal::default() };
        assert_eq!(
            [Kind::Logs, Kind::Logs, Kind::Metrics, Kind::Logs].map(|kind| terminal.turn(kind)),
            [Some(0), None, Some(0), None]
        );
        let later = Terminal { period: Duration::ZERO, ..terminal };
        assert_eq!([Kind::Logs, Kind::Logs, Kind::Metrics].map(|kind| later.turn(kind)), [Some(2), Some(0), Some(0)]);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line(" a\n\tb\u{1b}[0m\r\0c ", 100), "a b [0m c");
        assert_eq!(one_line(&"é".repeat(500), 300).chars().count(), 300);
    }
}
