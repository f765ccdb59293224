//! From the message to the store: spans that are valid are kept, the others are counted with the reason of the first.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::{
    model::{Origin, Span},
    store::Store,
};

/// The spans of a request that were not taken.
#[derive(Debug, Default, PartialEq)]
pub struct Rejected {
    pub spans: usize,
    /// Empty when there are none.
    pub message: String,
}

pub fn keep(request: ExportTraceServiceRequest, store: &Store) -> Rejected {
    let mut rejected = Rejected::default();
    let mut valid = Vec::new();
    for resource_spans in request.resource_spans {
        let resource = resource_spans.resource.unwrap_or_default();
        for scope_spans in resource_spans.scope_spans {
            let origin = Arc::new(Origin::new(resource.clone(), scope_spans.scope.unwrap_or_default()));
            for span in scope_spans.spans {
                match Span::new(span, &origin) {
                    Ok(span) => valid.push(span),
                    Err(invalid) => rejected.add(1, || {
                        let name: String = invalid.name.chars().take(64).collect();
                        format!("span {name:?}: {}", invalid.reason)
                    }),
                }
            }
        }
    }
    let refused = store.insert(valid).refused;
    if refused > 0 {
        rejected.add(refused, || "their trace alone is larger than all that this collector keeps".into());
    }
    rejected
}

impl Rejected {
    fn add(&mut self, spans: usize, reason: impl FnOnce() -> String) {
        if self.spans == 0 {
            self.message = reason();
        }
        self.spans += spans;
    }
}
