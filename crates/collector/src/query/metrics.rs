//! Metrics: `/api/metrics`, the newest point of each series in OTLP JSON, by `service`, `name` and `limit` if they are given.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint, exemplar,
    exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
};
use serde_json::{Map, Value, json};

use super::{
    Api, NO_ROOM, error,
    otlp::{attributes, hex, list, number, pair, resource, scope, text, time},
    out::{Elements, Out, Stop},
    parameters::{MOST, Parameters},
};
use crate::{
    model::double,
    store::metrics::{Metrics, Series, SeriesFilter},
};

/// How many series are written at a time.
const AT_A_TIME: usize = 256;

/// `{resourceMetrics, series}`, the latter how many there are in all; and `error` if not all that were found had room.
pub async fn metrics(State(Api { metrics, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let filter = SeriesFilter {
        service: parameters.get("service").map(str::to_owned),
        name: parameters.get("name").map(str::to_owned),
    };
    let limit = parameters.get("limit").map_or(Ok(MOST), |_| parameters.limit("limit"));
    match limit {
        Ok(limit) => answers.write(move |out| write(out, &metrics, &filter, limit), error).await,
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn write(out: &mut Out<'_>, metrics: &Metrics, filter: &SeriesFilter, limit: usize) -> Result<(), Stop> {
    let (found, all) = metrics.series(filter, limit);
    let mut end = json!({ "series": all });
    out.push(r#"{"resourceMetrics":["#)?;
    let mut written = Elements::default();
    let origins = found.chunk_by(|one, next| one.shares_origin(next));
    for series in origins.flat_map(|series| series.chunks(AT_A_TIME)) {
        if !written.push(out, &resource_metrics(series))? {
            end["error"] = NO_ROOM.into();
            break;
        }
    }
    let end = end.to_string();
    out.push("],")?;
    out.push(end.trim_start_matches('{'))
}

/// Of series that share resource and scope.
fn resource_metrics(series: &[Arc<Series>]) -> Value {
    let (mut of_resource, mut of_scope) = (Map::new(), Map::new());
    if let Some(origin) = series.first().map(|one| &one.origin) {
        if let Some(one) = &origin.resource.resource {
            of_resource.insert("resource".into(), resource(one));
        }
        text(&mut of_resource, "schemaUrl", &origin.resource.schema_url);
        if let Some(one) = &origin.scope.scope {
            of_scope.insert("scope".into(), scope(one));
        }
        text(&mut of_scope, "schemaUrl", &origin.scope.schema_url);
    }
    let metrics = series.chunk_by(|one, next| one.shares_metric(next)).filter_map(metric);
    of_scope.insert("metrics".into(), metrics.collect());
    of_resource.insert("scopeMetrics".into(), vec![Value::from(of_scope)].into());
    of_resource.into()
}

/// One metric with the points of its series.
fn metric(series: &[Arc<Series>]) -> Option<Value> {
    let first = &series.first()?.metric;
    let mut out = Map::new();
    text(&mut out, "name", &first.name);
    text(&mut out, "description", &first.description);
    text(&mut out, "unit", &first.unit);
    list(&mut out, "metadata", first.metadata.iter().map(pair).collect());
    let data = || series.iter().filter_map(|one| one.metric.data.as_ref());
    let mut of_data = Map::new();
    let points: Vec<Value> = data().flat_map(points).collect();
    of_data.insert("dataPoints".into(), points.into());
    let temporality = |of_data: &mut Map<String, Value>, temporality: i32| {
        if temporality != 0 {
            of_data.insert("aggregationTemporality".into(), temporality.into());
        }
    };
    let name = match data().next()? {
        Data::Gauge(_) => "gauge",
        Data::Sum(sum) => {
            temporality(&mut of_data, sum.aggregation_temporality);
            if sum.is_monotonic {
                of_data.insert("isMonotonic".into(), true.into());
            }
            "sum"
        }
        Data::Histogram(histogram) => {
            temporality(&mut of_data, histogram.aggregation_temporality);
            "histogram"
        }
        Data::ExponentialHistogram(histogram) => {
            temporality(&mut of_data, histogram.aggregation_temporality);
            "exponentialHistogram"
        }
        Data::Summary(_) => "summary",
    };
    out.insert(name.into(), of_data.into());
    Some(out.into())
}

fn points(data: &Data) -> Vec<Value> {
    match data {
        Data::Gauge(gauge) => gauge.data_points.iter().map(number_point).collect(),
        Data::Sum(sum) => sum.data_points.iter().map(number_point).collect(),
        Data::Histogram(histogram) => histogram.data_points.iter().map(histogram_point).collect(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.iter().map(exponential_point).collect(),
        Data::Summary(summary) => summary.data_points.iter().map(summary_point).collect(),
    }
}

fn number_point(point: &NumberDataPoint) -> Value {
    let mut out = Map::new();
    attributes(&mut out, &point.attributes, 0);
    times(&mut out, point.start_time_unix_nano, point.time_unix_nano);
    match point.value {
        Some(number_data_point::Value::AsDouble(value)) => drop(out.insert("asDouble".into(), double(value))),
        Some(number_data_point::Value::AsInt(value)) => drop(out.insert("asInt".into(), value.to_string().into())),
        None => {}
    }
    list(&mut out, "exemplars", point.exemplars.iter().map(exemplar).collect());
    number(&mut out, "flags", point.flags);
    out.into()
}

fn histogram_point(point: &HistogramDataPoint) -> Value {
    let mut out = Map::new();
    attributes(&mut out, &point.attributes, 0);
    times(&mut out, point.start_time_unix_nano, point.time_unix_nano);
    time(&mut out, "count", point.count);
    optional(&mut out, "sum", point.sum);
    list(&mut out, "bucketCounts", counts(&point.bucket_counts));
    list(&mut out, "explicitBounds", point.explicit_bounds.iter().map(|bound| double(*bound)).collect());
    list(&mut out, "exemplars", point.exemplars.iter().map(exemplar).collect());
    number(&mut out, "flags", point.flags);
    optional(&mut out, "min", point.min);
    optional(&mut out, "max", point.max);
    out.into()
}

fn exponential_point(point: &ExponentialHistogramDataPoint) -> Value {
    let mut out = Map::new();
    attributes(&mut out, &point.attributes, 0);
    times(&mut out, point.start_time_unix_nano, point.time_unix_nano);
    time(&mut out, "count", point.count);
    optional(&mut out, "sum", point.sum);
    out.insert("scale".into(), point.scale.into());
    time(&mut out, "zeroCount", point.zero_count);
    let buckets =
        |buckets: &Buckets| json!({ "offset": buckets.offset, "bucketCounts": counts(&buckets.bucket_counts) });
    for (name, side) in [("positive", &point.positive), ("negative", &point.negative)] {
        if let Some(side) = side {
            out.insert(name.into(), buckets(side));
        }
    }
    number(&mut out, "flags", point.flags);
    list(&mut out, "exemplars", point.exemplars.iter().map(exemplar).collect());
    optional(&mut out, "min", point.min);
    optional(&mut out, "max", point.max);
    optional(&mut out, "zeroThreshold", Some(point.zero_threshold).filter(|threshold| *threshold != 0.0));
    out.into()
}

fn summary_point(point: &SummaryDataPoint) -> Value {
    let mut out = Map::new();
    attributes(&mut out, &point.attributes, 0);
    times(&mut out, point.start_time_unix_nano, point.time_unix_nano);
    time(&mut out, "count", point.count);
    optional(&mut out, "sum", Some(point.sum));
    let quantiles = point.quantile_values.iter();
    let quantiles = quantiles.map(|one| json!({ "quantile": double(one.quantile), "value": double(one.value) }));
    list(&mut out, "quantileValues", quantiles.collect());
    number(&mut out, "flags", point.flags);
    out.into()
}

fn exemplar(exemplar: &Exemplar) -> Value {
    let mut out = Map::new();
    list(&mut out, "filteredAttributes", exemplar.filtered_attributes.iter().map(pair).collect());
    time(&mut out, "timeUnixNano", exemplar.time_unix_nano);
    match exemplar.value {
        Some(exemplar::Value::AsDouble(value)) => drop(out.insert("asDouble".into(), double(value))),
        Some(exemplar::Value::AsInt(value)) => drop(out.insert("asInt".into(), value.to_string().into())),
        None => {}
    }
    text(&mut out, "spanId", &hex(&exemplar.span_id));
    text(&mut out, "traceId", &hex(&exemplar.trace_id));
    out.into()
}

fn times(out: &mut Map<String, Value>, start: u64, end: u64) {
    time(out, "startTimeUnixNano", start);
    time(out, "timeUnixNano", end);
}

fn optional(out: &mut Map<String, Value>, key: &str, value: Option<f64>) {
    if let Some(value) = value {
        out.insert(key.into(), double(value));
    }
}

fn counts(counts: &[u64]) -> Vec<Value> {
    counts.iter().map(|count| count.to_string().into()).collect()
}
