//! What the terminal is told of requests that are not taken, or not wholly: few senders show what they are answered.

use super::http::{Failure, Unsupported};
use crate::{
    ingest::{Refusal, Signal, verdict::Verdict},
    measures,
    terminal::{Kind, Terminal, one_line},
};

pub fn of_request(terminal: &Terminal, signal: Signal, received: &Result<Verdict, Failure>) {
    match received {
        Ok(verdict) => of_verdict(terminal, signal, verdict),
        Err(Failure::Refused(refusal)) => of_refusal(terminal, signal, refusal),
        Err(Failure::Unsupported(what, message)) => {
            let kind = match what {
                Unsupported::ContentType => Kind::ContentType,
                Unsupported::ContentEncoding => Kind::ContentEncoding,
            };
            terminal.refused(kind, || format!("a request: {message}"));
        }
        // Its sender alone can know.
        Err(
            Failure::Forbidden(_)
            | Failure::NotFound(_)
            | Failure::MethodNotAllowed(_)
            | Failure::Unauthorized(_)
            | Failure::TooFast(..),
        ) => {}
    }
}

pub fn of_verdict(terminal: &Terminal, signal: Signal, verdict: &Verdict) {
    measures::taken(signal, verdict.taken, verdict.rejected);
    let Verdict { taken, rejected, message } = verdict;
    if *rejected > 0 {
        terminal.refused(Kind::Records, || format!("of a request's {}s {rejected}: {message}", signal.record()));
    } else if *taken == 0 && !message.is_empty() {
        terminal.refused(Kind::Records, || format!("all of a request: {message}"));
    }
}

pub fn of_refusal(terminal: &Terminal, signal: Signal, refusal: &Refusal) {
    let (kind, message) = match refusal {
        Refusal::Invalid(message) => (Kind::Body, message.as_str()),
        Refusal::TooLarge(message) => (Kind::TooLarge, message.as_str()),
        Refusal::Overloaded => (Kind::TooMany, "too much is being received at once; its sender may send it again"),
        Refusal::Loop(message) => (Kind::Loop, message.as_str()),
        Refusal::QueueFull(message) => (Kind::QueueFull, message.as_str()),
        Refusal::NotTaken(message) => {
            let kind = if signal == Signal::Logs { Kind::Logs } else { Kind::Metrics };
            return terminal.refused(kind, || message.clone());
        }
        // Its sender alone can know, and the store has its own words.
        Refusal::Slow(_) => return measures::refused(Kind::Slow),
        Refusal::Unavailable(_) => return measures::refused(Kind::Unavailable),
        Refusal::Internal => return measures::refused(Kind::Internal),
    };
    terminal.refused(kind, || format!("a request: {message}"));
}

/// Why records of a signal are not taken.
pub fn not_taken(signal: Signal) -> String {
    let name = signal.name();
    let variable = name.to_ascii_uppercase();
    format!("{name} are not taken, only {HERE}; set OTEL_{variable}_EXPORTER=none in the program that sends {name}")
}

const HERE: &str = "traces are taken at POST /v1/traces";
const PATH: &str = Signal::Traces.path();

/// What is not here, and what whoever asked for it may have meant.
pub fn nothing_at(path: &str) -> (Kind, String) {
    let here = HERE;
    match path {
        "/" => (
            Kind::Path,
            format!(
                "there is nothing at /; {here}: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is the whole URL with {PATH}, \
                 OTEL_EXPORTER_OTLP_ENDPOINT the one without"
            ),
        ),
        path if path == format!("{PATH}{PATH}") => (
            Kind::Path,
            format!(
                "there is nothing at {path}; {here}: leave {PATH} out of OTEL_EXPORTER_OTLP_ENDPOINT, it is appended"
            ),
        ),
        path => (Kind::Path, format!("there is nothing at {}; {here}", one_line(path, 100))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_guessed() {
        for (path, kind, words) in [
            ("/", Kind::Path, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is the whole URL"),
            ("/v1/traces/v1/traces", Kind::Path, "leave /v1/traces out of OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("/api/v2/spans", Kind::Path, "nothing at /api/v2/spans"),
        ] {
            let (told, message) = nothing_at(path);
            assert!(
                told == kind && message.contains(words) && message.contains("POST /v1/traces"),
                "{path}: {message}"
            );
        }
    }
}
