//! What is to be kept of one request: its records as blocks, each with its outline. Made outside of any lock.

use std::{collections::HashMap, mem};

use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use prost::Message;

use super::{
    SentLogs, Taken,
    block::{self, Block},
    outline::Outline,
};
use crate::store::{Limits, block::LIMIT, signature::Hasher};

/// What the lengths in front of a message may take, and its tag.
const FRAME: usize = 6;

pub fn draft(sent: SentLogs, hasher: &Hasher, limits: &Limits) -> (Vec<(Vec<u8>, Outline)>, Taken) {
    let SentLogs { request, mut originals } = sent;
    let mut draft =
        Draft { hasher, most: limits.bytes, open: Open::default(), blocks: Vec::new(), taken: Taken::default() };
    for (i, ResourceLogs { resource, scope_logs, schema_url }) in request.resource_logs.into_iter().enumerate() {
        let resource = ResourceLogs { resource, scope_logs: Vec::new(), schema_url };
        let resource = (resource, originals.remove(&[i][..]));
        draft.open.has_resource = false;
        for (j, ScopeLogs { scope, log_records, schema_url }) in scope_logs.into_iter().enumerate() {
            let scope = ScopeLogs { scope, log_records: Vec::new(), schema_url };
            let scope = (scope, originals.remove(&[i, j][..]));
            draft.open.has_scope = false;
            for (k, record) in log_records.into_iter().enumerate() {
                draft.add(&resource, &scope, (record, originals.remove(&[i, j, k][..])));
            }
        }
    }
    draft.close();
    (draft.blocks, draft.taken)
}

/// A message, and the bytes that are kept in its place.
type Sent<M> = (M, Option<Vec<u8>>);

fn length<M: Message>((message, original): &Sent<M>) -> usize {
    original.as_ref().map_or_else(|| message.encoded_len(), Vec::len)
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
    /// As in a request.
    originals: HashMap<Vec<usize>, Vec<u8>>,
    /// What the records take, and what their resources and scopes take.
    records: usize,
    origins: usize,
    /// Whether the next record shares the resource and the scope of the last one.
    has_resource: bool,
    has_scope: bool,
}

impl Open {
    /// What of the origin of the next record is not there yet.
    fn missing(&self, resource: &Sent<ResourceLogs>, scope: &Sent<ScopeLogs>) -> usize {
        let resource = if self.has_resource { 0 } else { FRAME + length(resource) };
        let scope = if self.has_resource && self.has_scope { 0 } else { FRAME + length(scope) };
        resource + scope
    }

    /// A large origin has room for as many bytes of records: else it would be written with each of them.
    fn has_room(&self, origins: usize, record: usize, most: usize) -> bool {
        let (origins, records) = (self.origins + origins, self.records + record);
        records <= LIMIT.saturating_sub(origins).max(origins) && block::HEAD + origins + records <= most
    }
}

impl Draft<'_> {
    fn add(&mut self, resource: &Sent<ResourceLogs>, scope: &Sent<ScopeLogs>, record: Sent<LogRecord>) {
        let size = FRAME + length(&record);
        let alone = block::HEAD + 2 * FRAME + length(resource) + length(scope) + size;
        if alone > self.most {
            self.taken.refuse(format!(
                "a log record takes {alone} bytes with its resource, and all logs that this collector keeps {}",
                self.most
            ));
            return;
        }
        if !self.open.has_room(self.open.missing(resource, scope), size, self.most) {
            self.close();
        }
        self.open.origins += self.open.missing(resource, scope);
        self.open.records += size;
        let Open { data, originals, has_resource, has_scope, .. } = &mut self.open;
        let mut keep = |place: Vec<usize>, original: Option<Vec<u8>>| {
            originals.extend(original.map(|original| (place, original)));
        };
        if !mem::replace(has_resource, true) {
            keep(vec![data.resource_logs.len()], resource.1.clone());
            data.resource_logs.push(resource.0.clone());
            *has_scope = false;
        }
        let i = data.resource_logs.len().saturating_sub(1);
        if let Some(of_resource) = data.resource_logs.last_mut() {
            if !mem::replace(has_scope, true) {
                keep(vec![i, of_resource.scope_logs.len()], scope.1.clone());
                of_resource.scope_logs.push(scope.0.clone());
            }
            let j = of_resource.scope_logs.len().saturating_sub(1);
            if let Some(of_scope) = of_resource.scope_logs.last_mut() {
                keep(vec![i, j, of_scope.log_records.len()], record.1);
                of_scope.log_records.push(record.0);
            }
        }
        self.taken.taken += 1;
    }

    fn close(&mut self) {
        let Open { data, originals, .. } = mem::take(&mut self.open);
        if !data.resource_logs.is_empty() {
            self.blocks.push((block::encode(&data, &originals), Outline::of(&Block::new(data), self.hasher)));
        }
    }
}
