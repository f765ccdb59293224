//! The services and their operations: each has a number, by which spans refer to it, for as long as a span does.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use hashbrown::HashTable;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{Filter, slab::Slab};

/// Where each request brings operations of its own there are as many as spans: one takes no more than a span does.
#[derive(Debug, Default)]
pub struct Catalogue {
    operations: Slab<Operation>,
    /// By their services, names and kinds.
    numbers: HashTable<u32>,
    hasher: RandomState,
    /// How many operations each has.
    services: BTreeMap<Arc<str>, u32>,
}

#[derive(Debug)]
pub struct Operation {
    pub service: Arc<str>,
    pub name: Arc<str>,
    pub kind: SpanKind,
    spans: u32,
}

impl Operation {
    fn is(&self, service: &str, name: &str, kind: SpanKind) -> bool {
        self.kind == kind && &*self.name == name && &*self.service == service
    }
}

fn hash(hasher: &RandomState, service: &str, name: &str, kind: SpanKind) -> u64 {
    hasher.hash_one((service, name, kind as i32))
}

impl Catalogue {
    /// The number of the operation, which has one span more from now on.
    pub fn add(&mut self, service: &Arc<str>, name: &str, kind: SpanKind) -> u32 {
        let Self { operations, numbers, hasher, services } = self;
        let hashed = hash(hasher, service, name, kind);
        let is = |number: &u32| operations.get(*number).is_some_and(|known| known.is(service, name, kind));
        if let Some(number) = numbers.find(hashed, is).copied() {
            self.again(number);
            return number;
        }
        let known = services.get_key_value(service).map(|(known, _)| Arc::clone(known));
        let service = known.unwrap_or_else(|| Arc::clone(service));
        *services.entry(Arc::clone(&service)).or_default() += 1;
        let number = operations.add(Operation { service, name: name.into(), kind, spans: 1 });
        numbers.insert_unique(hashed, number, |number| {
            operations.get(*number).map_or(0, |known| hash(hasher, &known.service, &known.name, known.kind))
        });
        number
    }

    /// One more span of the operation of this number.
    pub fn again(&mut self, number: u32) {
        self.operations.get_mut(number).into_iter().for_each(|operation| operation.spans += 1);
    }

    /// One span of the operation goes.
    pub fn remove(&mut self, number: u32) {
        let Some(operation) = self.operations.get_mut(number) else { return };
        operation.spans -= 1;
        if operation.spans > 0 {
            return;
        }
        let Some(Operation { service, name, kind, .. }) = self.operations.remove(number) else { return };
        let hashed = hash(&self.hasher, &service, &name, kind);
        if let Ok(entry) = self.numbers.find_entry(hashed, |known| *known == number) {
            entry.remove();
        }
        if let Some(operations) = self.services.get_mut(&service) {
            *operations -= 1;
            if *operations == 0 {
                self.services.remove(&service);
            }
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
        let operations = self.of_service(service).map(|(_, operation)| (Box::from(&*operation.name), operation.kind));
        let mut operations: Vec<(Box<str>, _)> = operations.collect();
        operations.sort_by(|(one, of_one), (other, of_other)| (one, *of_one as i32).cmp(&(other, *of_other as i32)));
        operations
    }

    /// All of one service share its name, so that the names of others are not looked at.
    fn of_service(&self, service: &str) -> impl Iterator<Item = (u32, &Operation)> {
        let known = self.services.get_key_value(service).map(|(known, _)| known);
        let all = known.into_iter().flat_map(move |known| self.operations.iter().map(move |entry| (known, entry)));
        all.filter(|(known, (_, operation))| Arc::ptr_eq(known, &operation.service)).map(|(_, entry)| entry)
    }

    /// The operations that fit a filter; none if it asks for no service and no operation, and so all fit.
    pub fn fitting(&self, filter: &Filter) -> Option<Fitting> {
        let is_named = |operation: &Operation| filter.operation.as_ref().is_none_or(|name| **name == *operation.name);
        let mut fitting = Fitting::default();
        let mut add = |(number, operation): (u32, &Operation)| {
            if is_named(operation) {
                fitting.add(number);
            }
        };
        match (&filter.service, &filter.operation) {
            (None, None) => return None,
            (Some(service), _) => self.of_service(service).for_each(&mut add),
            (None, Some(_)) => self.operations.iter().for_each(&mut add),
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
