//! The newest points of metrics, bounded.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data},
};

use crate::store::metrics::{MetricLimits, Metrics, SeriesFilter};

/// A point of each of these series, at this time, with a description of so many bytes.
fn points(names: impl IntoIterator<Item = u64>, time_unix_nano: u64, length: usize) -> ExportMetricsServiceRequest {
    let metric = |name: u64| Metric {
        name: format!("{name:05}"),
        description: "x".repeat(length),
        data: Some(Data::Gauge(Gauge { data_points: vec![NumberDataPoint { time_unix_nano, ..Default::default() }] })),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics { metrics: names.into_iter().map(metric).collect(), ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics: vec![ResourceMetrics { scope_metrics, ..Default::default() }] }
}

fn names(metrics: &Metrics) -> Vec<u64> {
    let (found, _) = metrics.series(&SeriesFilter::default(), usize::MAX);
    found.iter().map(|one| one.metric.name.parse().unwrap()).collect()
}

#[test]
fn the_series_that_was_heard_of_least_lately_goes_first() {
    let metrics = Metrics::new(MetricLimits { series: 3, ..MetricLimits::default() });
    metrics.submit(points([1, 2, 3], 5, 0));
    metrics.submit(points([1], 6, 0));
    // It came late, and changes nothing.
    assert_eq!(metrics.submit(points([2], 4, 0)).taken, 1);
    metrics.submit(points([4], 1, 0));
    assert_eq!(names(&metrics), [1, 3, 4]);
}

#[test]
fn the_bytes_are_bounded_whatever_the_series_are() {
    let limits = MetricLimits { bytes: 100_000, ..MetricLimits::default() };
    let metrics = Metrics::new(limits);
    metrics.submit(points(0..1_000, 5, 10));
    let small = names(&metrics).len();
    assert!((50..200).contains(&small), "{small}");
    metrics.submit(points(2_000..2_003, 5, 10_000));
    assert!(names(&metrics).ends_with(&[2_000, 2_001, 2_002]));
    let taken = metrics.submit(points([1], 9, 100_000));
    assert_eq!((taken.taken, taken.refused), (0, 1));
    assert!(taken.reason.contains("100000"), "{}", taken.reason);
}
