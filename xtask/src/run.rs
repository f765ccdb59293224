//! `cargo xtask run`: from sources to a page that traces. The builds run one after the other: side by side they were no
//! faster on two cores, and cargo's progress would be unreadable.

use crate::users::{self, Service};
use crate::{Result, cargo, examples, progress, wasm, workspace::Workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Where an example listens that has a server of its own.
const EXAMPLE_ADDR: &str = "127.0.0.1:3000";

/// Builds everything, starts the users service, then becomes the collector.
pub fn run(workspace: &Workspace, collector_args: &[String]) -> Result<ExitCode> {
    let begun = Instant::now();
    wasm::build_pkg(workspace)?;
    start(workspace, begun, collector_args, None)
}

/// The same with an example's page, or with the server that renders it.
pub fn example(workspace: &Workspace, name: &str, collector_args: &[String]) -> Result<ExitCode> {
    let begun = Instant::now();
    let page = examples::build(workspace, name)?;
    let server = examples::build_server(workspace, name)?;
    let args = match &server {
        None => ["--page-dir".to_owned(), page.to_string_lossy().into_owned()],
        Some(_) => ["--allow-origin".to_owned(), format!("http://{EXAMPLE_ADDR}")],
    };
    start(workspace, begun, &[&args, collector_args].concat(), server.as_deref())
}

fn start(
    workspace: &Workspace,
    begun: Instant,
    collector_args: &[String],
    example_server: Option<&Path>,
) -> Result<ExitCode> {
    let flags = users::sort(collector_args)?;
    let collector = build_collector(workspace)?;
    let users_service = users::build(workspace)?;
    eprintln!("==> Built in {}. Starting; open the page's address, Ctrl-C ends it.", progress::words(begun.elapsed()));
    let mut command = Command::new(&collector);
    let given = |flag: &str| flags.collector.iter().any(|arg| arg.starts_with(flag));
    if !given("--page-dir") {
        command.arg("--page-dir").arg(&workspace.root);
    }
    // From any folder of the project the same traces are found; a directory that is named is meant from where one is.
    if !given("--data-dir") && !given("--page-dir") {
        command.current_dir(&workspace.root);
    }
    if let Some(server) = example_server {
        let mut command = with_process(server, std::process::id());
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", users::endpoint(&flags)).stdin(Stdio::null());
        // Its page's WebAssembly lies beside it.
        command.arg(server.parent().unwrap_or(&workspace.root)).arg(EXAMPLE_ADDR);
        command.spawn().map_err(|error| format!("{} could not be started: {error}", server.display()))?;
    }
    let service = users::start(&users_service, &flags)?;
    command.args(["--users-url", &service.url]).args(&flags.collector);
    become_collector(command, &collector, service)
}

/// A program that ends with this process, however that ends: a server that was left would have its port, and answer for the next one.
#[cfg(unix)]
fn with_process(program: &Path, process: u32) -> Command {
    // What a shell starts so does not hear of Ctrl-C, and the shell itself stays until the process has ended.
    const WATCH: &str =
        r#"trap : INT; "$@" & while kill -0 "$0" && kill -0 $!; do sleep 1; done 2>/dev/null; kill $! 2>/dev/null"#;
    let mut command = Command::new("sh");
    command.args(["-c", WATCH]).arg(process.to_string()).arg(program);
    command
}

/// Elsewhere a console's Ctrl-C ends both.
#[cfg(not(unix))]
fn with_process(program: &Path, _process: u32) -> Command {
    Command::new(program)
}

/// Builds the collector and gives the path of its program.
pub fn build_collector(workspace: &Workspace) -> Result<PathBuf> {
    progress::step("Compiling the collector (minutes the first time, seconds from then on)", || {
        let args = ["--package=collector", "--bin=collector", "--profile=collector"];
        cargo::build(workspace, &args, cargo::executable("collector"))
    })
}

/// On Unix the collector takes this process's place: Ctrl-C and every signal reach it directly, and its exit code is
/// this command's.
#[cfg(unix)]
fn become_collector(mut command: Command, path: &Path, _service: Service) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(format!("the collector {} could not be started: {error}", path.display()))
}

/// Elsewhere a console's Ctrl-C reaches both processes, and this one waits for the collector's end.
#[cfg(not(unix))]
fn become_collector(mut command: Command, path: &Path, mut service: Service) -> Result<ExitCode> {
    let ended = command.status();
    let _ = service.process.kill();
    let status = ended.map_err(|error| format!("the collector {} could not be started: {error}", path.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_ends_with_the_process_that_it_belongs_to() {
        let mut process = Command::new("sleep").arg("1000").spawn().unwrap();
        let mut watched = with_process(Path::new("sleep"), process.id()).arg("1000").spawn().unwrap();
        assert!(watched.try_wait().unwrap().is_none());
        process.kill().unwrap();
        process.wait().unwrap();
        watched.wait().unwrap();
    }
}
