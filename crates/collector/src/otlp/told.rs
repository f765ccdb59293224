//! What the terminal is told of requests that are not taken, or not wholly: few senders show what they are answered.

use super::{
    PATH,
    intake::Verdict,
    response::{Failure, Unsupported},
};
use crate::terminal::{Kind, Terminal, one_line};

pub fn of_request(terminal: &Terminal, received: &Result<Verdict, Failure>) {
    match received {
        Ok(verdict) if verdict.rejected > 0 => {
            terminal.refused(Kind::Spans, || format!("of a request's spans {}: {}", verdict.rejected, verdict.message));
        }
        Ok(_) => {}
        Err(failure) => {
            if let Some((kind, message)) = of_failure(failure) {
                terminal.refused(kind, || format!("a request: {message}"));
            }
        }
    }
}

/// None for what its sender alone can know, and for failures of the store, which has its own words.
fn of_failure(failure: &Failure) -> Option<(Kind, &str)> {
    Some(match failure {
        Failure::Unsupported(Unsupported::Grpc, message) => (Kind::Grpc, message),
        Failure::Unsupported(Unsupported::ContentType, message) => (Kind::ContentType, message),
        Failure::Unsupported(Unsupported::ContentEncoding, message) => (Kind::ContentEncoding, message),
        Failure::BadRequest(message) => (Kind::Body, message),
        Failure::PayloadTooLarge(message) => (Kind::TooLarge, message),
        Failure::Overloaded => (Kind::TooMany, "too much is being received at once; its sender may send it again"),
        Failure::Loop(message) => (Kind::Loop, message),
        Failure::QueueFull(message) => (Kind::QueueFull, message),
        Failure::Forbidden(_)
        | Failure::NotFound(_)
        | Failure::MethodNotAllowed(_)
        | Failure::Timeout(_)
        | Failure::Unavailable(_)
        | Failure::Internal => return None,
    })
}

/// What is not here, and what whoever asked for it may have meant.
pub fn nothing_at(path: &str) -> (Kind, String) {
    let here = "traces are taken at POST /v1/traces";
    let without = |signal: &str, variable: &str| {
        format!("{signal} are not taken, only {here}; set {variable}=none in the program that sends {signal}")
    };
    match path {
        "/v1/logs" => (Kind::Logs, without("logs", "OTEL_LOGS_EXPORTER")),
        "/v1/metrics" => (Kind::Metrics, without("metrics", "OTEL_METRICS_EXPORTER")),
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
            ("/v1/logs", Kind::Logs, "OTEL_LOGS_EXPORTER=none"),
            ("/v1/metrics", Kind::Metrics, "OTEL_METRICS_EXPORTER=none"),
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
