//! The origins of a block's spans, each decoded once; equal parts of several blocks are one, as far as they are remembered.

use std::{collections::HashMap, sync::Arc};

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource};

use super::block::{Block, Parts};
use crate::model::{Origin, Part};

/// The parts of blocks, by their bytes.
#[derive(Default)]
pub struct Known {
    resources: HashMap<Box<[u8]>, Arc<Part<Resource>>>,
    scopes: HashMap<Box<[u8]>, Arc<Part<InstrumentationScope>>>,
    /// By where the two are.
    origins: HashMap<(usize, usize), Arc<Origin>>,
}

/// What the spans of one block come from, by the numbers of its parts.
#[derive(Default)]
pub struct Origins {
    resources: HashMap<u32, Arc<Part<Resource>>>,
    scopes: HashMap<u32, Arc<Part<InstrumentationScope>>>,
    origins: HashMap<Parts, Arc<Origin>>,
}

impl Origins {
    /// None if the block is damaged. Each part is looked at once: it may be large, and many spans come from it.
    pub fn get(&mut self, block: &Block<'_>, of: Parts, known: &mut Known) -> Option<Arc<Origin>> {
        if let Some(origin) = self.origins.get(&of) {
            return Some(Arc::clone(origin));
        }
        let resource = match self.resources.get(&of.resource) {
            Some(resource) => Arc::clone(resource),
            None => {
                let key = block.part_key(of.resource)?;
                let resource = once(&mut known.resources, key, || block.resource(of.resource))?;
                self.resources.insert(of.resource, Arc::clone(&resource));
                resource
            }
        };
        let scope = match self.scopes.get(&of.scope) {
            Some(scope) => Arc::clone(scope),
            None => {
                let key = block.part_key(of.scope)?;
                let scope = once(&mut known.scopes, key, || block.scope(of.scope))?;
                self.scopes.insert(of.scope, Arc::clone(&scope));
                scope
            }
        };
        let places = (Arc::as_ptr(&resource).addr(), Arc::as_ptr(&scope).addr());
        let origin = known.origins.entry(places).or_insert_with(|| Arc::new(Origin::of(resource, scope)));
        self.origins.insert(of, Arc::clone(origin));
        Some(Arc::clone(origin))
    }
}

/// The part of these bytes, read if it is not known.
fn once<P>(known: &mut HashMap<Box<[u8]>, Arc<P>>, key: &[u8], read: impl FnOnce() -> Option<P>) -> Option<Arc<P>> {
    if let Some(part) = known.get(key) {
        return Some(Arc::clone(part));
    }
    let part = Arc::new(read()?);
    known.insert(key.into(), Arc::clone(&part));
    Some(part)
}
