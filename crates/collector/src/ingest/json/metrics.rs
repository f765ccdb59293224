//! The messages of metrics: the request, its metrics and their points.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{
        AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
        HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
        exemplar, exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
        summary_data_point::ValueAtQuantile,
    },
};
use serde::de::MapAccess;

use super::{
    Reading,
    message::{List, Message, Object, Role, message, read},
    number::{Double, Enum, I32, I64, Numbers, U32, U64},
    scalar::{Bool, Reference, Text},
};

const TEMPORALITY: Enum = Enum(|name| AggregationTemporality::from_str_name(name).map(i32::from));

message!(ExportMetricsServiceRequest as "ExportMetricsServiceRequest", Part, |reading| {
    "resourceMetrics" | "resource_metrics" => resource_metrics: List::new(reading);
    else other => reading.passed_over(other);
});

message!(ResourceMetrics as "ResourceMetrics", Part, |reading| {
    "scopeMetrics" | "scope_metrics" => scope_metrics: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "resource" => resource: Object::new(reading);
    else other => reading.passed_over(other);
});

message!(ScopeMetrics as "ScopeMetrics", Part, |reading| {
    "metrics" => metrics: List::new(reading);
    "schemaUrl" | "schema_url" => schema_url: Text;
    ? "scope" => scope: Object::new(reading);
});

message!(Metric as "Metric", Record, |reading| {
    "name" => name: Text;
    "description" => description: Text;
    "unit" => unit: Text;
    "metadata" => metadata: List::new(reading);
    | "gauge" => data: Object::<Gauge>::new(reading), Data::Gauge;
    | "sum" => data: Object::<Sum>::new(reading), Data::Sum;
    | "histogram" => data: Object::<Histogram>::new(reading), Data::Histogram;
    | "exponentialHistogram" | "exponential_histogram" =>
        data: Object::<ExponentialHistogram>::new(reading), Data::ExponentialHistogram;
    | "summary" => data: Object::<Summary>::new(reading), Data::Summary;
});

message!(Gauge as "Gauge", Part, |reading| {
    "dataPoints" | "data_points" => data_points: List::new(reading);
});

message!(Sum as "Sum", Part, |reading| {
    "dataPoints" | "data_points" => data_points: List::new(reading);
    "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality: TEMPORALITY;
    "isMonotonic" | "is_monotonic" => is_monotonic: Bool;
});

message!(Histogram as "Histogram", Part, |reading| {
    "dataPoints" | "data_points" => data_points: List::new(reading);
    "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality: TEMPORALITY;
});

message!(ExponentialHistogram as "ExponentialHistogram", Part, |reading| {
    "dataPoints" | "data_points" => data_points: List::new(reading);
    "aggregationTemporality" | "aggregation_temporality" => aggregation_temporality: TEMPORALITY;
});

message!(Summary as "Summary", Part, |reading| {
    "dataPoints" | "data_points" => data_points: List::new(reading);
});

message!(NumberDataPoint as "NumberDataPoint", Part, |reading| {
    "attributes" => attributes: List::new(reading);
    "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano: U64;
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "exemplars" => exemplars: List::new(reading);
    "flags" => flags: U32;
    | "asDouble" | "as_double" => value: Double, number_data_point::Value::AsDouble;
    | "asInt" | "as_int" => value: I64, number_data_point::Value::AsInt;
});

message!(HistogramDataPoint as "HistogramDataPoint", Part, |reading| {
    "attributes" => attributes: List::new(reading);
    "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano: U64;
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "count" => count: U64;
    "bucketCounts" | "bucket_counts" => bucket_counts: Numbers(U64);
    "explicitBounds" | "explicit_bounds" => explicit_bounds: Numbers(Double);
    "exemplars" => exemplars: List::new(reading);
    "flags" => flags: U32;
    ? "sum" => sum: Double;
    ? "min" => min: Double;
    ? "max" => max: Double;
});

message!(ExponentialHistogramDataPoint as "ExponentialHistogramDataPoint", Part, |reading| {
    "attributes" => attributes: List::new(reading);
    "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano: U64;
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "count" => count: U64;
    "scale" => scale: I32;
    "zeroCount" | "zero_count" => zero_count: U64;
    "flags" => flags: U32;
    "exemplars" => exemplars: List::new(reading);
    "zeroThreshold" | "zero_threshold" => zero_threshold: Double;
    ? "sum" => sum: Double;
    ? "min" => min: Double;
    ? "max" => max: Double;
    ? "positive" => positive: Object::new(reading);
    ? "negative" => negative: Object::new(reading);
});

message!(Buckets as "Buckets", Part, |reading| {
    "offset" => offset: I32;
    "bucketCounts" | "bucket_counts" => bucket_counts: Numbers(U64);
});

message!(SummaryDataPoint as "SummaryDataPoint", Part, |reading| {
    "attributes" => attributes: List::new(reading);
    "startTimeUnixNano" | "start_time_unix_nano" => start_time_unix_nano: U64;
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "count" => count: U64;
    "sum" => sum: Double;
    "quantileValues" | "quantile_values" => quantile_values: List::new(reading);
    "flags" => flags: U32;
});

message!(ValueAtQuantile as "ValueAtQuantile", Part, |reading| {
    "quantile" => quantile: Double;
    "value" => value: Double;
});

message!(Exemplar as "Exemplar", Part, |reading| {
    "filteredAttributes" | "filtered_attributes" => filtered_attributes: List::new(reading);
    "timeUnixNano" | "time_unix_nano" => time_unix_nano: U64;
    "spanId" | "span_id" => span_id: Reference::span(Some(reading));
    "traceId" | "trace_id" => trace_id: Reference::trace(Some(reading));
    | "asDouble" | "as_double" => value: Double, exemplar::Value::AsDouble;
    | "asInt" | "as_int" => value: I64, exemplar::Value::AsInt;
});
