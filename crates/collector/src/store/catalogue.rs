//! Which traces each service and each of its operations is in, and the traces by start time.
//!
//! The sets of a service hold ids only. Sorted by start, they would have to be sorted anew whenever an earlier span of a trace
//! arrives, which is what roots do; the one set that is sorted is that of all traces.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::model::{Span, TraceId};

/// How many kinds of spans there are.
const KINDS: usize = 6;

#[derive(Debug, Default)]
pub struct Catalogue {
    pub by_start: BTreeSet<(u64, TraceId)>,
    services: BTreeMap<Arc<str>, Service>,
}

#[derive(Debug, Default)]
struct Service {
    traces: HashSet<TraceId>,
    operations: BTreeMap<Box<str>, Operation>,
}

#[derive(Debug, Default)]
struct Operation {
    traces: HashSet<TraceId>,
    /// How many spans of each kind.
    kinds: [usize; KINDS],
}

impl Catalogue {
    pub fn add(&mut self, span: &Span) {
        let service = self.services.entry(Arc::clone(&span.origin.service)).or_default();
        service.traces.insert(span.trace_id);
        if !service.operations.contains_key(span.name.as_str()) {
            service.operations.insert(span.name.as_str().into(), Operation::default());
        }
        if let Some(operation) = service.operations.get_mut(span.name.as_str()) {
            operation.traces.insert(span.trace_id);
            operation.kinds[span.kind as usize] += 1;
        }
    }

    /// Every span of a trace that goes.
    pub fn remove(&mut self, start: u64, spans: &[Arc<Span>]) {
        for span in spans {
            self.by_start.remove(&(start, span.trace_id));
            let Some(service) = self.services.get_mut(span.service()) else { continue };
            service.traces.remove(&span.trace_id);
            if let Some(operation) = service.operations.get_mut(span.name.as_str()) {
                operation.traces.remove(&span.trace_id);
                operation.kinds[span.kind as usize] -= 1;
                if operation.kinds == [0; KINDS] {
                    service.operations.remove(span.name.as_str());
                }
            }
            if service.operations.is_empty() {
                self.services.remove(span.service());
            }
        }
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> Vec<Arc<str>> {
        self.services.keys().cloned().collect()
    }

    /// The names and kinds of a service's operations, sorted by name.
    pub fn operations(&self, service: &str) -> Vec<(Box<str>, SpanKind)> {
        let operations = self.services.get(service).into_iter().flat_map(|service| &service.operations);
        let with_kinds = operations.flat_map(|(name, operation)| {
            let kinds = operation.kinds.iter().enumerate().filter(|(_, spans)| **spans > 0);
            kinds.filter_map(|(kind, _)| Some((name.clone(), SpanKind::try_from(i32::try_from(kind).ok()?).ok()?)))
        });
        with_kinds.collect()
    }

    /// The traces that a service or one of its operations is in.
    pub fn traces(&self, service: &str, operation: Option<&str>) -> Option<&HashSet<TraceId>> {
        let service = self.services.get(service)?;
        match operation {
            None => Some(&service.traces),
            Some(operation) => Some(&service.operations.get(operation)?.traces),
        }
    }
}
