//! The users service beside the collector: started first, because the page is told its address, and ended with the collector.
//!
//! Comes in: the flags of `cargo xtask run`. Goes out: a running service that sends its spans where the page does, and the flags for
//! the collector.

use crate::{Result, cargo, progress::step, workspace::Workspace};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const OTLP_ADDR: &str = "--otlp-addr";
const DEFAULT_OTLP: &str = "127.0.0.1:4318";

/// Builds the service and gives the path of its program.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    step("Compiling the users service (some 30 s the first time)", || {
        let args = ["--package=users-service", "--bin=users-service", "--profile=collector"];
        cargo::build(workspace, &args, cargo::executable("users-service"))
    })
}

/// The flags of `cargo xtask run`, as the two programs need them.
#[derive(Debug, PartialEq)]
pub struct Flags {
    pub collector: Vec<String>,
    pub service: Vec<String>,
    /// Where spans go.
    pub otlp: SocketAddr,
}

/// Sorts the flags. Both programs must know the receiver's port, so a port 0 becomes a free one here.
pub fn sort(args: &[String]) -> Result<Flags> {
    sort_with(args, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// The same where the collector's variables are known: the service has none of its own.
fn sort_with(args: &[String], variable: impl Fn(&str) -> Option<String>) -> Result<Flags> {
    let (mut collector, mut service) = (vec![], vec![]);
    let mut otlp = variable("COLLECTOR_OTLP_ADDR");
    for (flag, name) in [("--allow-origin", "COLLECTOR_ALLOW_ORIGIN"), ("--allow-host", "COLLECTOR_ALLOW_HOST")] {
        let is_given = args.iter().any(|arg| arg.split('=').next() == Some(flag));
        let listed = variable(name).filter(|_| !is_given).unwrap_or_default();
        service.extend(
            listed.split(',').filter(|value| !value.is_empty()).flat_map(|value| [flag.to_owned(), value.to_owned()]),
        );
    }
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (flag, value) = match arg.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        let mut value = || value.clone().or_else(|| args.next().cloned()).unwrap_or_default();
        match flag {
            "--users-addr" => service.extend(["--addr".to_owned(), value()]),
            "--allow-origin" | "--allow-host" => {
                let both = [flag.to_owned(), value()];
                service.extend(both.clone());
                collector.extend(both);
            }
            OTLP_ADDR => otlp = Some(value()),
            _ => collector.push(arg.clone()),
        }
    }
    let given = otlp.as_deref().unwrap_or(DEFAULT_OTLP);
    let mut address: SocketAddr = given.parse().map_err(|_| format!("`{OTLP_ADDR} {given}` is no address"))?;
    if address.port() == 0 {
        let free = TcpListener::bind(address).and_then(|listener| listener.local_addr());
        address = free.map_err(|error| format!("there is no free port on {}: {error}", address.ip()))?;
    }
    if otlp.is_some() {
        collector.extend([OTLP_ADDR.to_owned(), address.to_string()]);
    }
    Ok(Flags { collector, service, otlp: address })
}

/// A service that listens.
pub struct Service {
    /// Its base URL.
    pub url: String,
    /// On Unix it ends with this process by itself.
    #[cfg_attr(unix, expect(dead_code))]
    pub process: Child,
}

/// Starts the service, and waits until it listens.
pub fn start(program: &Path, flags: &Flags) -> Result<Service> {
    let mut command = Command::new(program);
    // A port that is asked for must be had; the default one may be another's.
    if !flags.service.iter().any(|flag| flag == "--addr") {
        command.arg("--or-any-port");
    }
    #[cfg(unix)]
    command.arg("--with-parent");
    command.args(&flags.service).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(flags));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process =
        command.spawn().map_err(|error| format!("{} could not be started: {error}", program.display()))?;
    let mut line = String::new();
    if let Some(stdout) = process.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut line);
    }
    let url =
        line.split_whitespace().nth(1).and_then(|url| url.split_once("/api/users")).map(|(base, _)| base.to_owned());
    match url {
        Some(url) => {
            // Nobody may be reading; the page is told all the same.
            let _ = writeln!(std::io::stdout(), "{}", line.trim_end());
            Ok(Service { url, process })
        }
        None => {
            let _ = process.kill();
            let _ = process.wait();
            Err("the users service did not start, for the reason above".to_owned())
        }
    }
}

/// Where a program of this machine sends its spans.
pub fn endpoint(flags: &Flags) -> String {
    let host = if flags.otlp.ip().is_unspecified() { "localhost".to_owned() } else { bare(flags.otlp) };
    format!("http://{host}:{}", flags.otlp.port())
}

fn bare(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(line: &str) -> Flags {
        sorted_with(line, &[])
    }

    fn sorted_with(line: &str, variables: &[(&str, &str)]) -> Flags {
        let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let value =
            |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
        sort_with(&args, value).expect("the flags are right")
    }

    #[test]
    fn the_service_knows_what_the_collectors_variables_say() {
        let variables = [
            ("COLLECTOR_OTLP_ADDR", "127.0.0.1:9318"),
            ("COLLECTOR_ALLOW_ORIGIN", "http://a.example,http://b.example"),
        ];
        let flags = sorted_with("--memory", &variables);
        assert_eq!(flags.otlp.to_string(), "127.0.0.1:9318");
        assert_eq!(flags.service, ["--allow-origin", "http://a.example", "--allow-origin", "http://b.example"]);
        // A flag goes before a variable.
        let flags = sorted_with("--otlp-addr 127.0.0.1:1 --allow-origin=http://c.example", &variables);
        assert_eq!(flags.otlp.to_string(), "127.0.0.1:1");
        assert_eq!(flags.service, ["--allow-origin", "http://c.example"]);
    }

    #[test]
    fn each_program_has_its_flags() {
        let flags = sorted(
            "--memory --users-addr=127.0.0.1:9 --allow-origin http://a.example --allow-host=b --page-addr 127.0.0.1:0",
        );
        let both = ["--allow-origin", "http://a.example", "--allow-host", "b"];
        assert_eq!(flags.collector, [&["--memory"], &both[..], &["--page-addr", "127.0.0.1:0"]].concat());
        assert_eq!(flags.service, [&["--addr", "127.0.0.1:9"], &both[..]].concat());
        assert_eq!(flags.otlp.to_string(), "127.0.0.1:4318");
    }

    #[test]
    fn any_free_port_for_spans_is_one_that_both_know() {
        for line in ["--otlp-addr 127.0.0.1:0", "--otlp-addr=127.0.0.1:0"] {
            let flags = sorted(line);
            assert_ne!(flags.otlp.port(), 0);
            assert_eq!(flags.collector, ["--otlp-addr".to_owned(), flags.otlp.to_string()]);
        }
        assert_eq!(sorted("--otlp-addr [::1]:4318").collector, ["--otlp-addr", "[::1]:4318"]);
    }
}
