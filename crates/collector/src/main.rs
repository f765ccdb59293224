//! The program: starts the collector, prints where it is, and ends it on Ctrl-C or SIGTERM.

use std::{error::Error, io::Write, process::ExitCode, time::Duration};

use collector::{cli::Given, log};

/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let config = Given::read().and_then(|given| {
        log::start(given.log());
        given.config()
    });
    let config = match config {
        Ok(config) => config,
        Err(error) => error.exit(),
    };
    // Before the addresses are printed: whoever reads them may end the program from then on.
    let mut end = match end::signals() {
        Ok(end) => end,
        Err(error) => return failed(&error),
    };
    let running = match collector::start(config).await {
        Ok(running) => running,
        Err(error) => return failed(&error),
    };
    // Nobody may be reading any more; that is no reason to end.
    let mut stdout = std::io::stdout();
    let _ = write!(stdout, "{}", running.addresses).and_then(|()| stdout.flush());

    let lost = tokio::select! {
        () = end.recv() => None,
        why = running.lost() => Some(why),
    };
    if let Some(why) = &lost {
        say(&format!("{why}; it ends, and is to be started again"));
    }
    tokio::select! {
        () = running.stop(GRACE) => {}
        () = end.recv() => {}
    }
    if lost.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn failed(error: &dyn Error) -> ExitCode {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words += &format!(": {error}");
        cause = error.source();
    }
    say(&words);
    ExitCode::FAILURE
}

fn say(words: &str) {
    tracing::error!(target: "collector", "collector: {words}");
}

/// The signals that end the program.
mod end {
    use std::io;

    #[cfg(unix)]
    pub struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

    /// A file that reached its limit (`ulimit -f`). It would end the program; unless somebody waits for it, and then writing
    /// fails as on a full disk.
    #[cfg(unix)]
    const SIGXFSZ: i32 = 25;

    #[cfg(unix)]
    pub fn signals() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        // What is heard once is heard for good.
        let _ = signal(SignalKind::from_raw(SIGXFSZ))?;
        Ok(Signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    #[cfg(unix)]
    impl Signals {
        pub async fn recv(&mut self) {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
            }
        }
    }

    #[cfg(windows)]
    pub struct Signals(tokio::signal::windows::CtrlC);

    #[cfg(windows)]
    pub fn signals() -> io::Result<Signals> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    #[cfg(windows)]
    impl Signals {
        pub async fn recv(&mut self) {
            let _ = self.0.recv().await;
        }
    }
}
