//! Jaeger's Monitor: `/api/metrics/calls`, `errors` and `latencies`, computed from the spans that are kept, and `minstep`.
//!
//! Parameters: `service`, once or more; `spanKind` (server), once or more; `groupByOperation`; `endTs` (now), `lookback` (an hour),
//! `step` (5 s) and `ratePer` (10 minutes) in milliseconds; `quantile` for latencies. Out: Jaeger's `MetricFamily`. Of each step there
//! is a point with the calls that began in the time of `ratePer` before it: calls a second, the share that failed, or the duration in
//! milliseconds that the quantile of them does not exceed. Where nothing was called there is no share and no duration.

use std::time::{Duration, UNIX_EPOCH};

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use super::{
    Api, NO_ROOM, answer, error,
    out::{Elements, Out, Stop},
    parameters::Parameters,
    search::now,
};
use crate::{
    model::{double, tags},
    store::{Call, CallFilter, CallSeries, Store},
};

/// How many points a series may have.
const POINTS: u64 = 2_000;
const MILLI: u64 = 1_000_000;

/// What is computed of the calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    Calls,
    Errors,
    /// The share of calls that take no longer.
    Latencies(f64),
}

/// Times in nanoseconds.
#[derive(Debug)]
struct Asked {
    measure: Measure,
    filter: CallFilter,
    end: u64,
    lookback: u64,
    step: u64,
    rate_per: u64,
}

pub async fn calls(api: State<Api>, RawQuery(query): RawQuery) -> Response {
    respond(api, &Parameters::parse(query), |_| Ok(Measure::Calls)).await
}

pub async fn errors(api: State<Api>, RawQuery(query): RawQuery) -> Response {
    respond(api, &Parameters::parse(query), |_| Ok(Measure::Errors)).await
}

pub async fn latencies(api: State<Api>, RawQuery(query): RawQuery) -> Response {
    respond(api, &Parameters::parse(query), |parameters| {
        let quantile = parameters.get("quantile").and_then(|text| text.parse().ok());
        let quantile = quantile.filter(|quantile: &f64| *quantile > 0.0 && *quantile <= 1.0);
        quantile.map(Measure::Latencies).ok_or_else(|| "parameter 'quantile' must be above 0 and at most 1".into())
    })
    .await
}

/// The least step, in milliseconds.
pub async fn least_step() -> Response {
    answer::json(StatusCode::OK, json!({ "data": 1, "total": 0, "limit": 0, "offset": 0, "errors": null }).to_string())
}

async fn respond(
    State(Api { store, answers, .. }): State<Api>,
    parameters: &Parameters,
    measure: impl FnOnce(&Parameters) -> Result<Measure, String>,
) -> Response {
    match measure(parameters).and_then(|measure| asked(measure, parameters)) {
        Ok(asked) => answers.write(move |out| write(out, &store, &asked), error).await,
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn asked(measure: Measure, parameters: &Parameters) -> Result<Asked, String> {
    let services: Vec<_> = parameters.all("service").filter(|service| !service.is_empty()).collect();
    if services.is_empty() {
        return Err("parameter 'service' is required, once or more".into());
    }
    let time = |name: &str, default: u64| match parameters.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .and_then(|millis: u64| millis.checked_mul(MILLI))
            .ok_or_else(|| format!("parameter '{name}' must be a whole number of milliseconds, not {text:?}")),
    };
    let [end, lookback] = [time("endTs", now())?, time("lookback", 3_600_000 * MILLI)?];
    let [step, rate_per] = [time("step", 5_000 * MILLI)?, time("ratePer", 600_000 * MILLI)?];
    if step == 0 || rate_per == 0 {
        return Err("parameters 'step' and 'ratePer' must be at least 1 (ms)".into());
    }
    if lookback / step >= POINTS {
        return Err(format!(
            "there would be more than {POINTS} points: ask for a larger 'step', or a shorter 'lookback'"
        ));
    }
    let by_operation = match parameters.get("groupByOperation") {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some(other) => return Err(format!("parameter 'groupByOperation' must be true or false, not {other:?}")),
    };
    let mut kinds = Vec::new();
    for text in parameters.all("spanKind").filter(|text| !text.is_empty()) {
        let name = text.strip_prefix("SPAN_KIND_").map(str::to_lowercase);
        kinds.push(tags::kind_from(name.as_deref().unwrap_or(text)).ok_or_else(|| {
            format!(
                "parameter 'spanKind' must be unspecified, internal, server, client, producer or consumer, not {text:?}"
            )
        })?);
    }
    if kinds.is_empty() {
        kinds.push(SpanKind::Server);
    }
    let start = end.saturating_sub(lookback).saturating_sub(rate_per)..=end;
    let services = services.into_iter().map(str::to_owned).collect();
    let filter = CallFilter { services, kinds, by_operation, start };
    Ok(Asked { measure, filter, end, lookback, step, rate_per })
}

fn write(out: &mut Out<'_>, store: &Store, asked: &Asked) -> Result<(), Stop> {
    let (grouped, of) = match asked.filter.by_operation {
        true => ("service & operation", "service_operation"),
        false => ("service", "service"),
    };
    let (name, help) = match asked.measure {
        Measure::Calls => ("call_rate", format!("calls/sec, grouped by {grouped}")),
        Measure::Errors => (
            "error_rate",
            format!("error rate, computed as a fraction of errors/sec over calls/sec, grouped by {grouped}"),
        ),
        Measure::Latencies(quantile) => {
            ("latencies", format!("{quantile:.2}th quantile latency, grouped by {grouped}"))
        }
    };
    let head = json!({ "name": format!("{of}_{name}"), "type": "GAUGE", "help": help }).to_string();
    out.push(head.trim_end_matches('}'))?;
    out.push(r#","metrics":["#)?;
    let mut written = Elements::default();
    for series in store.calls(&asked.filter) {
        let points = points(&series, asked).into_iter().map(|(time, value)| {
            let time = humantime::format_rfc3339(UNIX_EPOCH + Duration::from_nanos(time)).to_string();
            json!({ "gaugeValue": { "doubleValue": double(value) }, "timestamp": time })
        });
        let operation = series.operation.iter().map(|name| json!({ "name": "operation", "value": **name }));
        let labels = operation.chain([json!({ "name": "service_name", "value": *series.service })]);
        let metric = json!({
            "labels": labels.collect::<Vec<_>>(),
            "metricPoints": points.collect::<Vec<_>>(),
        });
        if !written.push(out, &metric)? {
            return Err(Stop::Instead(StatusCode::BAD_REQUEST, NO_ROOM.into()));
        }
    }
    out.push("]}")
}

/// The points of a series, by time.
fn points(series: &CallSeries, asked: &Asked) -> Vec<(u64, f64)> {
    let Asked { end, lookback, step, rate_per, .. } = *asked;
    let first = end.saturating_sub(lookback);
    let times = (0..=lookback / step).map(|number| first + number * step).filter(|time| *time <= end);
    let mut window = Window::new(&series.calls);
    let point = |time| {
        window.move_to(time, rate_per);
        let value = match asked.measure {
            Measure::Calls => Some(window.all() as f64 / (rate_per as f64 / 1e9)),
            Measure::Errors => (window.all() > 0).then(|| window.errors as f64 / window.all() as f64),
            Measure::Latencies(quantile) => window.quantile(quantile).map(|duration| duration as f64 / 1e6),
        };
        Some((time, value?))
    };
    times.filter_map(point).collect()
}

/// The calls of a time that moves on: each comes and goes once.
struct Window<'a> {
    /// By their start.
    calls: &'a [Call],
    from: usize,
    to: usize,
    errors: usize,
    /// All durations, each once, and how many calls of the window have which: a Fenwick tree.
    durations: Vec<u64>,
    counts: Vec<usize>,
}

impl<'a> Window<'a> {
    fn new(calls: &'a [Call]) -> Self {
        let mut durations: Vec<_> = calls.iter().map(|call| call.duration).collect();
        durations.sort_unstable();
        durations.dedup();
        let counts = vec![0; durations.len() + 1];
        Self { calls, from: 0, to: 0, errors: 0, durations, counts }
    }

    /// To the calls of this length of time before this one, its end with it.
    fn move_to(&mut self, time: u64, length: u64) {
        while let Some(call) = self.calls.get(self.to).filter(|call| call.start <= time) {
            self.errors += usize::from(call.is_error);
            self.change(call.duration, |count| count + 1);
            self.to += 1;
        }
        while let Some(call) =
            self.calls.get(self.from).filter(|call| self.from < self.to && call.start + length <= time)
        {
            self.errors -= usize::from(call.is_error);
            self.change(call.duration, |count| count - 1);
            self.from += 1;
        }
    }

    fn all(&self) -> usize {
        self.to - self.from
    }

    fn change(&mut self, duration: u64, change: impl Fn(usize) -> usize) {
        let mut place = self.durations.partition_point(|known| *known < duration) + 1;
        while let Some(count) = self.counts.get_mut(place) {
            *count = change(*count);
            place += place & place.wrapping_neg();
        }
    }

    /// The shortest duration that at least this share of the calls does not exceed.
    fn quantile(&self, share: f64) -> Option<u64> {
        let all = self.all();
        let mut rank = ((share * all as f64).ceil() as usize).clamp(1, all.max(1));
        let (mut place, mut half) = (0, self.durations.len().next_power_of_two());
        while half > 0 {
            if let Some(count) = self.counts.get(place + half).filter(|count| **count < rank) {
                rank -= count;
                place += half;
            }
            half /= 2;
        }
        self.durations.get(place).copied().filter(|_| all > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn parse(query: &str) -> Result<Asked, String> {
        asked(Measure::Calls, &Parameters::parse(Some(query.to_owned())))
    }

    #[test]
    fn parameters() {
        let asked = parse(
            "service=a&service=b&endTs=9000&lookback=5000&step=1000&ratePer=2000&spanKind=client\
            &spanKind=SPAN_KIND_SERVER&groupByOperation=true",
        )
        .unwrap();
        assert_eq!((asked.end, asked.lookback, asked.step), (9_000 * MILLI, 5_000 * MILLI, 1_000 * MILLI));
        assert_eq!(asked.filter.start, 2_000 * MILLI..=9_000 * MILLI);
        assert_eq!(asked.filter.kinds, [SpanKind::Client, SpanKind::Server]);
        assert!(asked.filter.by_operation && asked.filter.services.len() == 2);
        for (query, words) in [
            ("", "'service' is required"),
            ("service=a&endTs=soon", "whole number of milliseconds"),
            ("service=a&step=0", "at least 1"),
            ("service=a&lookback=3600000&step=1", "larger 'step'"),
            ("service=a&groupByOperation=perhaps", "true or false"),
            ("service=a&spanKind=loud", "server, client"),
        ] {
            let message = parse(query).unwrap_err();
            assert!(message.contains(words), "{query}: {message}");
        }
    }

    proptest! {
        #[test]
        fn points_are_what_a_look_at_every_call_gives(
            calls in vec((0..60_u64, 0..9_u64, any::<bool>()), 0..40),
            (lookback, step, rate_per, share) in (0..40_u64, 1..9_u64, 1..9_u64, 0.01..=1.0_f64),
        ) {
            let mut calls: Vec<_> =
                calls.into_iter().map(|(start, duration, is_error)| Call { start, duration, is_error }).collect();
            calls.sort_unstable();
            let series = CallSeries { service: "a".into(), operation: None, calls };
            let end = 50;
            let filter = CallFilter { services: Default::default(), kinds: vec![], by_operation: false, start: 0..=end };
            for measure in [Measure::Calls, Measure::Errors, Measure::Latencies(share)] {
                let asked = Asked { measure, filter: filter.clone(), end, lookback, step, rate_per };
                let expected = (end - lookback..=end).step_by(step as usize).filter_map(|time| {
                    let within = series.calls.iter().filter(|call| call.start <= time && call.start + rate_per > time);
                    let mut durations: Vec<_> = within.clone().map(|call| call.duration).collect();
                    durations.sort_unstable();
                    let count = durations.len() as f64;
                    let value = match measure {
                        Measure::Calls => count / (rate_per as f64 / 1e9),
                        _ if durations.is_empty() => return None,
                        Measure::Errors => within.filter(|call| call.is_error).count() as f64 / count,
                        Measure::Latencies(share) => durations[(share * count).ceil() as usize - 1] as f64 / 1e6,
                    };
                    Some((time, value))
                });
                prop_assert_eq!(points(&series, &asked), expected.collect::<Vec<_>>());
            }
        }
    }
}
