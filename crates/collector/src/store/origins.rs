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

/// What the spans of one block come from.
#[derive(Default)]
pub struct Origins(HashMap<Parts, Arc<Origin>>);

impl Origins {
    /// None if the block is damaged.
    pub fn get(&mut self, block: &Block<'_>, of: Parts, known: &mut Known) -> Option<Arc<Origin>> {
        if let Some(origin) = self.0.get(&of) {
            return Some(Arc::clone(origin));
        }
        let origin = known.origin(block, of)?;
        self.0.insert(of, Arc::clone(&origin));
        Some(origin)
    }
}

impl Known {
    fn origin(&mut self, block: &Block<'_>, Parts { resource, scope }: Parts) -> Option<Arc<Origin>> {
        let key = block.part_key(resource)?;
        let resource = match self.resources.get(key) {
            Some(known) => Arc::clone(known),
            None => {
                let read = Arc::new(block.resource(resource)?);
                self.resources.insert(key.into(), Arc::clone(&read));
                read
            }
        };
        let key = block.part_key(scope)?;
        let scope = match self.scopes.get(key) {
            Some(known) => Arc::clone(known),
            None => {
                let read = Arc::new(block.scope(scope)?);
                self.scopes.insert(key.into(), Arc::clone(&read));
                read
            }
        };
        let places = (Arc::as_ptr(&resource).addr(), Arc::as_ptr(&scope).addr());
        Some(Arc::clone(self.origins.entry(places).or_insert_with(|| Arc::new(Origin::of(resource, scope)))))
    }
}
