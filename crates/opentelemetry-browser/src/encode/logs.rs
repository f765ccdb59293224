//! Log records, as a [`Signal`]: in go [`LogRecord`]s, out comes their JSON.

use opentelemetry::InstrumentationScope;

use super::json;
use super::signal::{Record, Signal};
use crate::log::record::LogRecord;
use crate::log::value::weight_of;

pub(crate) const LOGS: &Signal = &Signal {
    resources: "resourceLogs",
    scopes: "scopeLogs",
    records: "logRecords",
    rejected: "rejectedLogRecords",
    words: "log records",
    is_optional: true,
};

impl Record for LogRecord {
    fn weight(&self) -> usize {
        let attributes = self.attributes.iter().map(|(key, value)| key.as_str().len() + weight_of(value));
        let body = self.body.as_ref().map_or(0, weight_of);
        let name = self.event_name.as_ref().map_or(0, |name| name.len());
        size_of::<Self>() + name + body + attributes.sum::<usize>()
    }

    fn scope(&self) -> &InstrumentationScope {
        &self.instrumentation_scope
    }

    fn write(&self, out: &mut Vec<u8>) {
        json::write_log(out, self);
    }
}
