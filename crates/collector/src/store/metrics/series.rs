//! A series with its newest point, and what tells it from others: where it comes from, what it measures, and its attributes.

use std::{iter, sync::Arc};

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary, metric::Data,
    },
};
use prost::Message;

use crate::model::tags;

/// What a series takes beside its encoded parts, and those once more as they are in memory.
const OVERHEAD: usize = 512;

/// Where series come from: all of one program and library share it.
#[derive(Debug)]
pub struct MetricOrigin {
    /// Without its scopes.
    pub resource: Arc<ResourceMetrics>,
    /// Without its metrics.
    pub scope: ScopeMetrics,
    key: Vec<u8>,
}

#[derive(Debug)]
pub struct Series {
    pub origin: Arc<MetricOrigin>,
    /// With one point.
    pub metric: Metric,
    /// Of the point.
    pub time: u64,
    pub key: Arc<[u8]>,
    size: usize,
}

impl MetricOrigin {
    pub fn new(resource: Arc<ResourceMetrics>, scope: ScopeMetrics) -> Self {
        let key = [resource.encode_length_delimited_to_vec(), scope.encode_length_delimited_to_vec()].concat();
        Self { resource, scope, key }
    }

    pub fn service(&self) -> &str {
        tags::service(self.resource.resource.as_ref().map_or(&[], |resource| &resource.attributes))
    }
}

impl Series {
    fn new(metric: Metric, time: u64, mut attributes: Vec<KeyValue>, origin: &Arc<MetricOrigin>) -> Self {
        attributes.sort_by(|one, other| one.key.cmp(&other.key));
        let mut key = origin.key.clone();
        // Without its point and what only describes it.
        let identity = Metric {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            data: emptied(&metric),
            ..Metric::default()
        };
        key.extend(identity.encode_length_delimited_to_vec());
        attributes.iter().for_each(|attribute| key.extend(attribute.encode_length_delimited_to_vec()));
        // In memory a message takes about three times what it takes as bytes.
        let size = OVERHEAD + key.len() + 3 * (origin.key.len() + metric.encoded_len());
        Self { origin: Arc::clone(origin), metric, time, key: key.into(), size }
    }

    /// What it takes at most, in bytes of memory.
    pub fn size(&self) -> usize {
        self.size
    }

    /// By what series are sorted: those of one origin, and of one metric there, are next to each other.
    pub fn order(&self) -> impl Ord + '_ {
        (self.origin.service(), &self.origin.key, &self.metric.name, &self.key)
    }

    /// Whether it is of the same metric of the same origin.
    pub fn shares_metric(&self, other: &Self) -> bool {
        self.shares_origin(other)
            && self.metric.name == other.metric.name
            && self.metric.unit == other.metric.unit
            && self.metric.description == other.metric.description
            && self.metric.metadata == other.metric.metadata
            && emptied(&self.metric) == emptied(&other.metric)
    }

    pub fn shares_origin(&self, other: &Self) -> bool {
        self.origin.key == other.origin.key
    }
}

/// The kind of the metric's data, without points.
fn emptied(metric: &Metric) -> Option<Data> {
    Some(match metric.data.as_ref()? {
        Data::Gauge(_) => Data::Gauge(Gauge::default()),
        Data::Sum(sum) => Data::Sum(Sum {
            data_points: Vec::new(),
            aggregation_temporality: sum.aggregation_temporality,
            is_monotonic: sum.is_monotonic,
        }),
        Data::Histogram(histogram) => Data::Histogram(Histogram {
            data_points: Vec::new(),
            aggregation_temporality: histogram.aggregation_temporality,
        }),
        Data::ExponentialHistogram(histogram) => Data::ExponentialHistogram(ExponentialHistogram {
            data_points: Vec::new(),
            aggregation_temporality: histogram.aggregation_temporality,
        }),
        Data::Summary(_) => Data::Summary(Summary::default()),
    })
}

/// The series of a metric, each with one point.
pub fn split(metric: Metric, origin: &Arc<MetricOrigin>) -> impl Iterator<Item = Series> + use<> {
    let Metric { name, description, unit, metadata, data } = metric;
    let origin = Arc::clone(origin);
    points(data).map(move |(data, time, attributes)| {
        let (name, description, unit, metadata) = (name.clone(), description.clone(), unit.clone(), metadata.clone());
        Series::new(Metric { name, description, unit, metadata, data: Some(data) }, time, attributes, &origin)
    })
}

/// Of each point: the data with it alone, its time, and its attributes.
fn points(data: Option<Data>) -> Box<dyn Iterator<Item = (Data, u64, Vec<KeyValue>)>> {
    macro_rules! each {
        ($kind:ident, $points:expr, $with:expr) => {
            Box::new($points.into_iter().map(move |point| {
                let (time, attributes) = (point.time_unix_nano, point.attributes.clone());
                (Data::$kind($with(vec![point])), time, attributes)
            }))
        };
    }
    match data {
        None => Box::new(iter::empty()),
        Some(Data::Gauge(gauge)) => each!(Gauge, gauge.data_points, |data_points| Gauge { data_points }),
        Some(Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })) => {
            each!(Sum, data_points, |data_points| Sum { data_points, aggregation_temporality, is_monotonic })
        }
        Some(Data::Histogram(Histogram { data_points, aggregation_temporality })) => {
            each!(Histogram, data_points, |data_points| Histogram { data_points, aggregation_temporality })
        }
        Some(Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })) => {
            each!(ExponentialHistogram, data_points, |data_points| ExponentialHistogram {
                data_points,
                aggregation_temporality
            })
        }
        Some(Data::Summary(summary)) => each!(Summary, summary.data_points, |data_points| Summary { data_points }),
    }
}
