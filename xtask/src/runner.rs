//! Runs a program, passes what it prints on at once, and shows every line to whoever counts.

use crate::Result;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard};

/// What a program printed, without the line's end.
pub enum Line<'line> {
    Stdout(&'line str),
    Stderr(&'line str),
}

/// Gives whether the program was content.
pub fn run(mut command: Command, see: impl FnMut(Line<'_>) + Send) -> Result<bool> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().map_err(|error| format!("{program} could not be started: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let see = Mutex::new(see);
    std::thread::scope(|scope| {
        scope.spawn(|| copy_lines(stdout, std::io::stdout(), |line| lock(&see)(Line::Stdout(line))));
        copy_lines(stderr, std::io::stderr(), |line| lock(&see)(Line::Stderr(line)));
    });
    let status = child.wait().map_err(|error| format!("{program} was lost: {error}"))?;
    Ok(status.success())
}

/// Runs a command that is called `what` to its end, and has it print where this tool does.
pub fn succeeds(mut command: Command, what: &str) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{what}` failed ({status}), for the reason above")),
        Err(error) => Err(format!("`{what}` could not be started: {error}")),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Whatever the encoding of a line, it is passed on as it is.
fn copy_lines(from: Option<impl Read>, mut to: impl Write, mut see: impl FnMut(&str)) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = vec![];
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // A closed terminal is no reason to stop counting.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        see(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> (Result<bool>, Vec<String>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut lines = vec![];
        let outcome = run(command, |line| {
            lines.push(match line {
                Line::Stdout(line) => format!("out {line}"),
                Line::Stderr(line) => format!("err {line}"),
            });
        });
        lines.sort();
        (outcome, lines)
    }

    #[test]
    fn every_line_is_seen_the_unfinished_last_one_too() {
        let (outcome, lines) = shell("echo one; printf 'two'; printf 'thr\\377ee\\n' >&2");
        assert_eq!(outcome, Ok(true));
        assert_eq!(lines, ["err thr\u{fffd}ee", "out one", "out two"]);
    }

    #[test]
    fn failure_and_absence_are_told() {
        assert_eq!(shell("exit 3").0, Ok(false));
        let missing = run(Command::new("no-such-program"), |_| ()).unwrap_err();
        assert!(missing.contains("no-such-program"), "{missing}");
    }
}
