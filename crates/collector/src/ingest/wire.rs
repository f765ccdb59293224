//! Walks over a request in protobuf without reading what is in its records, and without allocating.
//!
//! The requests of all signals are built alike: resources (field 1), each with scopes (field 2), each with records (field 2). What
//! stands beside the list that it holds is the `part` of a resource or scope: itself, its schema URL, and whatever else there is.

use std::ops::ControlFlow;

use super::Refusal;
pub use crate::model::{Broken, Fields};

/// What is done with what a request has.
pub trait Visitor {
    /// The resource of the scopes that follow.
    fn resource(&mut self, part: &[u8]) -> Result<(), Refusal>;
    /// The scope of the records that follow.
    fn scope(&mut self, part: &[u8]) -> Result<(), Refusal>;
    fn record(&mut self, bytes: &[u8]) -> Result<(), Refusal>;
    /// Scopes as they were written before OTLP 0.20, which nobody reads any more.
    fn outdated(&mut self);
}

/// The list in a request, and those in a resource and in a scope.
const RESOURCES: u32 = 1;
const LIST: u32 = 2;
/// `instrumentation_library_spans` and its like.
const OUTDATED: u32 = 1_000;

pub fn walk(request: &[u8], visitor: &mut impl Visitor) -> Result<(), Refusal> {
    let broken = |_| Refusal::Invalid("it is no Protobuf message, or it is cut off".into());
    let mut part = Vec::new();
    for field in Fields(request) {
        let field = field.map_err(broken)?;
        let Some(resource) = field.content.filter(|_| field.number == RESOURCES) else { continue };
        if beside(resource, &mut part).map_err(broken)?.is_break() {
            visitor.outdated();
        }
        visitor.resource(&part)?;
        for scope in listed(resource) {
            let scope = scope.map_err(broken)?;
            let _ = beside(scope, &mut part).map_err(broken)?;
            visitor.scope(&part)?;
            for record in listed(scope) {
                visitor.record(record.map_err(broken)?)?;
            }
        }
    }
    Ok(())
}

fn listed(message: &[u8]) -> impl Iterator<Item = Result<&[u8], Broken>> {
    Fields(message).filter_map(|field| match field {
        Ok(field) => field.content.filter(|_| field.number == LIST).map(Ok),
        Err(broken) => Some(Err(broken)),
    })
}

/// Replaces `part` by what stands beside the list. Breaks if there is something outdated, which is left out.
fn beside(message: &[u8], part: &mut Vec<u8>) -> Result<ControlFlow<()>, Broken> {
    part.clear();
    let mut found = ControlFlow::Continue(());
    for field in Fields(message) {
        let field = field?;
        match field.number {
            LIST => {}
            OUTDATED => found = ControlFlow::Break(()),
            _ => part.extend_from_slice(field.whole),
        }
    }
    Ok(found)
}

/// Looks only whether a request is whole.
pub struct Whole;

impl Visitor for Whole {
    fn resource(&mut self, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn scope(&mut self, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn record(&mut self, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn outdated(&mut self) {}
}
