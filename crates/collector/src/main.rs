//! The program: starts the collector, prints where it is, and ends it on Ctrl-C or SIGTERM.

use std::{error::Error, io::Write, process::ExitCode, time::Duration};

use collector::cli::Cli;

/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Cli::read().and_then(Cli::config) {
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

    end.recv().await;
    tokio::select! {
        () = running.stop(GRACE) => {}
        () = end.recv() => {}
    }
    ExitCode::SUCCESS
}

fn failed(error: &dyn Error) -> ExitCode {
    eprint!("collector: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}

/// The signals that end the program.
mod end {
    use std::io;

    #[cfg(unix)]
    pub struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

    #[cfg(unix)]
    pub fn signals() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
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
