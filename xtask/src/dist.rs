//! `cargo xtask dist`: what a release has. The collector as one static program for Linux beside the page, both packages for npm, and their
//! checksums, all in target/dist. What was made is tried before it is praised: unpacked, started, and asked.

use crate::npm_package::copy;
use crate::runner::succeeds;
use crate::{Result, apt, cargo, javascript_api, npm, npm_package, progress::step, wasm};
use crate::{workspace::Workspace, workspace::on_path};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// The C library that is linked in. Of C there is the cryptography alone.
const TARGET: &str = "x86_64-unknown-linux-musl";

pub fn dist(workspace: &Workspace) -> Result<ExitCode> {
    let dist = workspace.target_dir.join("dist");
    let _ = fs::remove_dir_all(&dist);
    fs::create_dir_all(&dist).map_err(|error| format!("{} cannot be made: {error}", dist.display()))?;
    let collector = static_collector(workspace)?;
    let pkg = wasm::build_pkg(workspace)?;
    let name = format!("collector-{}-{TARGET}", workspace.package("collector")?.version);
    bundle(workspace, &collector, &dist.join(&name))?;
    run("tar", &["--owner=0", "--group=0", "-czf", &format!("{name}.tar.gz"), &name], &dist)?;
    let _ = fs::remove_dir_all(dist.join(&name));
    if npm::is_there() {
        for (package, pkg) in [("inprocess", pkg), ("opentelemetry-browser-js", javascript_api::build(workspace)?)] {
            let tarball = npm_package::pack(workspace, package, &pkg)?;
            copy(&tarball, &dist.join(tarball.file_name().unwrap_or_default()))?;
        }
    } else {
        eprintln!("The packages for npm are left out: they need Node.js and npm (https://nodejs.org).");
    }
    run("sh", &["-c", "sha256sum *gz > SHA256SUMS && cat SHA256SUMS"], &dist)?;
    step("Trying what was made", || {
        run("sha256sum", &["--check", "--quiet", "SHA256SUMS"], &dist)?;
        run("tar", &["-xzf", &format!("{name}.tar.gz")], &dist)?;
        let outcome = is_static(&dist.join(&name).join("collector")).and_then(|()| answers(&dist.join(&name)));
        let _ = fs::remove_dir_all(dist.join(&name));
        outcome
    })?;
    println!("{}", dist.display());
    Ok(ExitCode::SUCCESS)
}

fn static_collector(workspace: &Workspace) -> Result<PathBuf> {
    cargo::ensure_target(TARGET)?;
    if on_path(&["musl-gcc"]).is_none() {
        apt::install(&["musl-tools"], "install a compiler for musl, called musl-gcc")?;
    }
    step("Compiling the collector as a static program (some 2 minutes the first time)", || {
        let args = ["--package=collector", "--bin=collector", "--profile=collector", "--locked", "--target", TARGET];
        cargo::build(workspace, &args, cargo::executable("collector"))
    })
}

/// A folder with the program, the page, and what is to be said of them.
fn bundle(workspace: &Workspace, collector: &Path, folder: &Path) -> Result<()> {
    let page = folder.join("page");
    fs::create_dir_all(&page).map_err(|error| format!("{} cannot be made: {error}", page.display()))?;
    copy(collector, &folder.join("collector"))?;
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        copy(&workspace.root.join(file), &folder.join(file))?;
    }
    copy(&workspace.root.join("docs/collector.md"), &folder.join("README.md"))?;
    copy(&workspace.root.join("index.html"), &page.join("index.html"))?;
    let (www, pkg) = (workspace.root.join("www"), workspace.root.join("pkg"));
    run("cp", &["-R", &www.to_string_lossy(), &pkg.to_string_lossy(), "."], &page)
}

/// A program that needs a loader names it in its headers.
fn is_static(program: &Path) -> Result<()> {
    const LOADER: u32 = 3;
    let bytes = fs::read(program).map_err(|error| format!("{} cannot be read: {error}", program.display()))?;
    let number = |at: usize, length: usize| {
        let bytes = bytes.get(at..at + length).unwrap_or_default();
        bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte)) as usize
    };
    // Of ELF for 64 bits: where the program headers begin, how long each is, how many there are.
    let (begin, length, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    let is_elf = bytes.starts_with(b"\x7fELF\x02");
    if is_elf && count > 0 && (0..count).all(|header| number(begin + header * length, 4) != LOADER as usize) {
        return Ok(());
    }
    Err(format!("{} is not a static program", program.display()))
}

/// The program ends with its guard.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program as a user would, and asks for the page, its WebAssembly, and the viewer; a trace is received.
fn answers(folder: &Path) -> Result<()> {
    let mut command = Command::new(folder.join("collector"));
    command.args(["--memory", "--page-dir", "page", "--page-addr=127.0.0.1:0", "--otlp-addr=127.0.0.1:0"]);
    command.args(["--grpc-addr=127.0.0.1:0", "--query-addr=127.0.0.1:0"]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("the collector could not be started: {error}"))?;
    let mut running = Running(child);
    let stdout = running.0.stdout.take().ok_or("the collector has no output")?;
    let (mut page, mut otlp, mut viewer) = (None, None, None);
    for line in BufReader::new(stdout).lines().map_while(|line| line.ok()) {
        let mut words = line.split_whitespace();
        let (word, address) = (words.next(), words.next().and_then(|url| url.strip_prefix("http://")));
        let host = address.and_then(|address| address.split('/').next()).map(str::to_owned);
        match word {
            Some("page") => page = host,
            Some("OTLP") => otlp = host,
            Some("viewer") => viewer = host,
            _ => {}
        }
        if page.is_some() && otlp.is_some() && viewer.is_some() {
            break;
        }
    }
    let known = |host: Option<String>| host.ok_or_else(|| "the collector did not print its addresses".to_owned());
    let (page, otlp, viewer) = (known(page)?, known(otlp)?, known(viewer)?);
    for (host, request) in [
        (&page, "GET / "),
        (&page, "GET /pkg/inprocess_bg.wasm "),
        (&viewer, "GET / "),
        (&viewer, "GET /api/services "),
        (&otlp, "POST /v1/traces "),
    ] {
        let answer = ask(host, request).map_err(|error| format!("http://{host}: {request}: {error}"))?;
        if !answer.starts_with("HTTP/1.1 200 ") {
            return Err(format!("http://{host}: {request}was answered {}", answer.lines().next().unwrap_or_default()));
        }
    }
    Ok(())
}

fn ask(host: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let headers = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    write!(stream, "{request}HTTP/1.1\r\nHost: {host}\r\n{headers}")?;
    let mut answer = vec![];
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn run(program: &str, args: &[&str], dir: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir);
    succeeds(command, &format!("{program} {}", args.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_needs_a_loader_is_not_static() {
        let this = std::env::current_exe().unwrap();
        assert!(is_static(&this).unwrap_err().contains("not a static program"));
        assert!(is_static(&Workspace::find().unwrap().root.join("README.md")).is_err());
    }
}
