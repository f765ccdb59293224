//! The settings: flags, environment variables and a file; what is given by an earlier one of these goes before a later one.
//!
//! Everything is a flag with its variable, and what stands in the file (`file`) is read as the flags that it stands for.

mod file;
mod targets;
mod values;

use std::{
    ffi::{OsStr, OsString},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use clap::{
    ArgMatches, Command, CommandFactory, FromArgMatches, Parser,
    builder::{BoolishValueParser, Resettable},
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::{
    AllowedOrigin, Bounds, Config, Forward, Keep, Keys, Limits, Named, Patience, Rate, Tls,
    guard::{hosts, parse_origin},
    log, quantity,
};

/// Reads the text of a file of settings.
#[cfg(any(test, fuzzing))]
pub(crate) fn settings(text: &str) -> Result<usize, String> {
    file::settings(text, &Cli::command()).map(|settings| settings.len())
}

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
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", env = "COLLECTOR_PAGE_ADDR", value_parser = values::address)]
    page_addr: SocketAddr,

    /// Where spans are received, at /v1/traces. Port 0: any free port; the page is told which
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:4318", env = "COLLECTOR_OTLP_ADDR", value_parser = values::address)]
    otlp_addr: SocketAddr,

    /// Where traces are shown, and queried at /api. Port 0: any free port; the page is told which
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:16686", env = "COLLECTOR_QUERY_ADDR", value_parser = values::address)]
    query_addr: SocketAddr,

    /// Where OTLP/gRPC is taken. Port 0: any free port
    #[arg(long, alias = "grpc", value_name = "IP:PORT", default_value = "127.0.0.1:4317", env = "COLLECTOR_GRPC_ADDR", value_parser = values::address)]
    grpc_addr: SocketAddr,

    /// The directory of the page: its index.html, www/ and pkg/ are served, nothing else
    #[arg(long, value_name = "DIR", default_value = ".", env = "COLLECTOR_PAGE_DIR")]
    page_dir: PathBuf,

    /// Where the page asks for users over HTTP: the base URL of a users-service, which it is told
    #[arg(long, value_name = "URL", env = "COLLECTOR_USERS_URL", value_parser = values::base_url)]
    users_url: Option<String>,

    /// The directory in which traces are kept, made if need be; one collector at a time has it [default: .collector]
    ///
    /// Spans are on the disk before their sender gets its success. If the default directory cannot be had, traces are kept in
    /// memory, and that is said; a directory that is named here must be one that can.
    #[arg(long, value_name = "DIR", env = "COLLECTOR_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// Keeps traces in memory only: they go when the collector ends
    #[arg(long, env = "COLLECTOR_MEMORY", value_parser = BoolishValueParser::new())]
    memory: bool,

    /// How much space the files of traces (three quarters) and logs (one) may take; beyond that what arrived first goes
    #[arg(long, value_name = "SIZE", default_value = "1GiB", env = "COLLECTOR_MAX_BYTES", value_parser = quantity::bytes)]
    max_bytes: usize,

    /// How long traces and logs are kept
    #[arg(long, value_name = "TIME", default_value = "7d", env = "COLLECTOR_MAX_AGE", value_parser = quantity::age)]
    max_age: Duration,

    /// How many spans are kept at most: some 300 bytes of memory each
    #[arg(long, value_name = "NUMBER", default_value = "1000000", env = "COLLECTOR_MAX_SPANS", value_parser = quantity::number)]
    max_spans: usize,

    /// How many log records are kept at most: some 200 bytes of memory each
    #[arg(long, value_name = "NUMBER", default_value = "1000000", env = "COLLECTOR_MAX_LOGS", value_parser = quantity::number)]
    max_logs: usize,

    /// Lets pages of this origin send spans too, like http://localhost:3000; * for all. May be repeated.
    ///
    /// The page that is served here needs none. Pages of other origins are refused, so that no site that is visited on
    /// this machine can send spans. Programs are not concerned.
    #[arg(long, value_name = "ORIGIN", env = "COLLECTOR_ALLOW_ORIGIN", value_delimiter = ',', value_parser = parse_origin)]
    allow_origin: Vec<AllowedOrigin>,

    /// Lets this machine be called NAME too, as in http://NAME:8080. May be repeated.
    ///
    /// It answers to localhost, and on a public address (0.0.0.0) to any IP address. Other names are refused, because a site
    /// can give its own name the address of this machine, and would be taken for a page from here.
    #[arg(long, value_name = "NAME", env = "COLLECTOR_ALLOW_HOST", value_delimiter = ',', value_parser = hosts::parse)]
    allow_host: Vec<String>,

    /// Hands what is received on to another OTLP endpoint. May be repeated.
    ///
    /// By http:// or https:// in protobuf (/v1/traces, /v1/logs and /v1/metrics are appended), or by grpc:// or grpcs://. So keys stay out
    /// of pages. What cannot be delivered waits on the disk, and is tried again. Other users of this machine can read the command
    /// line: a URL whose path or query has a key belongs in the environment (several are separated by blanks). Without it,
    /// OTEL_EXPORTER_OTLP_ENDPOINT and its like are read.
    #[arg(long, value_name = "URL", env = "COLLECTOR_FORWARD", hide_env_values = true)]
    forward: Vec<String>,

    /// Sent with what is handed on, like 'x-tenant=shop'; never shown. May be repeated.
    ///
    /// With more than one --forward it belongs to the one before it. Not for keys: other users of this machine can read the command
    /// line. Those belong in a --forward-header-file, or in the environment variable COLLECTOR_FORWARD_HEADERS, one NAME=VALUE a line.
    #[arg(long, value_name = "NAME=VALUE", requires = "forward")]
    forward_header: Vec<String>,

    /// A file of such headers, one NAME=VALUE a line; safe for keys if others cannot read it (chmod 600). May be repeated
    #[arg(long, value_name = "FILE", env = "COLLECTOR_FORWARD_HEADER_FILE", requires = "forward")]
    forward_header_file: Vec<PathBuf>,

    /// The certificates of authorities (PEM) that are trusted there, instead of this system's
    #[arg(long, value_name = "FILE", env = "COLLECTOR_FORWARD_CA", requires = "forward")]
    forward_ca: Vec<PathBuf>,

    /// How what is sent there is compressed: gzip or none
    #[arg(long, value_name = "HOW", env = "COLLECTOR_FORWARD_COMPRESSION", requires = "forward", value_parser = ["gzip", "none"])]
    forward_compression: Vec<String>,

    /// How much may wait for each --forward; beyond that senders are told to come again [default: 512MiB, in memory 128MiB]
    #[arg(long, value_name = "SIZE", env = "COLLECTOR_FORWARD_MAX_BYTES", value_parser = quantity::bytes)]
    forward_max_bytes: Option<usize>,

    /// How long it may wait; what is older is given up, and said
    #[arg(long, value_name = "TIME", default_value = "1d", env = "COLLECTOR_FORWARD_MAX_AGE", value_parser = quantity::age)]
    forward_max_age: Duration,

    /// How many requests a second each sender may send, by origin and address, like 100 or 600/m; more are answered 429
    #[arg(long, value_name = "REQUESTS", env = "COLLECTOR_RATE", value_parser = Rate::parse)]
    rate: Option<Rate>,

    /// Takes requests only with this key, as 'Authorization: Bearer KEY' or 'x-api-key: KEY'. May be repeated.
    ///
    /// Other users of this machine can read the command line: a key belongs in the environment, or in the file of --config.
    #[arg(long, value_name = "KEY", env = "COLLECTOR_API_KEY", hide_env_values = true, value_delimiter = ',')]
    api_key: Vec<String>,

    /// Speaks TLS where records are received, with this certificate and what certifies it (PEM)
    #[arg(long, value_name = "FILE", env = "COLLECTOR_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM); a file that others cannot read (chmod 600)
    #[arg(long, value_name = "FILE", env = "COLLECTOR_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// A file with these settings in TOML, each by the name of its flag; flags and variables go before it
    #[arg(long, value_name = "FILE", env = "COLLECTOR_CONFIG")]
    config: Option<PathBuf>,

    /// What is written to the standard error: a level (debug), or levels by place (collector=debug,hyper=info)
    #[arg(long, value_name = "FILTER", env = log::VARIABLE, value_parser = log::parse)]
    log: Option<String>,
}

/// What was given, and where.
#[derive(Debug)]
pub struct Given {
    cli: Cli,
    matches: ArgMatches,
}

/// What is given: a variable that is empty counts as one that is not set, as OpenTelemetry has it. Deployments set all they know.
fn command() -> Command {
    let is_empty = |variable: &OsStr| std::env::var_os(variable).is_some_and(|value| value.is_empty());
    Cli::command().mut_args(|argument| match argument.get_env().is_some_and(is_empty) {
        true => argument.env(Resettable::Reset),
        false => argument,
    })
}

impl Given {
    /// The settings of this process, or what is wrong with them.
    pub fn read() -> Result<Self, clap::Error> {
        Self::of(std::env::args_os().collect())
    }

    fn of(mut words: Vec<OsString>) -> Result<Self, clap::Error> {
        let known = command().ignore_errors(true).try_get_matches_from(&words);
        if let Ok(known) = known
            && let Some(path) = known.get_one::<PathBuf>("config")
        {
            let is_given = |id: &str| !matches!(known.value_source(id), None | Some(ValueSource::DefaultValue));
            let settings = file::read(path, &command()).map_err(error)?;
            let settings = settings.into_iter().filter(|setting| !match setting.id.as_str() {
                // What belongs to targets goes with them.
                id if id.starts_with("forward") && !id.starts_with("forward_max") => is_given("forward"),
                "memory" | "data_dir" => is_given("memory") || is_given("data_dir"),
                id => is_given(id),
            });
            let from_file: Vec<OsString> = settings.flat_map(|setting| setting.words).collect();
            words.splice(words.len().min(1)..words.len().min(1), from_file);
        }
        let matches = command().try_get_matches_from(&words).map_err(without_words)?;
        let mut cli = Cli::from_arg_matches(&matches)?;
        match (matches.value_source("memory"), matches.value_source("data_dir")) {
            (Some(ValueSource::CommandLine), Some(ValueSource::EnvVariable)) => cli.data_dir = None,
            (Some(ValueSource::EnvVariable), Some(ValueSource::CommandLine)) => cli.memory = false,
            _ => {}
        }
        Ok(Self { cli, matches })
    }

    /// What is written to the standard error.
    pub fn log(&self) -> Option<&str> {
        self.cli.log.as_deref()
    }

    /// The configuration, or what is wrong with the values taken together.
    pub fn config(self) -> Result<Config, clap::Error> {
        let Self { cli, matches } = self;
        let addresses = [
            ("--page-addr", cli.page_addr),
            ("--otlp-addr", cli.otlp_addr),
            ("--query-addr", cli.query_addr),
            ("--grpc-addr", cli.grpc_addr),
        ];
        for (index, (flag, address)) in addresses.iter().enumerate() {
            let same = |other: &&(&str, SocketAddr)| other.1 == *address && address.port() != 0;
            if let Some((other, _)) = addresses[..index].iter().find(same) {
                return Err(error(format!("{other} and {flag} are both {address}: each needs a port of its own")));
            }
        }
        if !cli.page_dir.is_dir() {
            return Err(error(format!("--page-dir: there is no directory {}", cli.page_dir.display())));
        }
        if cli.memory && cli.data_dir.is_some() {
            return Err(error("--data-dir and --memory cannot be used together".into()));
        }
        // Checked here and not by clap, whose errors repeat the values.
        let (targets, notes) = targets::read(&cli, &matches, &addresses).map_err(error)?;
        let patience = Patience { in_all: cli.forward_max_age, ..Patience::default() };
        let forward = targets.into_iter().map(|target| {
            let forward = Forward { patience, ..Forward::to(target) };
            let in_memory = if cli.memory { Forward::IN_MEMORY } else { forward.queue };
            Forward { queue: cli.forward_max_bytes.unwrap_or(in_memory), ..forward }
        });
        let is_named = |id: &str| matches.value_source(id) != Some(ValueSource::DefaultValue);
        Ok(Config {
            page_addr: cli.page_addr,
            otlp_addr: cli.otlp_addr,
            query_addr: cli.query_addr,
            grpc_addr: cli.grpc_addr,
            named: Named {
                page: is_named("page_addr"),
                otlp: is_named("otlp_addr"),
                query: is_named("query_addr"),
                grpc: is_named("grpc_addr"),
            },
            page_dir: cli.page_dir,
            users_url: cli.users_url,
            forward: forward.collect(),
            keep: match cli.data_dir {
                _ if cli.memory => Keep::Memory,
                Some(directory) => Keep::Disk { directory, or_memory: false },
                None => Keep::Disk { directory: DATA_DIR.into(), or_memory: true },
            },
            limits: Limits { spans: cli.max_spans, logs: cli.max_logs, bytes: cli.max_bytes, age: cli.max_age },
            allow_origins: cli.allow_origin,
            allow_hosts: cli.allow_host,
            bounds: Bounds::default(),
            keys: Keys::new(cli.api_key).map_err(error)?,
            tls: cli.tls_cert.zip(cli.tls_key).map(|(cert, key)| Tls::read(&cert, &key)).transpose().map_err(error)?,
            rate: cli.rate,
            notes,
        })
    }
}

fn error(message: String) -> clap::Error {
    Cli::command().error(ErrorKind::ValueValidation, message)
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
        let words = [&["collector"], arguments].concat();
        Given::of(words.into_iter().map(OsString::from).collect()).and_then(Given::config)
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
        assert!(config.forward.is_empty());
        let headers = ["--forward-header", "x-key=1", "--forward-header=Authorization=Bearer a=b"];
        let config = config_of(&[&["--forward", "http://a.example"], &headers[..]].concat());
        let [Forward { target, .. }] = &config.forward[..] else { panic!("{:?}", config.forward) };
        assert_eq!(target.shown, "http://a.example/v1/traces");
        assert_eq!(
            (&target.headers["x-key"], &target.headers["authorization"]),
            (&"1".parse().unwrap(), &"Bearer a=b".parse().unwrap())
        );
    }

    #[test]
    fn what_stands_after_a_target_is_its_own() {
        let both = ["--forward", "http://a.example", "--forward-header", "x-key=1", "--forward", "grpcs://b.example"];
        let forward =
            config(&[&both[..], &["--forward-header=x-key=2", "--forward-compression=gzip"]].concat()).unwrap().forward;
        let keys: Vec<_> = forward.iter().map(|forward| &forward.target.headers["x-key"]).collect();
        assert_eq!(keys, ["1", "2"]);
        let message = config(&[&["--forward-header", "x-key=secret"], &both[..]].concat()).unwrap_err().to_string();
        assert!(message.contains("before the first --forward") && !message.contains("secret"), "{message}");
    }

    #[test]
    fn wrong_origins_and_targets_are_told_what_to_do_and_secrets_are_not_repeated() {
        let cases: [(&[&str], &str); 14] = [
            (&["--allow-origin", "localhost:3000"], "http://localhost:3000"),
            (&["--allow-host", "http://machine"], "without scheme and port"),
            (&["--forward", "collector.example"], "http://collector.example:4318"),
            (&["--forward", "ftp://api.example?key=secret"], "https://collector.example"),
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
