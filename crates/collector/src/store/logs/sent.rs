//! A request with log records: the messages, and the bytes of those that say less than what came.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
};
use prost::Message;

use crate::model::members;

#[derive(Debug, Default)]
pub struct SentLogs {
    pub request: ExportLogsServiceRequest,
    /// What is kept in place of a message, by the numbers of the resource, the scope and the record: what holds a resource or a scope,
    /// without its list, or a record.
    pub originals: HashMap<Vec<usize>, Vec<u8>>,
}

impl From<ExportLogsServiceRequest> for SentLogs {
    fn from(request: ExportLogsServiceRequest) -> Self {
        Self { request, originals: HashMap::new() }
    }
}

impl SentLogs {
    /// What JSON had beside what OTLP has a name for. Tells how many bytes are kept for it.
    pub fn add_members(&mut self, place: &[usize], text: &str) -> usize {
        let Some(mut bytes) = self.encoded(place) else { return 0 };
        members::append(text, &mut bytes);
        let length = bytes.len();
        self.originals.insert(place.to_vec(), bytes);
        length
    }

    fn encoded(&self, place: &[usize]) -> Option<Vec<u8>> {
        let mut numbers = place.iter();
        let resource = self.request.resource_logs.get(*numbers.next()?)?;
        let Some(scope) = numbers.next() else { return Some(encoded_resource(resource)) };
        let scope = resource.scope_logs.get(*scope)?;
        let Some(record) = numbers.next() else { return Some(encoded_scope(scope)) };
        scope.log_records.get(*record).map(LogRecord::encode_to_vec)
    }
}

/// Without its scopes.
pub fn encoded_resource(of: &ResourceLogs) -> Vec<u8> {
    let ResourceLogs { resource, schema_url, .. } = of;
    ResourceLogs { resource: resource.clone(), schema_url: schema_url.clone(), ..Default::default() }.encode_to_vec()
}

/// Without its records.
pub fn encoded_scope(of: &ScopeLogs) -> Vec<u8> {
    let ScopeLogs { scope, schema_url, .. } = of;
    ScopeLogs { scope: scope.clone(), schema_url: schema_url.clone(), ..Default::default() }.encode_to_vec()
}
