//! Counts what `cargo test` prints. Lines of cargo and of libtest (wasm-bindgen's runner prints the same ones) go in, the sums
//! come out, with what each failed test said; a runner that ended without saying how its tests went counts as one failure.

use crate::summary::Summary;

/// Reads the lines of one `cargo test`.
#[derive(Debug, Default)]
pub struct Counter {
    sums: Summary,
    failed: Vec<Failed>,
    /// Whose output is being read, if a failed test's is.
    reading: Option<usize>,
    /// Runners, and their closing lines: of a package's doc tests there may be several.
    started: u64,
    ended: u64,
    /// How many closing lines told of a failure.
    ended_badly: u64,
    /// What cargo says to rerun.
    reruns: Vec<String>,
}

/// A test that failed, and the lines that say why.
#[derive(Debug)]
struct Failed {
    name: String,
    reason: Vec<String>,
}

impl Failed {
    /// Takes the panic's place and the first lines of its message, and gives whether more may follow.
    fn read_reason(&mut self, line: &str) -> bool {
        const LINES: usize = 4;
        if self.reason.is_empty() {
            if line.contains("panicked at ") || line.starts_with("Error: ") {
                self.reason.push(line.to_owned());
            }
            return true;
        }
        if line.is_empty() || line.starts_with("note: ") {
            return false;
        }
        self.reason.push(line.to_owned());
        self.reason.len() < LINES
    }

    /// One line, which is short whatever a test prints.
    fn line(&self) -> String {
        const LONGEST: usize = 600;
        let line = self.reason.iter().fold(self.name.clone(), |line, more| line + " | " + more);
        line.chars().take(LONGEST).collect()
    }
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
            self.ended_badly += u64::from(summary.failed > 0);
            self.sums += summary;
            self.ended += 1;
            self.reading = None;
        } else if line.trim() == "no tests to run!" {
            self.ended += 1;
        } else if let Some(name) = failed_test(&line) {
            self.failed.push(Failed { name: name.to_owned(), reason: vec![] });
        } else if let Some(name) = output_of(&line) {
            self.reading = self.failed.iter().rposition(|failed| failed.name == name);
        } else if let Some(failed) = self.reading.and_then(|at| self.failed.get_mut(at))
            && !failed.read_reason(line.trim())
        {
            self.reading = None;
        }
    }

    /// The names of those that failed, if no runner died and nothing else went wrong.
    pub fn failed_alone(&self) -> Vec<String> {
        let all_named = self.died() == 0 && self.sums.failed == self.failed.len() as u64;
        if all_named { self.failed.iter().map(|failed| failed.name.clone()).collect() } else { vec![] }
    }

    /// The sums, given whether cargo was content.
    pub fn finish(self, success: bool) -> Summary {
        let died = self.died();
        let mut sums = self.sums;
        sums.failures.extend(self.failed.iter().map(Failed::line));
        if died > 0 {
            sums.failed += died;
            sums.failures.push(format!("{died} that ended without a closing line, of {}", self.reruns.join(", ")));
        }
        if !success && sums.failed == 0 {
            sums += Summary::one_failed("what cargo could not build or run");
        }
        sums
    }

    /// The sums, given what became of each that failed, in their order, when it was tried again by itself.
    pub fn after_second_tries(self, again: &[(Self, bool)]) -> Summary {
        let mut sums = self.sums;
        for (at, failed) in self.failed.iter().enumerate() {
            if again.get(at).is_some_and(|(counter, success)| *success && counter.is_content()) {
                sums.passed += 1;
                sums.failed = sums.failed.saturating_sub(1);
                sums.unsteady.push(failed.line());
            } else {
                sums.failures.push(failed.line());
            }
        }
        sums
    }

    /// Whether something was tried, and all of it passed.
    fn is_content(&self) -> bool {
        self.died() == 0 && self.sums.passed > 0 && self.sums.failed == 0
    }

    /// How many runners ended without a closing line. Cargo tells of each that failed in whatever way.
    fn died(&self) -> u64 {
        let unsaid = (self.reruns.len() as u64).saturating_sub(self.ended_badly);
        unsaid.max(self.started.saturating_sub(self.ended))
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

/// `---- a::b stdout ----` of libtest, `---- a::b output ----` of wasm-bindgen's runner.
fn output_of(line: &str) -> Option<&str> {
    let heading = line.trim().strip_prefix("---- ")?.strip_suffix(" ----")?;
    heading.strip_suffix(" stdout").or_else(|| heading.strip_suffix(" output"))
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

    fn read(stderr: &[&str], stdout: &[&str]) -> Counter {
        let mut counter = Counter::default();
        stderr.iter().for_each(|line| counter.read_stderr(line));
        stdout.iter().for_each(|line| counter.read_stdout(line));
        counter
    }

    fn counted(stderr: &[&str], stdout: &[&str], success: bool) -> Summary {
        read(stderr, stdout).finish(success)
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
        assert_eq!(sums, Summary { passed: 14, failed: 0, skipped: 1, ..Summary::default() });
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

    #[test]
    fn a_failure_says_why_in_one_line() {
        let sums = counted(
            &["     Running tests/e2e/main.rs (target/debug/deps/e2e-1)"],
            &[
                "test a::b ... FAILED",
                "failures:",
                "---- a::b stdout ----",
                "a line that the test printed",
                "",
                "thread 'a::b' (7) panicked at tests/a.rs:3:5:",
                "assertion failed",
                "  left: 1",
                "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
                "",
                "failures:",
                "    a::b",
                "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            ],
            false,
        );
        let said = "a::b | thread 'a::b' (7) panicked at tests/a.rs:3:5: | assertion failed | left: 1";
        assert_eq!(sums.failures, [said]);
        let long = Failed { name: "a".to_owned(), reason: vec!["é".repeat(10_000)] };
        assert_eq!(long.line().chars().count(), 600);
    }

    #[test]
    fn the_second_try_decides_and_is_told() {
        const RUNNING: &str = "     Running tests/e2e/main.rs (target/debug/deps/e2e-1)";
        const FAILED: &str = "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        const PASSED: &str = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        const STILL: &str = "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        let first = || read(&[RUNNING], &["test a ... FAILED", "test b ... FAILED", FAILED]);
        assert_eq!(first().failed_alone(), ["a", "b"]);
        let passed = || (read(&[RUNNING], &[PASSED]), true);
        let failed = (read(&[RUNNING], &["test b ... FAILED", STILL]), false);
        let sums = first().after_second_tries(&[passed(), failed]);
        assert_eq!(sums.to_string(), "failed at first, passed by itself: a\nfailed: b\n6 passed, 1 failed");
        // A second try that died, that found no test, or that was not made excuses nothing.
        for again in [read(&[RUNNING], &[]), read(&[RUNNING], &["no tests to run!"])] {
            assert_eq!(first().after_second_tries(&[passed(), (again, true)]).failed, 1);
        }
        assert_eq!(first().after_second_tries(&[passed()]).failed, 1);
        // A runner that died has said nothing of its tests, however many closing lines others had.
        let none = Vec::<String>::new();
        assert_eq!(read(&[RUNNING, RUNNING], &["test a ... FAILED", FAILED]).failed_alone(), none);
        const FAILED_ONE: &str = "error: test failed, to rerun pass `--lib`";
        let lines = ["test a ... FAILED", "test b ... FAILED", FAILED, PASSED];
        assert_eq!(read(&[RUNNING, FAILED_ONE], &lines).failed_alone(), ["a", "b"]);
        assert_eq!(read(&[RUNNING, FAILED_ONE, RUNNING, FAILED_ONE], &lines).failed_alone(), none);
    }
}
