//! What is written to the standard error, and how much of it.
//!
//! Without a filter, the lines that matter to whoever runs the collector, each as it is; with one, all that fit it, each with its
//! time, level and place.

use std::{fmt, io};

use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// The variable that is read where `--log` is not given, as in other programs.
pub const VARIABLE: &str = "RUST_LOG";
const DEFAULT: &str = "collector=info";

/// Reads the flag.
pub fn parse(filter: &str) -> Result<String, String> {
    let wrong = |error: &dyn fmt::Display| {
        format!("{error}; give a level, like debug, or levels by place, like collector=debug")
    };
    filter.parse::<EnvFilter>().map(|_| filter.to_owned()).map_err(|error| wrong(&error))
}

/// Writes from now on. Nobody may be reading, or it goes to a file on a disk that is full: that is no reason to end.
pub fn start(filter: Option<&str>) {
    let builder = tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false);
    let filtered = |filter: &str| EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let started = match filter {
        None => builder.with_env_filter(filtered(DEFAULT)).event_format(Bare).try_init(),
        // A level alone is this program's: of the libraries under it, it says too much.
        Some(level) if level.parse::<tracing::Level>().is_ok() => {
            builder.with_env_filter(filtered(&format!("warn,collector={level}"))).with_ansi(false).try_init()
        }
        Some(filter) => builder.with_env_filter(filtered(filter)).with_ansi(false).try_init(),
    };
    // Another one is there only if this program was started within another, which writes then.
    drop(started);
}

/// The words alone.
struct Bare;

impl<S: Subscriber + for<'a> LookupSpan<'a>, N: for<'a> FormatFields<'a> + 'static> FormatEvent<S, N> for Bare {
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut words = Words(String::new());
        event.record(&mut words);
        writeln!(to, "{}", words.0)
    }
}

struct Words(String);

impl tracing::field::Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked() {
        for right in ["debug", "collector=trace", "warn,collector::forward=debug", "off"] {
            assert_eq!(parse(right).as_deref(), Ok(right));
        }
        assert!(parse("collector=loud").unwrap_err().contains("collector=debug"));
    }
}
