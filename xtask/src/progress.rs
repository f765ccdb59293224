//! Words on the long steps: what begins, and how long it took. To stderr, where cargo writes its own progress.

use crate::Result;
use std::time::{Duration, Instant};

/// Runs one step between a line that says what it does and a line that says how it went.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let begun = Instant::now();
    let outcome = work();
    let word = if outcome.is_ok() { "done" } else { "failed" };
    eprintln!("    {word} in {}", words(begun.elapsed()));
    outcome
}

/// `0.4 s`, `17.2 s`, `2 min 5 s`: as exact as a person wants it.
pub fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(words(Duration::from_millis(420)), "0.4 s");
        assert_eq!(words(Duration::from_millis(17_240)), "17.2 s");
        assert_eq!(words(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn a_step_hands_on_what_came_of_it() {
        assert_eq!(step("succeeds", || Ok(1)), Ok(1));
        assert_eq!(step("fails", || Err::<(), _>("why".to_owned())), Err("why".to_owned()));
    }
}
