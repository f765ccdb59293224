//! The metrics: of each series its newest point, in memory, and bounded by number and bytes; the series whose last point came first
//! goes first.
//!
//! In: requests with metrics. Out: the series that fit a filter, those of one resource and scope next to each other.

mod series;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{ResourceMetrics, ScopeMetrics},
};

use super::logs::Taken;
pub use series::{MetricOrigin, Series};

/// How many series are kept, and what they may take.
#[derive(Debug, Clone, Copy)]
pub struct MetricLimits {
    pub series: usize,
    pub bytes: usize,
}

impl Default for MetricLimits {
    fn default() -> Self {
        Self { series: 20_000, bytes: 64 << 20 }
    }
}

/// What is searched for among series: all of it must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesFilter {
    pub service: Option<String>,
    /// The metric's.
    pub name: Option<String>,
}

#[derive(Debug, Default)]
pub struct Metrics {
    limits: MetricLimits,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By what tells a series from others.
    series: HashMap<Arc<[u8]>, (u64, Arc<Series>)>,
    /// In the order in which their points came.
    by_arrival: BTreeMap<u64, Arc<[u8]>>,
    arrivals: u64,
    bytes: usize,
}

impl Metrics {
    #[cfg(test)]
    pub fn new(limits: MetricLimits) -> Self {
        Self { limits, kept: RwLock::default() }
    }

    /// Takes the points of a request. They are there when it returns.
    pub fn submit(&self, request: ExportMetricsServiceRequest) -> Taken {
        let mut taken = Taken::default();
        for ResourceMetrics { resource, scope_metrics, schema_url } in request.resource_metrics {
            let resource = Arc::new(ResourceMetrics { resource, scope_metrics: Vec::new(), schema_url });
            for ScopeMetrics { scope, metrics, schema_url } in scope_metrics {
                let scope = ScopeMetrics { scope, metrics: Vec::new(), schema_url };
                let origin = Arc::new(MetricOrigin::new(Arc::clone(&resource), scope));
                for metric in metrics {
                    let is_named = !metric.name.is_empty();
                    for one in series::split(metric, &origin) {
                        let kept = match is_named {
                            true => self.write().add(one, &self.limits),
                            false => Err("a metric has no name".into()),
                        };
                        match kept {
                            Ok(()) => taken.taken += 1,
                            Err(why) => taken.refuse(why),
                        }
                    }
                }
            }
        }
        taken
    }

    /// The series that fit, sorted by service, resource, scope and name, at most `limit`; and how many there are in all.
    pub fn series(&self, filter: &SeriesFilter, limit: usize) -> (Vec<Arc<Series>>, usize) {
        let (mut found, all) = {
            let kept = self.read();
            let fits = |one: &&Arc<Series>| {
                filter.service.as_ref().is_none_or(|service| service == one.origin.service())
                    && filter.name.as_ref().is_none_or(|name| *name == one.metric.name)
            };
            let found: Vec<_> = kept.series.values().map(|(_, one)| one).filter(fits).cloned().collect();
            (found, kept.series.len())
        };
        found.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
        found.truncate(limit);
        (found, all)
    }

    /// How many series there are, and what they take.
    pub fn totals(&self) -> (usize, usize) {
        let kept = self.read();
        (kept.series.len(), kept.bytes)
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, one: Series, limits: &MetricLimits) -> Result<(), String> {
        if one.size() > limits.bytes {
            return Err(format!(
                "a point of {:?} takes {} bytes with its resource, and all series that this collector keeps {}",
                one.metric.name.chars().take(64).collect::<String>(),
                one.size(),
                limits.bytes
            ));
        }
        if let Some((arrival, known)) = self.series.get(&one.key) {
            // It came late: what is here is newer.
            if known.time > one.time {
                return Ok(());
            }
            self.bytes -= known.size();
            self.by_arrival.remove(arrival);
        }
        self.arrivals += 1;
        self.bytes += one.size();
        self.by_arrival.insert(self.arrivals, Arc::clone(&one.key));
        self.series.insert(Arc::clone(&one.key), (self.arrivals, Arc::new(one)));
        while self.series.len() > limits.series || self.bytes > limits.bytes {
            let Some((_, key)) = self.by_arrival.pop_first() else { break };
            self.bytes -= self.series.remove(&key).map_or(0, |(_, gone)| gone.size());
        }
        Ok(())
    }
}
