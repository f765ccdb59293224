//! Counts what test runners print. Lines of cargo and of libtest (wasm-bindgen's runner prints the same ones) go in, the
//! sums come out; a runner that ended without saying how its tests went counts as one failure.

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
}

impl Summary {
    pub const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0, failures: vec![] };
    pub const ONE_SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1, failures: vec![] };

    /// One failure, by the words that say which.
    pub fn one_failed(what: impl Into<String>) -> Self {
        Self { failed: 1, failures: vec![what.into()], ..Self::default() }
    }

    /// The same, with a word on where those tests ran that failed.
    pub fn within(mut self, place: &str) -> Self {
        self.failures.iter_mut().for_each(|failure| failure.push_str(&format!(" ({place})")));
        self
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for Summary {
    /// A line for each failure comes first: whoever sees no more than the end of a long output still learns which they were.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Reads the lines of one `cargo test`.
#[derive(Debug, Default)]
pub struct Counter {
    sums: Summary,
    started: u64,
    ended: u64,
    /// What cargo says to rerun.
    reruns: Vec<String>,
}

impl Counter {
    /// A line of cargo's own output.
    pub fn read_stderr(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim_start();
        // With a command after it, in ticks, cargo runs a program that a test has started.
        if (line.starts_with("Running ") && !line.starts_with("Running `")) || line.starts_with("Doc-tests ") {
            self.started += 1;
        } else if let Some((_, rerun)) = line.split_once("test failed, to rerun pass ") {
            self.reruns.push(rerun.to_owned());
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
        } else if let Some(name) = failed_test(&line) {
            self.sums.failures.push(name.to_owned());
        }
    }

    /// The sums, given whether cargo was content.
    pub fn finish(self, success: bool) -> Summary {
        let mut sums = self.sums;
        let died = self.started.saturating_sub(self.ended);
        if died > 0 {
            sums.failed += died;
            sums.failures.push(format!("{died} that ended without a closing line, of {}", self.reruns.join(", ")));
        }
        if !success && sums.failed == 0 {
            sums += Summary::one_failed("what cargo could not build or run");
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
    Some(Summary {
        passed: count("passed")?,
        failed: count("failed")?,
        skipped: count("ignored")?,
        ..Summary::default()
    })
}

/// `test a::b ... FAILED` of libtest, `test a::b ... FAIL` of wasm-bindgen's runner.
fn failed_test(line: &str) -> Option<&str> {
    let (name, verdict) = line.trim().strip_prefix("test ")?.rsplit_once(" ... ")?;
    verdict.starts_with("FAIL").then_some(name)
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
        assert_eq!(sums, Summary { passed: 14, failed: 0, skipped: 1, failures: vec![] });
        assert_eq!(sums.to_string(), "14 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn failed_tests_are_counted_by_their_closing_line() {
        let sums = counted(
            &["     Running unittests src/lib.rs (target/debug/deps/a-1)", "error: test failed, to rerun pass `--lib`"],
            &[
                "test a ... FAILED",
                "test b::c ... \u{1b}[31mFAIL\u{1b}[0m",
                "test d ... ok",
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            ],
            false,
        );
        assert_eq!((sums.passed, sums.failed, sums.skipped), (3, 2, 0));
        assert_eq!(sums.to_string(), "failed: a\nfailed: b::c\n3 passed, 2 failed");
    }

    #[test]
    fn a_failure_names_the_place_where_it_was_seen() {
        let sums = Summary::one_failed("a").within("Firefox");
        assert_eq!(sums.to_string(), "failed: a (Firefox)\n0 passed, 1 failed");
    }

    #[test]
    fn a_runner_that_died_counts_as_failed() {
        let running = "\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m unittests src/lib.rs (target/debug/deps/a-1)";
        let rerun = "error: test failed, to rerun pass `-p a --lib`";
        let sums = counted(&[running, rerun], &["running 3 tests"], false);
        assert_eq!(sums, Summary::one_failed("1 that ended without a closing line, of `-p a --lib`"));
        assert_eq!(counted(&[running], &[], true).failed, 1);
    }

    #[test]
    fn a_program_that_a_test_starts_is_no_runner() {
        let running = "     Running tests/xtask.rs (target/debug/deps/xtask-1)";
        let started = "     Running `target/debug/xtask run`";
        let closing = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(counted(&[running, started], &[closing], true), Summary::ONE_PASSED);
    }

    #[test]
    fn a_runner_without_tests_ended_well() {
        let running = "     Running unittests src/main.rs (target/wasm32-unknown-unknown/debug/deps/a.wasm)";
        assert_eq!(counted(&[running], &["no tests to run!"], true), Summary::default());
    }

    #[test]
    fn code_that_does_not_compile_counts_as_failed() {
        assert_eq!(counted(&["error: could not compile `a`"], &[], false).failed, 1);
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
        assert_eq!(tap(&[&lines[..], &more].concat(), false), Summary { passed: 4, failed: 2, skipped: 1, failures });
    }

    #[test]
    fn node_that_died_counts_as_failed() {
        assert_eq!(tap(&["TAP version 13"], true).failed, 1);
        let sums = tap(&["# pass 4", "# fail 0"], false);
        assert_eq!((sums.passed, sums.failed), (4, 1));
    }
}
