//! The command line.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{
    AllowedOrigin, Bounds, Config, Forward, Keep, Limits, Target,
    forward::headers::Written,
    guard::{hosts, parse_origin},
    quantity,
};

/// Where traces are kept when nobody says where.
const DATA_DIR: &str = ".collector";

/// Serves the page, receives its spans (OTLP/HTTP, JSON or protobuf), keeps the traces and shows them.
///
/// If the OTLP port is taken, for example by a Jaeger, that program receives the spans: then only the page is served. If
/// another port is taken, the next free one is used. The addresses are printed when everything listens. Ctrl-C ends it.
#[derive(Debug, Parser)]
#[command(name = "collector", version)]
pub struct Cli {
    /// Where the page is served; the viewer is also there, at /viewer. Port 0: any free port
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    page_addr: SocketAddr,

    /// Where spans are received, at /v1/traces. Port 0: any free port; the page is told which
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:4318")]
    otlp_addr: SocketAddr,

    /// Where traces are shown, and queried at /api. Port 0: any free port; the page is told which
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:16686")]
    query_addr: SocketAddr,

    /// Where OTLP/gRPC is taken. Port 0: any free port
    #[arg(long, alias = "grpc", value_name = "IP:PORT", default_value = "127.0.0.1:4317")]
    grpc_addr: SocketAddr,

    /// The directory of the page: its index.html, www/ and pkg/ are served, nothing else
    #[arg(long, value_name = "DIR", default_value = ".")]
    page_dir: PathBuf,

    /// Where the page asks for users over HTTP: the base URL of a users-service, which it is told
    #[arg(long, value_name = "URL")]
    users_url: Option<String>,

    /// The directory in which traces are kept, made if need be; one collector at a time has it [default: .collector]
    ///
    /// Spans are on the disk before their sender gets its success. If the default directory cannot be had, traces are kept in
    /// memory, and that is said; a directory that is named here must be one that can.
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    data_dir: Option<PathBuf>,

    /// Keeps traces in memory only: they go when the collector ends
    #[arg(long)]
    memory: bool,

    /// How much space the traces may take, and as much again the logs; beyond that what arrived first goes
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = quantity::bytes)]
    max_bytes: usize,

    /// How long traces and logs are kept
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = quantity::age)]
    max_age: Duration,

    /// How many spans are kept at most: some 300 bytes of memory each
    #[arg(long, value_name = "NUMBER", default_value = "1000000", value_parser = quantity::number)]
    max_spans: usize,

    /// How many log records are kept at most: some 200 bytes of memory each
    #[arg(long, value_name = "NUMBER", default_value = "1000000", value_parser = quantity::number)]
    max_logs: usize,

    /// Lets pages of this origin send spans too, like http://localhost:3000; * for all. May be repeated.
    ///
    /// The page that is served here needs none. Pages of other origins are refused, so that no site that is visited on
    /// this machine can send spans. Programs are not concerned.
    #[arg(long, value_name = "ORIGIN", value_parser = parse_origin)]
    allow_origin: Vec<AllowedOrigin>,

    /// Lets this machine be called NAME too, as in http://NAME:8080. May be repeated.
    ///
    /// It answers to localhost, and on a public address (0.0.0.0) to any IP address. Other names are refused, because a site
    /// can give its own name the address of this machine, and would be taken for a page from here.
    #[arg(long, value_name = "NAME", value_parser = hosts::parse)]
    allow_host: Vec<String>,

    /// Hands what is received on to another OTLP/HTTP endpoint, as it came; /v1/traces is appended if the URL lacks it.
    ///
    /// So keys stay out of pages. Only http: https is left to a program such as an OpenTelemetry Collector or a reverse
    /// proxy. What cannot be delivered is tried again for five minutes; 128 MiB may wait, and what is beyond is dropped, and
    /// said. Other users of this machine can read the command line: a URL whose query has a key belongs in the environment.
    #[arg(long, value_name = "URL", env = "COLLECTOR_FORWARD", hide_env_values = true)]
    forward: Option<String>,

    /// Sent with what is handed on, like 'x-tenant=shop'; never shown. May be repeated.
    ///
    /// Not for keys: other users of this machine can read the command line. Those belong in a --forward-header-file, or in the
    /// environment variable COLLECTOR_FORWARD_HEADERS, one NAME=VALUE a line.
    #[arg(long, value_name = "NAME=VALUE", requires = "forward")]
    forward_header: Vec<String>,

    /// A file of such headers, one NAME=VALUE a line; safe for keys if others cannot read it (chmod 600). May be repeated
    #[arg(long, value_name = "FILE", requires = "forward")]
    forward_header_file: Vec<PathBuf>,
}

impl Cli {
    /// The command line of this process, or what is wrong with it.
    pub fn read() -> Result<Self, clap::Error> {
        Self::try_parse().map_err(without_words)
    }

    /// The configuration, or what is wrong with the values taken together.
    pub fn config(self) -> Result<Config, clap::Error> {
        let error = |message: String| Self::command().error(ErrorKind::ValueValidation, message);
        let addresses = [
            ("--page-addr", self.page_addr),
            ("--otlp-addr", self.otlp_addr),
            ("--query-addr", self.query_addr),
            ("--grpc-addr", self.grpc_addr),
        ];
        for (index, (flag, address)) in addresses.iter().enumerate() {
            let same = |other: &&(&str, SocketAddr)| other.1 == *address && address.port() != 0;
            if let Some((other, _)) = addresses[..index].iter().find(same) {
                return Err(error(format!("{other} and {flag} are both {address}: each needs a port of its own")));
            }
        }
        if !self.page_dir.is_dir() {
            return Err(error(format!("--page-dir: there is no directory {}", self.page_dir.display())));
        }
        // Checked here and not by clap, whose errors repeat the values.
        let mut headers = Written::default();
        headers.add_flags(&self.forward_header);
        self.forward_header_file.iter().try_for_each(|file| headers.add_file(file)).map_err(error)?;
        headers.add_environment().map_err(error)?;
        let target = self.forward.map(|url| Target::with(&url, &headers)).transpose().map_err(error)?;
        let itself = |target: &Target| addresses.into_iter().find(|(_, address)| is_itself(target, *address));
        if let Some((flag, address)) = target.as_ref().and_then(itself) {
            return Err(error(format!(
                "--forward is the address of {flag}: spans would go round and round in {address}"
            )));
        }
        Ok(Config {
            page_addr: self.page_addr,
            otlp_addr: self.otlp_addr,
            query_addr: self.query_addr,
            grpc_addr: self.grpc_addr,
            page_dir: self.page_dir,
            users_url: self.users_url,
            keep: match self.data_dir {
                _ if self.memory => Keep::Memory,
                Some(directory) => Keep::Disk { directory, or_memory: false },
                None => Keep::Disk { directory: DATA_DIR.into(), or_memory: true },
            },
            limits: Limits { spans: self.max_spans, logs: self.max_logs, bytes: self.max_bytes, age: self.max_age },
            allow_origins: self.allow_origin,
            allow_hosts: self.allow_host,
            bounds: Bounds::default(),
            forward: target.map(Forward::to),
        })
    }
}

/// Whether the target is one of the addresses that are listened on. What is not seen here, a name or a port that moved, is seen
/// when the first request comes back.
fn is_itself(target: &Target, listener: SocketAddr) -> bool {
    let here = |ip: IpAddr| {
        let (ip, listener) = (ip.to_canonical(), listener.ip().to_canonical());
        let local = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
        ip == listener || local(ip) && local(listener)
    };
    let host = target.host.parse().map_or(target.host.eq_ignore_ascii_case("localhost"), here);
    target.port == listener.port() && host
}

/// A word that belongs to no flag may be half of a key: 'Authorization=Bearer KEY' without the quotes. It is not repeated.
fn without_words(error: clap::Error) -> clap::Error {
    let stray = |value: &ContextValue| matches!(value, ContextValue::String(word) if !word.starts_with('-'));
    if error.kind() == ErrorKind::UnknownArgument && error.get(ContextKind::InvalidArg).is_some_and(stray) {
        let message = "there is a word that belongs to no flag; put values with blanks in quotes: 'NAME=a value'";
        return Cli::command().error(ErrorKind::UnknownArgument, message);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &[&str]) -> Result<Config, clap::Error> {
        Cli::try_parse_from([&["collector"], arguments].concat()).map_err(without_words).and_then(Cli::config)
    }

    #[test]
    fn defaults() {
        Cli::command().debug_assert();
        let config = config(&[]).unwrap();
        assert_eq!(config.page_addr.to_string(), "127.0.0.1:8080");
        assert_eq!(config.otlp_addr.to_string(), "127.0.0.1:4318");
        assert_eq!(config.query_addr.to_string(), "127.0.0.1:16686");
        assert_eq!(config.grpc_addr.to_string(), "127.0.0.1:4317");
    }

    #[test]
    fn wrong_values_are_named() {
        let cases: [(&[&str], &[&str]); 4] = [
            (&["--page-addr", "8080"], &["8080", "--page-addr"]),
            (&["--otlp-addr", "localhost:4318"], &["localhost:4318", "--otlp-addr"]),
            (&["--page-dir", "/no/such/place"], &["--page-dir", "/no/such/place"]),
            (&["--query-addr", "127.0.0.1:4318"], &["--otlp-addr", "--query-addr", "127.0.0.1:4318"]),
        ];
        for (arguments, words) in cases {
            let message = config(arguments).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
        assert!(config(&["--page-addr", "[::1]:0", "--otlp-addr", "[::1]:0"]).is_ok());
    }

    #[test]
    fn origins_and_forwarding() {
        let config_of = |arguments: &[&str]| config(arguments).unwrap();
        let config = config_of(&["--allow-origin", "http://localhost:3000", "--allow-origin", "*"]);
        assert_eq!(config.allow_origins, [AllowedOrigin::One("http://localhost:3000".into()), AllowedOrigin::Any]);
        assert!(config.forward.is_none());
        let headers = ["--forward-header", "x-key=1", "--forward-header=Authorization=Bearer a=b"];
        let config = config_of(&[&["--forward", "http://a.example"], &headers[..]].concat());
        let target = config.forward.unwrap().target;
        assert_eq!(target.shown, "http://a.example/v1/traces");
        assert_eq!(
            (&target.headers["x-key"], &target.headers["authorization"]),
            (&"1".parse().unwrap(), &"Bearer a=b".parse().unwrap())
        );
    }

    #[test]
    fn wrong_origins_and_targets_are_told_what_to_do_and_secrets_are_not_repeated() {
        let cases: [(&[&str], &str); 14] = [
            (&["--allow-origin", "localhost:3000"], "http://localhost:3000"),
            (&["--allow-host", "http://machine"], "without scheme and port"),
            (&["--forward", "collector.example"], "http://collector.example:4318"),
            (&["--forward", "https://api.example?key=secret"], "https is not built in"),
            (&["--forward", "http://localhost:4318"], "--otlp-addr"),
            (&["--forward", "http://[::ffff:127.0.0.1]:4318"], "--otlp-addr"),
            (&["--forward", "http://0.0.0.0:16686"], "--query-addr"),
            (&["--forward", "http://localhost:8080/viewer"], "--page-addr"),
            (&["--forward", "http://[::1]:9318/x", "--otlp-addr", "0.0.0.0:9318"], "--otlp-addr"),
            (&["--forward", "http://a.example", "--forward-header", "Authorization: secret"], "NAME=VALUE"),
            (&["--forward", "http://a.example", "--forward-header", "Authorization=Bearer", "secret"], "in quotes"),
            (&["--forward", "http://a.example", "--forward-headr=Authorization=secret"], "--forward-headr"),
            (&["--forward-header", "Authorization=secret"], "--forward <URL>"),
            (&["--forward-header-file", "secret"], "--forward <URL>"),
        ];
        for (arguments, word) in cases {
            let message = config(arguments).unwrap_err().to_string();
            assert!(message.contains(word) && !message.contains("secret"), "{message}");
        }
    }
}
