//! A screen that nobody sees. Drop ends it.

use crate::programs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) struct Screen {
    /// As programs read it from `DISPLAY`.
    pub(crate) display: String,
    process: Child,
}

impl Screen {
    pub(crate) fn start() -> Self {
        let program = programs::xvfb();
        let mut process = Command::new(&program)
            // It chooses a free number, and says it when programs can connect.
            .args(["-displayfd", "1", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let mut number = String::new();
        let stdout = process.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut number).expect("Xvfb's output can be read");
        let number = number.trim();
        assert!(!number.is_empty(), "{} ended without a screen", program.display());
        Self { display: format!(":{number}"), process }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
