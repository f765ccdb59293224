//! How the tests went: the sums over all parts, with the closing lines that say them; and the reader of what Node.js prints.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed, and were skipped, and which failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// Names of tests, or what went wrong where no test has a name.
    pub failures: Vec<String>,
    /// Those that passed only when they were tried again.
    pub unsteady: Vec<String>,
}

impl Summary {
    pub const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0, failures: vec![], unsteady: vec![] };
    pub const ONE_SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1, failures: vec![], unsteady: vec![] };

    /// With more failures than this, something is wrong that a second try of each would not mend.
    pub const FEW: u64 = 3;

    /// One failure, by the words that say which.
    pub fn one_failed(what: impl Into<String>) -> Self {
        Self { failed: 1, failures: vec![what.into()], ..Self::default() }
    }

    /// Whether so few failed that a second try is worth its time, each of them by a name.
    pub fn are_few_and_named(&self) -> bool {
        self.failed <= Self::FEW && self.failures.len() as u64 == self.failed
    }

    /// The sums, given how those that failed did when they were tried again: all must pass then, or the first try stands.
    pub fn after_second_try(mut self, again: &Self) -> Self {
        if again.failed == 0 && again.passed >= self.failed {
            self.passed += std::mem::take(&mut self.failed);
            self.unsteady.append(&mut self.failures);
        }
        self
    }

    /// The same, with a word on where those tests ran that failed.
    pub fn within(mut self, place: &str) -> Self {
        for failure in self.failures.iter_mut().chain(&mut self.unsteady) {
            failure.push_str(&format!(" ({place})"));
        }
        self
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
        self.unsteady.extend(other.unsteady);
    }
}

impl fmt::Display for Summary {
    /// A line for each failure comes first: whoever sees no more than the end of a long output still learns which they were.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for test in &self.unsteady {
            writeln!(f, "failed at first, passed by itself: {test}")?;
        }
        for failure in &self.failures {
            writeln!(f, "failed: {failure}")?;
        }
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Reads the lines of `node --test` with its TAP reporter, which ends with `# pass 3`, `# fail 0` and the like.
#[derive(Debug, Default)]
pub struct TapCounter {
    sums: Summary,
    ended: bool,
}

impl TapCounter {
    pub fn read(&mut self, line: &str) {
        if let Some((_, name)) = line.trim_start().strip_prefix("not ok ").and_then(|rest| rest.split_once(" - ")) {
            self.sums.failures.push(name.to_owned());
        }
        let Some((word, count)) = line.strip_prefix("# ").and_then(|line| line.split_once(' ')) else { return };
        let Ok(count) = count.parse::<u64>() else { return };
        match word {
            "pass" => (self.sums.passed, self.ended) = (count, true),
            "fail" | "cancelled" => self.sums.failed += count,
            "skipped" | "todo" => self.sums.skipped += count,
            _ => {}
        }
    }

    /// The sums, given whether node was content.
    pub fn finish(self, success: bool) -> Summary {
        let mut sums = self.sums;
        if sums.failed == 0 && !(self.ended && success) {
            sums += Summary::one_failed("Node.js, which ended without saying how its tests went");
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_place_where_it_was_seen() {
        let sums = Summary::one_failed("a").within("Firefox");
        assert_eq!(sums.to_string(), "failed: a (Firefox)\n0 passed, 1 failed");
    }

    #[test]
    fn a_second_try_excuses_the_first_if_all_of_it_passed() {
        let first = || tap(&["not ok 1 - a", "ok 2 - b", "# pass 1", "# fail 1"], false);
        assert!(first().are_few_and_named());
        let passed = tap(&["ok 1 - a", "# pass 1", "# fail 0"], true);
        let sums = first().after_second_try(&passed);
        assert_eq!(sums.to_string(), "failed at first, passed by itself: a\n2 passed, 0 failed");
        for again in [tap(&["# pass 0", "# fail 0"], true), first()] {
            assert_eq!(first().after_second_try(&again).to_string(), "failed: a\n1 passed, 1 failed");
        }
    }

    fn tap(lines: &[&str], success: bool) -> Summary {
        let mut counter = TapCounter::default();
        lines.iter().for_each(|line| counter.read(line));
        counter.finish(success)
    }

    #[test]
    fn nodes_closing_lines_are_counted() {
        let lines = [
            "ok 1 - a test of 3 things",
            "    not ok 2 - another",
            "# Subtest: fail 7",
            "# tests 7",
            "# pass 4",
            "# fail 1",
        ];
        let more = ["# cancelled 1", "# skipped 1", "# todo 0", "# duration_ms 490.122923"];
        let failures = vec!["another".to_owned()];
        assert_eq!(
            tap(&[&lines[..], &more].concat(), false),
            Summary { passed: 4, failed: 2, skipped: 1, failures, unsteady: vec![] }
        );
    }

    #[test]
    fn node_that_died_counts_as_failed() {
        assert_eq!(tap(&["TAP version 13"], true).failed, 1);
        let sums = tap(&["# pass 4", "# fail 0"], false);
        assert_eq!((sums.passed, sums.failed), (4, 1));
    }
}
