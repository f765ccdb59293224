//! What the index has of a block: enough to tell without its records whether one of them may be searched for.

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::{
    block::Block,
    filter::{EVENT_ATTRIBUTE, LogFilter},
};
use crate::{
    model::{TraceId, tags},
    store::signature::Hasher,
};

#[derive(Debug)]
pub struct Outline {
    pub records: u32,
    pub earliest: u64,
    pub latest: u64,
    severest: i32,
    /// Of what its records can be searched by; sorted, each once.
    hashes: Box<[u32]>,
}

/// Names that no attribute has, for what is hashed beside attributes.
const SERVICE: &str = "\0service";
const TRACE: &str = "\0trace";
const EVENT: &str = "\0event";

impl Outline {
    pub fn of(block: &Block, hasher: &Hasher) -> Self {
        let mut hashes = Vec::new();
        for resource in &block.data().resource_logs {
            let attributes = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            hashes.push(hasher.hash(SERVICE, tags::service(attributes)));
            each(attributes, |key, text| hashes.push(hasher.hash(key, text)));
            for scope in resource.scope_logs.iter().filter_map(|scope| scope.scope.as_ref()) {
                each(&scope.attributes, |key, text| hashes.push(hasher.hash(key, text)));
                tags::of_scope(scope).into_iter().for_each(|(key, text)| hashes.push(hasher.hash(key, text)));
            }
        }
        let mut outline =
            Self { records: 0, earliest: u64::MAX, latest: 0, severest: i32::MIN, hashes: Box::default() };
        for one in block.records() {
            let record = one.record;
            outline.records += 1;
            outline.earliest = outline.earliest.min(one.time());
            outline.latest = outline.latest.max(one.time());
            outline.severest = outline.severest.max(record.severity_number);
            hashes.extend(TraceId::from_bytes(&record.trace_id).map(|id| of_trace(hasher, id)));
            if !record.event_name.is_empty() {
                hashes.push(hasher.hash(EVENT, &record.event_name));
            }
            each(&record.attributes, |key, text| {
                hashes.push(hasher.hash(key, text));
                if key == EVENT_ATTRIBUTE {
                    hashes.push(hasher.hash(EVENT, text));
                }
            });
        }
        hashes.sort_unstable();
        hashes.dedup();
        Self { hashes: hashes.into(), ..outline }
    }

    /// False if no record can fit.
    pub fn may_fit(&self, filter: &LogFilter, wanted: &[u32]) -> bool {
        self.latest >= *filter.time.start()
            && self.earliest <= *filter.time.end()
            && filter.severity.is_none_or(|severity| self.severest >= severity)
            && wanted.iter().all(|hash| self.hashes.binary_search(hash).is_ok())
    }
}

/// The hashes of all that a record must have.
pub fn wanted(filter: &LogFilter, hasher: &Hasher) -> Vec<u32> {
    let service = filter.service.as_ref().map(|service| hasher.hash(SERVICE, service));
    let trace = filter.trace.map(|id| of_trace(hasher, id));
    let event = filter.event.as_ref().map(|event| hasher.hash(EVENT, event));
    let tags = filter.tags.iter().map(|(key, text)| hasher.hash(key, text));
    service.into_iter().chain(trace).chain(event).chain(tags).collect()
}

fn of_trace(hasher: &Hasher, id: TraceId) -> u32 {
    hasher.hash(TRACE, &id.to_string())
}

/// Calls back with the key and each text of each attribute.
fn each(attributes: &[KeyValue], mut found: impl FnMut(&str, &str)) {
    attributes.iter().for_each(|attribute| tags::each_text(attribute, None, &mut found));
}
