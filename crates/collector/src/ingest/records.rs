//! Log records and metrics of a request in protobuf, each read by itself, into the message that JSON is read into.

use std::{borrow::Cow, collections::HashMap};

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
};
use prost::Message;

use super::{
    Refusal, Signal,
    protobuf::{self, Kind},
    references,
    verdict::{Heard, named},
    weight::Weight,
    wire::{self, Fields, Visitor},
};
use crate::model::members;

/// What the lists of one record, resource or scope may take in memory.
pub const MAX_RECORD: usize = 32 << 20;

/// What a place and its entry take.
const PLACE: usize = 128;

/// The bytes of what says more than its message, by the numbers of its resource, scope and record.
type Originals = HashMap<Vec<usize>, Vec<u8>>;

/// A request as a tree of resources, scopes and records.
pub trait Tree: Default {
    type Resource: Message + Default;
    type Scope: Message + Default;
    type Record: Message + Default;

    const SIGNAL: Signal;
    const KIND: Kind;
    /// The field of a record that has its name.
    const NAME: u32;

    fn resources(&mut self) -> &mut Vec<Self::Resource>;
    fn scopes(resource: &mut Self::Resource) -> &mut Vec<Self::Scope>;
    fn records(scope: &mut Self::Scope) -> &mut Vec<Self::Record>;
    /// What is wrong with the ids by which it refers to spans.
    fn wrong_id(record: &Self::Record) -> Option<String>;
}

macro_rules! trees {
    ($($tree:ty: $resource:ty, $resources:ident, $scope:ty, $scopes:ident, $record:ty, $records:ident, $signal:ident, $kind:ident, $name:literal, $wrong_id:path;)*) => {$(
        impl Tree for $tree {
            type Resource = $resource;
            type Scope = $scope;
            type Record = $record;

            const SIGNAL: Signal = Signal::$signal;
            const KIND: Kind = Kind::$kind;
            const NAME: u32 = $name;

            fn resources(&mut self) -> &mut Vec<$resource> {
                &mut self.$resources
            }

            fn scopes(resource: &mut $resource) -> &mut Vec<$scope> {
                &mut resource.$scopes
            }

            fn records(scope: &mut $scope) -> &mut Vec<$record> {
                &mut scope.$records
            }

            fn wrong_id(record: &$record) -> Option<String> {
                $wrong_id(record)
            }
        }
    )*};
}
trees! {
    ExportLogsServiceRequest: ResourceLogs, resource_logs, ScopeLogs, scope_logs, LogRecord, log_records, Logs, LogRecord, 12, references::of_log_record;
    ExportMetricsServiceRequest: ResourceMetrics, resource_metrics, ScopeMetrics, scope_metrics, Metric, metrics, Metrics, Metric, 1, references::of_metric;
}

/// Reads a request. Who exceeds the weight is not read to the end; the caller asks it for the words.
pub fn read<T: Tree>(request: &[u8], weight: &Weight) -> Result<(T, Originals, Heard), Refusal> {
    let mut reading = Reading { tree: T::default(), originals: Originals::default(), heard: Heard::default(), weight };
    wire::walk(request, &mut reading)?;
    Ok((reading.tree, reading.originals, reading.heard))
}

struct Reading<'w, T> {
    tree: T,
    originals: Originals,
    heard: Heard,
    weight: &'w Weight,
}

impl<T: Tree> Reading<'_, T> {
    /// Of the next record.
    fn place(&mut self) -> Vec<usize> {
        let resources = self.tree.resources();
        let mut place = vec![resources.len().saturating_sub(1)];
        if let Some(last) = resources.last_mut() {
            let scopes = T::scopes(last);
            place
                .extend([scopes.len().saturating_sub(1), scopes.last_mut().map_or(0, |scope| T::records(scope).len())]);
        }
        place
    }

    fn take(&self, bytes: usize) -> Result<(), Refusal> {
        if self.weight.take(bytes) { Ok(()) } else { Err(Refusal::Overloaded) }
    }

    /// What is left out of what records share, they are kept without.
    fn part<M: Message + Default>(
        &mut self,
        place: Vec<usize>,
        part: &[u8],
        kind: Kind,
        what: &str,
    ) -> Result<M, Refusal> {
        self.take(size_of::<M>() + part.len() + protobuf::weight(part, kind))?;
        match protobuf::read(part, kind, MAX_RECORD) {
            Ok((read, bytes)) => {
                self.original(place, &read, bytes)?;
                Ok(read)
            }
            Err(why) => {
                let records = T::SIGNAL.record();
                self.heard.note(format!("a {what} is left out, and its {records}s are kept without it: {why}"));
                Ok(M::default())
            }
        }
    }

    /// The record without ids that refer to nothing.
    fn referring<'b>(
        &mut self,
        (record, bytes): (T::Record, Cow<'b, [u8]>),
    ) -> Result<(T::Record, Cow<'b, [u8]>), protobuf::Unreadable> {
        let Some(why) = T::wrong_id(&record) else { return Ok((record, bytes)) };
        self.heard.note(format!("an id of a {} is left out: {why}", T::SIGNAL.record()));
        protobuf::mend(&bytes, T::KIND).unwrap_or(Ok((record, bytes)))
    }

    /// Keeps the bytes of a message that has less in it than they have.
    fn original<M: Message>(&mut self, place: Vec<usize>, message: &M, bytes: Cow<'_, [u8]>) -> Result<(), Refusal> {
        self.heard.is_mended |= matches!(bytes, Cow::Owned(_));
        let bytes = members::without(&bytes);
        if message.encoded_len() < bytes.len() {
            self.take(bytes.len() + PLACE)?;
            self.originals.insert(place, bytes.into_owned());
        }
        Ok(())
    }
}

impl<T: Tree> Visitor for Reading<'_, T> {
    fn resource(&mut self, part: &[u8]) -> Result<(), Refusal> {
        let place = vec![self.tree.resources().len()];
        let resource = self.part(place, part, Kind::ResourcePart, "resource")?;
        self.tree.resources().push(resource);
        Ok(())
    }

    fn scope(&mut self, part: &[u8]) -> Result<(), Refusal> {
        let resources = self.tree.resources();
        let place =
            vec![resources.len().saturating_sub(1), resources.last_mut().map_or(0, |last| T::scopes(last).len())];
        let scope = self.part(place, part, Kind::ScopePart, "scope")?;
        // A scope stands in a resource.
        if let Some(resource) = self.tree.resources().last_mut() {
            T::scopes(resource).push(scope);
        }
        Ok(())
    }

    fn record(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.take(bytes.len() + protobuf::weight(bytes, T::KIND))?;
        match protobuf::read(bytes, T::KIND, MAX_RECORD).and_then(|read| self.referring(read)) {
            Ok((record, bytes)) => {
                let place = self.place();
                self.original(place, &record, bytes)?;
                let scope = self.tree.resources().last_mut().and_then(|resource| T::scopes(resource).last_mut());
                if let Some(scope) = scope {
                    T::records(scope).push(record);
                }
            }
            Err(why) => {
                let name = || name_of(bytes, T::NAME);
                self.heard.rejected.add(1, || format!("{}: {why}", named(T::SIGNAL, &name())));
            }
        }
        Ok(())
    }

    fn outdated(&mut self) {
        let words = "instrumentation libraries are not read: OTLP has scopes since 0.20; use a newer exporter";
        self.heard.note(words.into());
    }
}

/// The text of this field of a record, as far as the record can be read.
pub fn name_of(record: &[u8], field: u32) -> String {
    let named =
        Fields(record).map_while(Result::ok).filter(|known| known.number == field).filter_map(|field| field.content);
    named.last().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
}
