//! A block of log records: when it arrived, as every block begins, and then `LogsData` of OTLP.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue},
    logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs},
};
use prost::Message;

use super::sent::{encoded_resource, encoded_scope};
use crate::model::{append_field, members};

/// What a block has before its records.
pub const HEAD: usize = 8;

/// A block of these records, with the bytes that are kept in place of some messages: see `SentLogs`.
pub fn encode(data: &LogsData, originals: &HashMap<Vec<usize>, Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + data.encoded_len());
    bytes.extend_from_slice(&[0; HEAD]);
    if originals.is_empty() {
        data.encode_raw(&mut bytes);
        return bytes;
    }
    for (i, resource) in data.resource_logs.iter().enumerate() {
        let mut of_resource = originals.get(&[i][..]).cloned().unwrap_or_else(|| encoded_resource(resource));
        for (j, scope) in resource.scope_logs.iter().enumerate() {
            let mut of_scope = originals.get(&[i, j][..]).cloned().unwrap_or_else(|| encoded_scope(scope));
            for (k, record) in scope.log_records.iter().enumerate() {
                match originals.get(&[i, j, k][..]) {
                    Some(original) => append_field(LIST, original, &mut of_scope),
                    None => append_field(LIST, &record.encode_to_vec(), &mut of_scope),
                }
            }
            append_field(LIST, &of_scope, &mut of_resource);
        }
        append_field(RESOURCES, &of_resource, &mut bytes);
    }
    bytes
}

/// The lists of resources, of scopes in a resource, and of records in a scope.
const RESOURCES: u32 = 1;
const LIST: u32 = 2;

/// What came in JSON beside the messages of a block, by the numbers of resource, scope and record.
fn members(bytes: &[u8]) -> HashMap<Vec<usize>, Box<str>> {
    let mut found = HashMap::new();
    let mut find = |place: Vec<usize>, message: &[u8]| {
        found.extend(members::find(message).map(|text| (place, text.into())));
    };
    for (i, resource) in members::list(bytes, RESOURCES).enumerate() {
        find(vec![i], resource);
        for (j, scope) in members::list(resource, LIST).enumerate() {
            find(vec![i, j], scope);
            members::list(scope, LIST).enumerate().for_each(|(k, record)| find(vec![i, j, k], record));
        }
    }
    found
}

/// A block's records with what they came with.
#[derive(Debug)]
pub struct Block {
    data: LogsData,
    /// Of each record, in order: the number of its resource, of its scope in there, and its own in there.
    places: Vec<[u32; 3]>,
    /// Known where it is told what came.
    members: HashMap<Vec<usize>, Box<str>>,
}

/// A record with what it came with.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub resource: &'a ResourceLogs,
    pub scope: &'a ScopeLogs,
    pub record: &'a LogRecord,
    /// What came beside them in JSON.
    pub resource_members: Option<&'a str>,
    pub scope_members: Option<&'a str>,
    pub members: Option<&'a str>,
}

impl Block {
    /// None if these are not the bytes of a block.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        LogsData::decode(bytes.get(HEAD..)?).ok().map(Self::new)
    }

    /// The same with what came in JSON beside its messages.
    pub fn decode_whole(bytes: &[u8]) -> Option<Self> {
        Some(Self { members: members(bytes.get(HEAD..)?), ..Self::decode(bytes)? })
    }

    pub fn new(data: LogsData) -> Self {
        let mut places = Vec::new();
        for (resource, of_resource) in (0..).zip(&data.resource_logs) {
            for (scope, of_scope) in (0..).zip(&of_resource.scope_logs) {
                places.extend((0..).zip(&of_scope.log_records).map(|(record, _)| [resource, scope, record]));
            }
        }
        Self { data, places, members: HashMap::new() }
    }

    pub fn data(&self) -> &LogsData {
        &self.data
    }

    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (0..self.places.len()).filter_map(|ordinal| self.record(ordinal))
    }

    pub fn record(&self, ordinal: usize) -> Option<Record<'_>> {
        let place = self.places.get(ordinal)?.map(|number| number as usize);
        let [i, j, k] = place;
        let resource = self.data.resource_logs.get(i)?;
        let scope = resource.scope_logs.get(j)?;
        let members = |numbers: usize| Some(&**self.members.get(place.get(..numbers)?)?);
        let record = scope.log_records.get(k)?;
        Some(Record {
            resource,
            scope,
            record,
            resource_members: members(1),
            scope_members: members(2),
            members: members(3),
        })
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
