//! The services and their operations: each has a number, by which spans refer to it, for as long as a span does.

use std::{collections::BTreeMap, sync::Arc};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{Filter, slab::Slab};

/// How many kinds of spans there are.
const KINDS: usize = 6;

#[derive(Debug, Default)]
pub struct Catalogue {
    operations: Slab<Operation>,
    services: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Kinds>>,
}

/// The number of the operation of each kind.
type Kinds = [Option<u32>; KINDS];

#[derive(Debug)]
pub struct Operation {
    pub service: Arc<str>,
    pub name: Arc<str>,
    pub kind: SpanKind,
    spans: usize,
}

impl Catalogue {
    /// The number of the operation, which has one span more from now on.
    pub fn add(&mut self, service: &Arc<str>, name: &str, kind: SpanKind) -> u32 {
        if !self.services.contains_key(service) {
            self.services.insert(Arc::clone(service), BTreeMap::new());
        }
        let known = self.services.get(service).and_then(|names| names.get(name)?[kind as usize]);
        if let Some(operation) = known.and_then(|number| self.operations.get_mut(number)) {
            operation.spans += 1;
        }
        known.unwrap_or_else(|| self.create(service, name, kind))
    }

    fn create(&mut self, service: &Arc<str>, name: &str, kind: SpanKind) -> u32 {
        let names = self.services.entry(Arc::clone(service)).or_default();
        let name = names.get_key_value(name).map_or_else(|| name.into(), |(name, _)| Arc::clone(name));
        let operation = Operation { service: Arc::clone(service), name: Arc::clone(&name), kind, spans: 1 };
        let number = self.operations.add(operation);
        names.entry(name).or_default()[kind as usize] = Some(number);
        number
    }

    /// One span of the operation goes.
    pub fn remove(&mut self, number: u32) {
        let Some(operation) = self.operations.get_mut(number) else { return };
        operation.spans -= 1;
        if operation.spans > 0 {
            return;
        }
        let Some(Operation { service, name, kind, .. }) = self.operations.remove(number) else { return };
        let Some(names) = self.services.get_mut(&service) else { return };
        if let Some(kinds) = names.get_mut(&name) {
            kinds[kind as usize] = None;
            if *kinds == Kinds::default() {
                names.remove(&name);
            }
        }
        if names.is_empty() {
            self.services.remove(&service);
        }
    }

    pub fn get(&self, number: u32) -> Option<&Operation> {
        self.operations.get(number)
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> Vec<Arc<str>> {
        self.services.keys().cloned().collect()
    }

    /// The names and kinds of a service's operations, sorted by name.
    pub fn operations(&self, service: &str) -> Vec<(Box<str>, SpanKind)> {
        let names = self.services.get(service).into_iter().flatten();
        let numbers = names.flat_map(|(_, kinds)| kinds.iter().flatten());
        let operations = numbers.filter_map(|number| self.operations.get(*number));
        operations.map(|operation| (Box::from(&*operation.name), operation.kind)).collect()
    }

    /// The operations that fit a filter; none if it asks for no service and no operation, and so all fit.
    pub fn fitting(&self, filter: &Filter) -> Option<Fitting> {
        if filter.service.is_none() && filter.operation.is_none() {
            return None;
        }
        let services = match &filter.service {
            Some(service) => vec![self.services.get(service.as_str())],
            None => self.services.values().map(Some).collect(),
        };
        let mut fitting = Fitting::default();
        for names in services.into_iter().flatten() {
            let one = filter.operation.as_ref().map(|name| names.get(name.as_str()));
            let kinds = one.into_iter().flatten().chain(names.values().filter(|_| filter.operation.is_none()));
            kinds.flatten().flatten().for_each(|number| fitting.add(*number));
        }
        Some(fitting)
    }
}

/// A set of operations: a bit for each.
#[derive(Debug, Default)]
pub struct Fitting(Vec<u64>);

impl Fitting {
    fn add(&mut self, number: u32) {
        let word = number as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    pub fn has(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        (0..)
            .zip(&self.0)
            .flat_map(|(word, bits)| (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit))
    }
}
