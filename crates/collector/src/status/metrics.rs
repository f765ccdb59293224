//! The metrics, by the conventions of Prometheus: base units, and `_total` for what only grows.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use crate::{ingest::Ingest, keep::Stores, measures};

#[derive(Debug)]
pub struct Metrics {
    pub of: Option<(Arc<Ingest>, Stores)>,
}

/// A value with its labels.
type Sample<const N: usize> = ([(&'static str, String); N], u64);

/// Writes one family after the other.
struct Families<'e>(DescriptorEncoder<'e>);

impl Families<'_> {
    fn of<const N: usize>(
        &mut self,
        kind: MetricType,
        (name, help): (&str, &str),
        samples: impl IntoIterator<Item = Sample<N>>,
    ) -> fmt::Result {
        let is_counter = matches!(kind, MetricType::Counter);
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in samples {
            let labels: &[(&str, String)] = &labels;
            let metric = family.encode_family(&labels)?;
            if is_counter {
                ConstCounter::new(value).encode(metric)?;
            } else {
                ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?;
            }
        }
        Ok(())
    }

    fn counters<const N: usize>(
        &mut self,
        text: (&str, &str),
        samples: impl IntoIterator<Item = Sample<N>>,
    ) -> fmt::Result {
        self.of(MetricType::Counter, text, samples)
    }

    fn counter(&mut self, (name, help): (&str, &str), value: u64) -> fmt::Result {
        ConstCounter::new(value).encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn gauge(&mut self, (name, help): (&str, &str), value: usize) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)
    }
}

impl Collector for Metrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        let version = [([("version", env!("CARGO_PKG_VERSION").to_owned())], 1)];
        families.of(MetricType::Gauge, ("collector_build_info", "The program, and its version"), version)?;
        received(&mut families)?;
        let Some((ingest, stores)) = &self.of else { return Ok(()) };
        let totals = stores.traces.totals();
        families.gauge(("collector_kept_spans", "Spans that are kept"), totals.spans)?;
        families.gauge(("collector_kept_traces", "Traces that are kept"), totals.traces)?;
        families.gauge(
            ("collector_kept_bytes", "What they take in the database, whose file may have twice that"),
            totals.bytes,
        )?;
        let (records, bytes) = stores.logs.totals();
        families.gauge(("collector_kept_log_records", "Log records that are kept"), records)?;
        families.gauge(("collector_kept_log_bytes", "What they take in theirs"), bytes)?;
        let (series, bytes) = stores.metrics.totals();
        families.gauge(("collector_kept_metric_series", "Series of metrics, in memory"), series)?;
        families.gauge(("collector_kept_metric_bytes", "What they take there"), bytes)?;
        let (used, most) = ingest.budget.bytes();
        families.gauge(("collector_budget_used_bytes", "What requests that are under way hold"), used)?;
        families.gauge(("collector_budget_limit_bytes", "The most that they may; beyond it senders get 429"), most)?;
        forwarded(&mut families, ingest)
    }
}

fn received(families: &mut Families<'_>) -> fmt::Result {
    let signals = |pick: fn((u64, u64)) -> u64| {
        measures::of_signals().map(move |(signal, accepted, rejected)| {
            ([("signal", signal.name().to_owned())], pick((accepted, rejected)))
        })
    };
    let text = ("collector_accepted_records", "Spans, log records and metrics that were received and kept");
    families.counters(text, signals(|(accepted, _)| accepted))?;
    let text = ("collector_rejected_records", "Records of requests that were taken, which were not: partial success");
    families.counters(text, signals(|(_, rejected)| rejected))?;
    let kinds = measures::of_kinds().map(|(kind, count)| ([("reason", kind.name().to_owned())], count));
    families.counters(("collector_refused_requests", "Requests that were refused, by reason"), kinds)?;
    let [traces, records] = measures::of_evicted();
    families.counter(("collector_evicted_traces", "Traces that went to make room, or were too old"), traces)?;
    families.counter(("collector_evicted_log_records", "Log records that did"), records)?;
    let text = ("collector_commit_duration_seconds", "How long it takes to write what has come to the disk");
    let commits = families.0.encode_descriptor(text.0, text.1, None, MetricType::Histogram)?;
    measures::commits().encode(commits)
}

fn forwarded(families: &mut Families<'_>, ingest: &Ingest) -> fmt::Result {
    let Some(forwarder) = &ingest.forwarder else { return Ok(()) };
    let standings: Vec<_> = forwarder.standings().collect();
    let requests = |pick: fn(crate::Counts) -> u64| {
        standings.iter().flat_map(move |standing| {
            standing.signals.iter().map(move |(signal, counts)| {
                ([("target", standing.to.clone()), ("signal", signal.name().to_owned())], pick(*counts))
            })
        })
    };
    let text = ("collector_forwarded_requests", "Requests that were handed on");
    families.counters(text, requests(|counts| counts.delivered))?;
    let text =
        ("collector_forward_dropped_requests", "Requests that were refused there, or could not be delivered in time");
    families.counters(text, requests(|counts| counts.dropped))?;
    let text = ("collector_forward_queued_requests", "Requests that wait to be handed on");
    families.of(MetricType::Gauge, text, requests(|counts| counts.waiting()))?;
    let bytes = |pick: fn((usize, usize)) -> usize| {
        standings.iter().map(move |standing| ([("target", standing.to.clone())], pick(standing.bytes) as u64))
    };
    let text = ("collector_forward_queued_bytes", "What the requests that wait take");
    families.of(MetricType::Gauge, text, bytes(|(queued, _)| queued))?;
    let text = ("collector_forward_queue_limit_bytes", "The most that they may; beyond it senders get 503");
    families.of(MetricType::Gauge, text, bytes(|(_, most)| most))
}
