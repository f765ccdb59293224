//! The ids by which records refer to spans of other records: links, log records and exemplars.
//!
//! Each is as long as it must be, or empty. One that is not refers to nothing, and is left out: whoever reads more strictly (what is
//! written in Go does) refuses a whole request because of one.

use opentelemetry_proto::tonic::{
    logs::v1::LogRecord,
    metrics::v1::{Exemplar, Metric, metric::Data},
    trace::v1::Span,
};

use crate::model::wrong_length;

/// How many bytes the id of a trace has, and that of a span.
pub const TRACE: usize = 16;
pub const SPAN: usize = 8;

/// Whether this can be an id of so many bytes.
pub const fn is_one(id: &[u8], length: usize) -> bool {
    id.is_empty() || id.len() == length
}

/// Whether an id of a span's links is none.
pub fn of_span(span: &Span) -> bool {
    span.links.iter().any(|link| wrong(&link.trace_id, &link.span_id).is_some())
}

/// What is wrong with the ids of a log record, in words for whoever writes protobuf.
pub fn of_log_record(record: &LogRecord) -> Option<String> {
    wrong(&record.trace_id, &record.span_id)
}

/// The same of the exemplars of a metric.
pub fn of_metric(metric: &Metric) -> Option<String> {
    let of = |exemplars: &[Exemplar]| exemplars.iter().find_map(|one| wrong(&one.trace_id, &one.span_id));
    match metric.data.as_ref()? {
        Data::Gauge(gauge) => gauge.data_points.iter().find_map(|point| of(&point.exemplars)),
        Data::Sum(sum) => sum.data_points.iter().find_map(|point| of(&point.exemplars)),
        Data::Histogram(histogram) => histogram.data_points.iter().find_map(|point| of(&point.exemplars)),
        Data::ExponentialHistogram(histogram) => histogram.data_points.iter().find_map(|point| of(&point.exemplars)),
        Data::Summary(_) => None,
    }
}

fn wrong(trace: &[u8], span: &[u8]) -> Option<String> {
    if !is_one(trace, TRACE) {
        return Some(wrong_length("trace_id", trace.len(), TRACE));
    }
    (!is_one(span, SPAN)).then(|| wrong_length("span_id", span.len(), SPAN))
}
