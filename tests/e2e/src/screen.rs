//! A screen that nobody sees. Drop ends it. The commands (`xtask`) have this file, too.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct Screen {
    /// As programs read it from `DISPLAY`.
    pub(crate) display: String,
    process: Child,
}

impl Screen {
    /// By this Xvfb.
    pub(crate) fn start(program: &Path) -> Result<Self, String> {
        let mut process = Command::new(program)
            // It chooses a free number, and says it when programs can connect.
            .args(["-displayfd", "1", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let mut number = String::new();
        if let Some(stdout) = process.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut number);
        }
        let screen = Self { display: format!(":{}", number.trim()), process };
        if number.trim().is_empty() { Err(format!("{} ended without a screen", program.display())) } else { Ok(screen) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
