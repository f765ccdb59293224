//! The command line: words in, a [`Command`] out. By hand, because a parser crate would be compiled before the first
//! `cargo xtask run` can begin.

use crate::Result;
use crate::fuzz::FuzzOptions;
use std::net::SocketAddr;

pub const USAGE: &str = "\
cargo xtask run [FLAGS]          build the page, the users service and the collector, start them, print their addresses; Ctrl-C ends it
    --page-addr ADDR:PORT        the page (default 127.0.0.1:8080)
    --otlp-addr ADDR:PORT        the OTLP receiver (default 127.0.0.1:4318)
    --grpc-addr ADDR:PORT        the same for gRPC (default 127.0.0.1:4317)
    --query-addr ADDR:PORT       the trace viewer (default 127.0.0.1:16686)
    --users-addr ADDR:PORT       the users service that the page asks over HTTP (default 127.0.0.1:8081, or any free port)
    --data-dir DIR               where traces are kept (default .collector)
    --memory                     keeps traces in memory only
    --max-bytes, --max-age, --max-spans, --max-logs
                                 how many of them (defaults 1GiB, 7d, 1000000)
    --allow-origin ORIGIN        lets pages of this origin send spans and ask for users too; may be repeated
    --allow-host NAME            lets this machine be called by this name too; may be repeated
    --forward URL                hands what is received on to another OTLP endpoint (https, http, grpc, grpcs)
    --forward-header NAME=VALUE  with this header, which other users can see; may be repeated
    --forward-header-file FILE   with the headers in this file, for keys
                                 Any other flag goes to the collector as well; port 0 is any free port.

cargo xtask build                build the page's WebAssembly into pkg/ only

cargo xtask dist                 make target/dist: the collector as one static program (Linux) with the page, packages for npm, checksums

cargo xtask example NAME [FLAGS] the same with a page of examples/ (NAME: dioxus, leptos, otel-js, …)

cargo xtask test [PART] [NAME]   run the tests; the last line says how many passed and failed
    PART                         unit, page, wasm, e2e, engines (Firefox and WebKit), examples, peers, publish or size (default: all of them)
    NAME                         only tests whose name contains it

cargo xtask browsers             what each engine has, asked of each: writes docs/browsers.md

cargo xtask fuzz [TARGET] [SECONDS]
                                 the fuzzers of fuzz/, each for ten minutes; needs a nightly compiler

cargo xtask size [--accept | ROW ...]
                                 what the page and the library weigh; --accept makes that the budget which the tests hold
    ROW                          only these (core, \"core + spool\", default, all, page, javascript), with the largest functions of the last
cargo xtask size kits [--accept] what the examples of frameworks weigh with the library and without; --accept writes docs/benchmarks.md

cargo xtask bench [PART] [--quick]
    PART                         browser: the library beside others, in headless Chromium; writes docs/benchmarks.md
                                 cold: cold starts beside others; writes their part of docs/benchmarks.md
                                 instrumentations: a request, a click and each install, beside OpenTelemetry JS; writes their part of
                                 docs/benchmarks.md
                                 collector: the collector beside Jaeger; writes docs/benchmarks-collector.md
                                 (default: all)
    --quick                      measures for less than a minute, and only prints";

/// One command of this tool.
#[derive(Debug, PartialEq)]
pub enum Command {
    Help,
    Build,
    Dist,
    /// Everything after `run` belongs to the collector.
    Run {
        collector_args: Vec<String>,
    },
    /// An example's page, served as `Run` does.
    Example {
        name: String,
        collector_args: Vec<String>,
    },
    Test(Selection),
    Browsers,
    Fuzz(FuzzOptions),
    Size(SizeOptions),
    /// Weighs the examples of frameworks rather than the page and the library.
    Kits {
        accept: bool,
    },
    Bench(BenchOptions),
}

/// How `size` is run.
#[derive(Debug, Default, PartialEq)]
pub struct SizeOptions {
    pub accept: bool,
    /// The rows to weigh; none are all.
    pub rows: Vec<String>,
}

/// How `bench` is run: one part or all.
#[derive(Debug, Default, PartialEq)]
pub struct BenchOptions {
    pub part: Option<BenchPart>,
    pub quick: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BenchPart {
    Browser,
    Cold,
    Instrumentations,
    Collector,
}

/// The parts of the test suite, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    Unit,
    Page,
    Wasm,
    EndToEnd,
    Engines,
    Examples,
    Peers,
    Publish,
    Size,
}

/// Which tests to run: one part or all of them, and a part of their names.
#[derive(Debug, Default, PartialEq)]
pub struct Selection {
    pub part: Option<Part>,
    pub name: Option<String>,
}

impl Selection {
    pub fn includes(&self, part: Part) -> bool {
        self.part.is_none_or(|only| only == part)
    }
}

pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Command> {
    let mut args = args.into_iter();
    let command = args.next();
    let rest: Vec<String> = args.collect();
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Command::Help);
    }
    match command.as_deref() {
        None => Err(format!("no command was given\n\n{USAGE}")),
        Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("run") => {
            let collector_args: Vec<_> = rest.into_iter().skip_while(|arg| arg == "--").collect();
            check_addresses(&collector_args)?;
            Ok(Command::Run { collector_args })
        }
        Some(word @ ("build" | "dist" | "browsers")) => match rest.first() {
            None if word == "build" => Ok(Command::Build),
            None if word == "dist" => Ok(Command::Dist),
            None => Ok(Command::Browsers),
            Some(extra) => Err(format!("`{word}` takes no arguments, but got `{extra}`\n\n{USAGE}")),
        },
        Some("example") => {
            let mut words = rest.into_iter();
            let name = words.next().filter(|name| !name.starts_with('-'));
            let name = name.ok_or_else(|| format!("`example` needs the name of one\n\n{USAGE}"))?;
            let collector_args: Vec<_> = words.collect();
            check_addresses(&collector_args)?;
            Ok(Command::Example { name, collector_args })
        }
        Some("test") => parse_selection(&rest).map(Command::Test),
        Some("fuzz") => parse_fuzz(&rest).map(Command::Fuzz),
        Some("size") => match rest.split_first() {
            Some((word, rest)) if word == "kits" => {
                parse_switch(rest, "size kits", "--accept").map(|accept| Command::Kits { accept })
            }
            _ => parse_size(&rest).map(Command::Size),
        },
        Some("bench") => parse_bench(&rest).map(Command::Bench),
        Some(other) => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    }
}

/// The collector checks its flags itself, but only minutes later on a machine that has to build it first.
fn check_addresses(args: &[String]) -> Result<()> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (flag, value) = match arg.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (arg.as_str(), None),
        };
        if !["--page-addr", "--otlp-addr", "--grpc-addr", "--query-addr", "--users-addr"].contains(&flag) {
            continue;
        }
        match value.or_else(|| args.next().map(String::as_str)) {
            None => return Err(format!("`{flag}` needs an address such as 127.0.0.1:0")),
            Some(value) if value.parse::<SocketAddr>().is_err() => {
                return Err(format!(
                    "`{flag} {value}` is no address: give an IP address and a port, such as 127.0.0.1:0"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether the one word that `command` takes is there.
fn parse_switch(words: &[String], command: &str, switch: &str) -> Result<bool> {
    match words {
        [] => Ok(false),
        [word] if word == switch => Ok(true),
        [word] | [_, word, ..] => Err(format!("`{command}` takes `{switch}` only, but got `{word}`\n\n{USAGE}")),
    }
}

/// The budget's switch, or the rows to weigh.
fn parse_size(words: &[String]) -> Result<SizeOptions> {
    match words {
        [word] if word == "--accept" => Ok(SizeOptions { accept: true, rows: Vec::new() }),
        rows => match rows.iter().find(|row| row.starts_with('-')) {
            None => Ok(SizeOptions { accept: false, rows: rows.to_vec() }),
            Some(flag) => Err(format!("`size` takes `--accept` or names of rows, but got `{flag}` as well\n\n{USAGE}")),
        },
    }
}

/// A name and a number, in any order.
fn parse_fuzz(words: &[String]) -> Result<FuzzOptions> {
    let mut options = FuzzOptions::default();
    for word in words {
        match word.parse() {
            Ok(seconds) => options.seconds = seconds,
            Err(_) if options.target.is_none() && !word.starts_with('-') => options.target = Some(word.clone()),
            Err(_) => {
                return Err(format!(
                    "`fuzz` takes the name of a fuzzer and seconds, but got `{word}` as well\n\n{USAGE}"
                ));
            }
        }
    }
    Ok(options)
}

fn parse_bench(words: &[String]) -> Result<BenchOptions> {
    let (part, rest) = match words.split_first() {
        Some((word, rest)) if word == "browser" => (Some(BenchPart::Browser), rest),
        Some((word, rest)) if word == "cold" => (Some(BenchPart::Cold), rest),
        Some((word, rest)) if word == "instrumentations" => (Some(BenchPart::Instrumentations), rest),
        Some((word, rest)) if word == "collector" => (Some(BenchPart::Collector), rest),
        _ => (None, words),
    };
    Ok(BenchOptions { part, quick: parse_switch(rest, "bench", "--quick")? })
}

fn parse_selection(words: &[String]) -> Result<Selection> {
    let mut words = words.iter().peekable();
    let part = match words.peek().map(|word| word.as_str()) {
        Some("unit") => Some(Part::Unit),
        Some("page") => Some(Part::Page),
        Some("wasm") => Some(Part::Wasm),
        Some("e2e") => Some(Part::EndToEnd),
        Some("engines") => Some(Part::Engines),
        Some("examples") => Some(Part::Examples),
        Some("peers") => Some(Part::Peers),
        Some("publish") => Some(Part::Publish),
        Some("size") => Some(Part::Size),
        _ => None,
    };
    if part.is_some() {
        words.next();
    }
    let name = words.next().cloned();
    match (words.next(), &name) {
        (Some(extra), _) => Err(format!("`test` takes one part and one name, but got `{extra}` as well\n\n{USAGE}")),
        (None, Some(flag)) if flag.starts_with('-') => Err(format!("`test` has no flag `{flag}`\n\n{USAGE}")),
        _ => Ok(Selection { part, name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn test_command(part: Option<Part>, name: Option<&str>) -> Command {
        Command::Test(Selection { part, name: name.map(str::to_owned) })
    }

    #[test]
    fn flags_after_run_go_to_the_collector() {
        let expected = Command::Run { collector_args: vec!["--page-addr".into(), "127.0.0.1:0".into()] };
        assert_eq!(parsed("run --page-addr 127.0.0.1:0").unwrap(), expected);
        assert_eq!(parsed("run -- --page-addr 127.0.0.1:0").unwrap(), expected);
        assert_eq!(parsed("run").unwrap(), Command::Run { collector_args: vec![] });
    }

    #[test]
    fn an_example_has_a_name_and_the_flags_of_run() {
        let collector_args = vec!["--page-addr".to_owned(), "127.0.0.1:0".to_owned()];
        let expected = Command::Example { name: "leptos".to_owned(), collector_args };
        assert_eq!(parsed("example leptos --page-addr 127.0.0.1:0").unwrap(), expected);
        assert!(parsed("example").unwrap_err().contains("name"));
        assert!(parsed("example --memory").unwrap_err().contains("name"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_before_anything_is_built() {
        for line in [
            "run --page-addr 8080",
            "run --otlp-addr=localhost:4318",
            "run -v --query-addr",
            "run --page-addr",
            "run --users-addr=8081",
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains("-addr") && error.contains("127.0.0.1:0"), "{line}: {error}");
        }
        assert!(parsed("run --otlp-addr=[::1]:4318 --other 1 --page-addr 0.0.0.0:80").is_ok());
    }

    #[test]
    fn test_takes_a_part_and_a_name() {
        assert_eq!(parsed("test").unwrap(), test_command(None, None));
        assert_eq!(parsed("test wasm").unwrap(), test_command(Some(Part::Wasm), None));
        assert_eq!(parsed("test e2e jaeger").unwrap(), test_command(Some(Part::EndToEnd), Some("jaeger")));
        assert_eq!(parsed("test engines").unwrap(), test_command(Some(Part::Engines), None));
        assert_eq!(parsed("test clock").unwrap(), test_command(None, Some("clock")));
    }

    #[test]
    fn a_part_includes_itself_only() {
        let only_wasm = Selection { part: Some(Part::Wasm), name: None };
        assert!(only_wasm.includes(Part::Wasm) && !only_wasm.includes(Part::Unit));
        assert!(Selection::default().includes(Part::EndToEnd));
    }

    #[test]
    fn size_and_bench_take_a_switch_each() {
        assert_eq!(parsed("size").unwrap(), Command::Size(SizeOptions::default()));
        assert_eq!(parsed("size --accept").unwrap(), Command::Size(SizeOptions { accept: true, rows: Vec::new() }));
        let rows = vec!["core".to_owned(), "page".to_owned()];
        assert_eq!(parsed("size core page").unwrap(), Command::Size(SizeOptions { accept: false, rows }));
        assert_eq!(parsed("size kits --accept").unwrap(), Command::Kits { accept: true });
        assert_eq!(parsed("bench --quick").unwrap(), Command::Bench(BenchOptions { part: None, quick: true }));
        let collector = BenchOptions { part: Some(BenchPart::Collector), quick: false };
        assert_eq!(parsed("bench collector").unwrap(), Command::Bench(collector));
        let cold = BenchOptions { part: Some(BenchPart::Cold), quick: true };
        assert_eq!(parsed("bench cold --quick").unwrap(), Command::Bench(cold));
    }

    #[test]
    fn fuzz_takes_a_name_and_seconds() {
        assert_eq!(parsed("fuzz").unwrap(), Command::Fuzz(FuzzOptions::default()));
        let options = FuzzOptions { target: Some("query".to_owned()), seconds: 60 };
        assert_eq!(parsed("fuzz query 60").unwrap(), Command::Fuzz(options));
    }

    #[test]
    fn wrong_words_are_named() {
        for (line, word) in [
            ("serve", "serve"),
            ("build --release", "--release"),
            ("browsers all", "all"),
            ("dist --target", "--target"),
            ("test unit one two", "two"),
            ("test --nocapture", "--nocapture"),
            ("fuzz query blocks", "blocks"),
            ("size --quick", "--quick"),
            ("size core --accept", "--accept"),
            ("bench --quick --slow", "--slow"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(&format!("`{word}`")) && error.contains("cargo xtask test"), "{line}: {error}");
        }
        assert!(parsed("").unwrap_err().contains("no command"));
    }

    #[test]
    fn help_is_found_anywhere() {
        for line in ["help", "--help", "-h", "run --help", "test -h"] {
            assert_eq!(parsed(line).unwrap(), Command::Help, "{line}");
        }
    }
}
