//! The targets that the environment names by OpenTelemetry's own variables, where `--forward` names none.
//!
//! `OTEL_EXPORTER_OTLP_ENDPOINT` is a base URL for all signals; `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (`_LOGS_`, `_METRICS_`) is one
//! signal's own, as it stands. So are HEADERS, PROTOCOL, CERTIFICATE, TIMEOUT and COMPRESSION: a signal's own goes first.
//! Specification: OpenTelemetry Protocol Exporter.

use std::{path::Path, time::Duration};

use super::{Target, headers::Written};
use crate::signal::Signal;

/// The targets, of which some take all signals and some one; or what is wrong, with the variable's name and without its value.
pub fn targets(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    for signal in Signal::ALL {
        let Some(target) = target(signal, &variable)? else { continue };
        if !targets.iter_mut().any(|other| other.join(&target)) {
            targets.push(target);
        }
    }
    Ok(targets)
}

fn target(signal: Signal, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<Target>, String> {
    // An empty variable is one that is not set, says the specification.
    let value = |name: String| variable(&name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let own = |what: &str| format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.name().to_ascii_uppercase());
    let common = |what: &str| format!("OTEL_EXPORTER_OTLP_{what}");
    let get = |what: &str| {
        let found =
            [own(what), common(what)].into_iter().find_map(|name| value(name.clone()).map(|value| (name, value)));
        found.unzip()
    };
    let mut headers = Written::default();
    if let (Some(name), Some(text)) = get("HEADERS") {
        headers.add_pairs(&name, &text);
    }
    let grpc = match get("PROTOCOL") {
        (Some(name), Some(protocol)) => match protocol.as_str() {
            "grpc" => true,
            // Both are one receiver's; here everything is sent in protobuf.
            "http/protobuf" | "http/json" => false,
            _ => return Err(format!("{name}: give grpc or http/protobuf")),
        },
        _ => false,
    };
    let (name, url, is_own) = match (value(own("ENDPOINT")), value(common("ENDPOINT"))) {
        (Some(url), _) => (own("ENDPOINT"), url, true),
        (None, Some(url)) => (common("ENDPOINT"), url, false),
        (None, None) => return Ok(None),
    };
    let url = if is_own || grpc { url } else { format!("{}{}", url.trim_end_matches('/'), signal.path()) };
    let mut target = Target::of_signal((&name, &url), signal, grpc, &headers)?;
    if let (Some(name), Some(file)) = get("CERTIFICATE") {
        target = target.with_ca(Path::new(&file)).map_err(|why| format!("{name}: {why}"))?;
    }
    if let (Some(name), Some(milliseconds)) = get("TIMEOUT") {
        let milliseconds = milliseconds.parse().ok().filter(|milliseconds| *milliseconds > 0);
        let milliseconds = milliseconds.ok_or_else(|| format!("{name}: give a number of milliseconds"))?;
        target = target.with_timeout(Duration::from_millis(milliseconds));
    }
    if let (Some(name), Some(compression)) = get("COMPRESSION") {
        target = target.with_gzip(match compression.as_str() {
            "gzip" => true,
            "none" => false,
            _ => return Err(format!("{name}: give gzip or none")),
        });
    }
    Ok(Some(target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::Protocol;

    fn targets(variables: &[(&str, &str)]) -> Result<Vec<Target>, String> {
        super::targets(|name| {
            let name = name.strip_prefix("OTEL_EXPORTER_OTLP_")?;
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn urls(target: &Target) -> Vec<String> {
        target.urls.iter().flatten().map(ToString::to_string).collect()
    }

    #[test]
    fn one_endpoint_takes_all_signals() {
        assert!(targets(&[]).unwrap().is_empty() && targets(&[("ENDPOINT", " ")]).unwrap().is_empty());
        let targets = targets(&[
            ("ENDPOINT", "https://a.example/otlp/"),
            ("HEADERS", "api-key=a%20b"),
            ("TIMEOUT", "5000"),
            ("COMPRESSION", "gzip"),
        ]);
        let [target] = &targets.unwrap()[..] else { panic!("not one") };
        let base = "https://a.example/otlp/v1";
        assert_eq!(urls(target), [format!("{base}/traces"), format!("{base}/logs"), format!("{base}/metrics")]);
        assert_eq!(target.headers["api-key"], "a b");
        assert!(target.gzip && target.tls && target.timeout == Duration::from_secs(5));
        assert_eq!(target.shown, format!("{base}/traces"));
    }

    #[test]
    fn a_signals_own_endpoint_is_used_as_it_stands() {
        let all = targets(&[
            ("ENDPOINT", "http://a.example:4317"),
            ("PROTOCOL", "grpc"),
            ("LOGS_ENDPOINT", "http://b.example/in?key=1"),
            ("LOGS_PROTOCOL", "http/protobuf"),
            ("LOGS_HEADERS", "x=1"),
        ])
        .unwrap();
        let [first, second] = &all[..] else { panic!("{all:?}") };
        assert_eq!((first.protocol, first.port), (Protocol::Grpc, 4317));
        assert!(first.takes(Signal::Traces) && !first.takes(Signal::Logs) && first.takes(Signal::Metrics));
        assert_eq!(urls(second), ["http://b.example/in?key=1"]);
        let only = targets(&[("TRACES_ENDPOINT", "http://a.example")]).unwrap();
        assert_eq!(urls(&only[0]), ["http://a.example/"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_name_and_without_the_value() {
        for (name, value) in [
            ("ENDPOINT", "secret"),
            ("HEADERS", "secret"),
            ("TRACES_PROTOCOL", "secret"),
            ("TIMEOUT", "secret"),
            ("COMPRESSION", "secret"),
            ("CERTIFICATE", "/no/such/file"),
        ] {
            let message =
                targets(&[("ENDPOINT", "http://a.example"), (name, value)][usize::from(name == "ENDPOINT")..]);
            let message = message.unwrap_err();
            assert!(message.starts_with(&format!("OTEL_EXPORTER_OTLP_{name}")), "{message}");
            assert!(!message.contains("secret") && !message.contains("--forward"), "{message}");
        }
    }
}
