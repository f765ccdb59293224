//! The calls that services have taken, for Jaeger's Monitor: how many in a time, how long they took, how many failed.

use std::{
    collections::{BTreeMap, HashSet},
    ops::RangeInclusive,
    sync::Arc,
};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::kept::Kept;

/// How many series are told, those with the most calls: nobody looks at more.
const SERIES: usize = 1_000;

/// Which calls are looked for.
#[derive(Debug, Clone)]
pub struct CallFilter {
    pub services: HashSet<String>,
    pub kinds: Vec<SpanKind>,
    /// Whether those of different operations are told apart.
    pub by_operation: bool,
    /// When they start, in nanoseconds.
    pub start: RangeInclusive<u64>,
}

/// Calls of a service, or of one operation of it, by their start.
#[derive(Debug, PartialEq)]
pub struct CallSeries {
    pub service: Arc<str>,
    pub operation: Option<Arc<str>>,
    pub calls: Vec<Call>,
}

/// Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub start: u64,
    pub duration: u64,
    pub is_error: bool,
}

impl Kept {
    /// Sorted by service and operation.
    pub fn calls(&self, filter: &CallFilter) -> Vec<CallSeries> {
        let mut series = BTreeMap::<_, Vec<Call>>::new();
        let traces = self.times.around(&filter.start, &self.traces).filter_map(|number| self.traces.get(number));
        for span in traces.flat_map(|trace| &trace.spans).filter(|span| filter.start.contains(&{ span.start })) {
            let Some(operation) = self.catalogue.get(span.operation) else { continue };
            if !filter.kinds.contains(&operation.kind) || !filter.services.contains(&*operation.service) {
                continue;
            }
            let name = filter.by_operation.then(|| Arc::clone(&operation.name));
            let calls = series.entry((Arc::clone(&operation.service), name)).or_default();
            calls.push(Call { start: span.start, duration: span.duration, is_error: span.is_error() });
        }
        let series = series.into_iter();
        let mut series: Vec<_> =
            series.map(|((service, operation), calls)| CallSeries { service, operation, calls }).collect();
        if series.len() > SERIES {
            series.sort_by_key(|one| std::cmp::Reverse(one.calls.len()));
            series.truncate(SERIES);
            series.sort_by(|one, other| (&one.service, &one.operation).cmp(&(&other.service, &other.operation)));
        }
        series.iter_mut().for_each(|one| one.calls.sort_unstable());
        series
    }
}
