//! A block of log records: when it arrived, as every block begins, and then `LogsData` of OTLP.

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue},
    logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs},
};
use prost::Message;

/// What a block has before its records.
pub const HEAD: usize = 8;

pub fn encode(data: &LogsData) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + data.encoded_len());
    bytes.extend_from_slice(&[0; HEAD]);
    data.encode_raw(&mut bytes);
    bytes
}

/// A block's records with what they came with.
#[derive(Debug)]
pub struct Block {
    data: LogsData,
    /// Of each record, in order: the number of its resource, of its scope in there, and its own in there.
    places: Vec<[u32; 3]>,
}

/// A record with what it came with.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub resource: &'a ResourceLogs,
    pub scope: &'a ScopeLogs,
    pub record: &'a LogRecord,
}

impl Block {
    /// None if these are not the bytes of a block.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        LogsData::decode(bytes.get(HEAD..)?).ok().map(Self::new)
    }

    pub fn new(data: LogsData) -> Self {
        let mut places = Vec::new();
        for (resource, of_resource) in (0..).zip(&data.resource_logs) {
            for (scope, of_scope) in (0..).zip(&of_resource.scope_logs) {
                places.extend((0..).zip(&of_scope.log_records).map(|(record, _)| [resource, scope, record]));
            }
        }
        Self { data, places }
    }

    pub fn data(&self) -> &LogsData {
        &self.data
    }

    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (0..self.places.len()).filter_map(|ordinal| self.record(ordinal))
    }

    pub fn record(&self, ordinal: usize) -> Option<Record<'_>> {
        let [resource, scope, record] = self.places.get(ordinal)?.map(|number| number as usize);
        let resource = self.data.resource_logs.get(resource)?;
        let scope = resource.scope_logs.get(scope)?;
        Some(Record { resource, scope, record: scope.log_records.get(record)? })
    }

    /// What two records have in common that share resource and scope.
    pub fn origin(&self, ordinal: usize) -> Option<[u32; 2]> {
        self.places.get(ordinal).map(|[resource, scope, _]| [*resource, *scope])
    }
}

impl Record<'_> {
    /// When it happened, in nanoseconds since 1970; if nobody knows, when it was seen.
    pub fn time(&self) -> u64 {
        match self.record.time_unix_nano {
            0 => self.record.observed_time_unix_nano,
            time => time,
        }
    }

    pub fn resource_attributes(&self) -> &[KeyValue] {
        self.resource.resource.as_ref().map_or(&[], |resource| &resource.attributes)
    }

    /// The instrumentation scope, if there is one.
    pub fn scope_of(&self) -> Option<&InstrumentationScope> {
        self.scope.scope.as_ref()
    }
}
