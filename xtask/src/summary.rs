//! Counts what test runners print. Lines of cargo and of libtest (wasm-bindgen's runner prints the same ones) go in, the
//! sums come out; a runner that ended without saying how its tests went counts as one failure.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed, and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Summary {
    pub const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub const ONE_FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub const ONE_SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Reads the lines of one `cargo test`.
#[derive(Debug, Default)]
pub struct Counter {
    sums: Summary,
    started: u64,
    ended: u64,
}

impl Counter {
    /// A line of cargo's own output.
    pub fn read_stderr(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim_start();
        if line.starts_with("Running ") || line.starts_with("Doc-tests ") {
            self.started += 1;
        }
    }

    /// A line of a runner's output.
    pub fn read_stdout(&mut self, line: &str) {
        let line = without_colour(line);
        if let Some(summary) = closing_line(&line) {
            self.sums += summary;
            self.ended += 1;
        } else if line.trim() == "no tests to run!" {
            self.ended += 1;
        }
    }

    /// The sums, given whether cargo was content.
    pub fn finish(self, success: bool) -> Summary {
        let mut sums = self.sums;
        sums.failed += self.started.saturating_sub(self.ended);
        if !success && sums.failed == 0 {
            sums += Summary::ONE_FAILED;
        }
        sums
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
            sums += Summary::ONE_FAILED;
        }
        sums
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`
fn closing_line(line: &str) -> Option<Summary> {
    let (verdict, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    if verdict != "ok" && verdict != "FAILED" {
        return None;
    }
    let count = |what: &str| {
        let mut words = counts.split("; ").filter_map(|part| part.split_once(' '));
        words.find(|(_, word)| *word == what)?.0.parse().ok()
    };
    Some(Summary { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
}

/// Cargo colours its words when told to; the escape sequences are not part of them.
fn without_colour(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(stderr: &[&str], stdout: &[&str], success: bool) -> Summary {
        let mut counter = Counter::default();
        stderr.iter().for_each(|line| counter.read_stderr(line));
        stdout.iter().for_each(|line| counter.read_stdout(line));
        counter.finish(success)
    }

    #[test]
    fn closing_lines_are_added_up() {
        let sums = counted(
            &["     Running unittests src/lib.rs (target/debug/deps/a-1)", "   Doc-tests a"],
            &[
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.03s",
                "test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.00s",
            ],
            true,
        );
        assert_eq!(sums, Summary { passed: 14, failed: 0, skipped: 1 });
        assert_eq!(sums.to_string(), "14 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn failed_tests_are_counted_by_their_closing_line() {
        let sums = counted(
            &["     Running unittests src/lib.rs (target/debug/deps/a-1)", "error: test failed, to rerun pass `--lib`"],
            &["test a ... FAILED", "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out"],
            false,
        );
        assert_eq!(sums, Summary { passed: 3, failed: 2, skipped: 0 });
        assert_eq!(sums.to_string(), "3 passed, 2 failed");
    }

    #[test]
    fn a_runner_that_died_counts_as_failed() {
        let running = "\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m unittests src/lib.rs (target/debug/deps/a-1)";
        assert_eq!(counted(&[running], &["running 3 tests"], false), Summary::ONE_FAILED);
        assert_eq!(counted(&[running], &[], true), Summary::ONE_FAILED);
    }

    #[test]
    fn a_runner_without_tests_ended_well() {
        let running = "     Running unittests src/main.rs (target/wasm32-unknown-unknown/debug/deps/a.wasm)";
        assert_eq!(counted(&[running], &["no tests to run!"], true), Summary::default());
    }

    #[test]
    fn code_that_does_not_compile_counts_as_failed() {
        assert_eq!(counted(&["error: could not compile `a`"], &[], false), Summary::ONE_FAILED);
    }

    #[test]
    fn what_a_test_prints_is_no_closing_line() {
        let lines =
            ["test result: unknown", "the test result: ok. 9 passed; 0 failed; 0 ignored", "test result: ok. soon"];
        assert_eq!(counted(&[], &lines, true), Summary::default());
    }

    fn tap(lines: &[&str], success: bool) -> Summary {
        let mut counter = TapCounter::default();
        lines.iter().for_each(|line| counter.read(line));
        counter.finish(success)
    }

    #[test]
    fn nodes_closing_lines_are_counted() {
        let lines = ["ok 1 - a test of 3 things", "# Subtest: fail 7", "# tests 7", "# pass 4", "# fail 1"];
        let more = ["# cancelled 1", "# skipped 1", "# todo 0", "# duration_ms 490.122923"];
        assert_eq!(tap(&[&lines[..], &more].concat(), false), Summary { passed: 4, failed: 2, skipped: 1 });
    }

    #[test]
    fn node_that_died_counts_as_failed() {
        assert_eq!(tap(&["TAP version 13"], true), Summary::ONE_FAILED);
        assert_eq!(tap(&["# pass 4", "# fail 0"], false), Summary { passed: 4, failed: 1, skipped: 0 });
    }
}
