//! What is to be kept of one request: its records as blocks, each with its outline. Made outside of any lock.

use std::mem;

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs},
};
use prost::Message;

use super::{
    Taken,
    block::{self, Block},
    outline::Outline,
};
use crate::store::{Limits, block::LIMIT, signature::Hasher};

/// What the lengths in front of a message may take, and its tag.
const FRAME: usize = 6;

pub fn draft(request: ExportLogsServiceRequest, hasher: &Hasher, limits: &Limits) -> (Vec<(Vec<u8>, Outline)>, Taken) {
    let mut draft =
        Draft { hasher, most: limits.bytes, open: Open::default(), blocks: Vec::new(), taken: Taken::default() };
    for ResourceLogs { resource, scope_logs, schema_url } in request.resource_logs {
        let resource = ResourceLogs { resource, scope_logs: Vec::new(), schema_url };
        draft.open.has_resource = false;
        for ScopeLogs { scope, log_records, schema_url } in scope_logs {
            let scope = ScopeLogs { scope, log_records: Vec::new(), schema_url };
            draft.open.has_scope = false;
            for record in log_records {
                draft.add(&resource, &scope, record);
            }
        }
    }
    draft.close();
    (draft.blocks, draft.taken)
}

struct Draft<'a> {
    hasher: &'a Hasher,
    /// The most that a block may take.
    most: usize,
    open: Open,
    blocks: Vec<(Vec<u8>, Outline)>,
    taken: Taken,
}

/// The block that grows.
#[derive(Default)]
struct Open {
    data: LogsData,
    /// What the records take, and what their resources and scopes take.
    records: usize,
    origins: usize,
    /// Whether the next record shares the resource and the scope of the last one.
    has_resource: bool,
    has_scope: bool,
}

impl Open {
    /// What of the origin of the next record is not there yet.
    fn missing(&self, resource: &ResourceLogs, scope: &ScopeLogs) -> usize {
        let resource = if self.has_resource { 0 } else { FRAME + resource.encoded_len() };
        let scope = if self.has_resource && self.has_scope { 0 } else { FRAME + scope.encoded_len() };
        resource + scope
    }

    /// A large origin has room for as many bytes of records: else it would be written with each of them.
    fn has_room(&self, origins: usize, record: usize, most: usize) -> bool {
        let (origins, records) = (self.origins + origins, self.records + record);
        records <= LIMIT.saturating_sub(origins).max(origins) && block::HEAD + origins + records <= most
    }
}

impl Draft<'_> {
    fn add(&mut self, resource: &ResourceLogs, scope: &ScopeLogs, record: LogRecord) {
        let length = FRAME + record.encoded_len();
        let alone = block::HEAD + 2 * FRAME + resource.encoded_len() + scope.encoded_len() + length;
        if alone > self.most {
            self.taken.refuse(format!(
                "a log record takes {alone} bytes with its resource, and all logs that this collector keeps {}",
                self.most
            ));
            return;
        }
        if !self.open.has_room(self.open.missing(resource, scope), length, self.most) {
            self.close();
        }
        self.open.origins += self.open.missing(resource, scope);
        self.open.records += length;
        if !mem::replace(&mut self.open.has_resource, true) {
            self.open.data.resource_logs.push(resource.clone());
            self.open.has_scope = false;
        }
        if let Some(resource) = self.open.data.resource_logs.last_mut() {
            if !mem::replace(&mut self.open.has_scope, true) {
                resource.scope_logs.push(scope.clone());
            }
            if let Some(scope) = resource.scope_logs.last_mut() {
                scope.log_records.push(record);
            }
        }
        self.taken.taken += 1;
    }

    fn close(&mut self) {
        let Open { data, .. } = mem::take(&mut self.open);
        if !data.resource_logs.is_empty() {
            self.blocks.push((block::encode(&data), Outline::of(&Block::new(data), self.hasher)));
        }
    }
}
