//! From the message to the store: spans that are valid are submitted, the others are counted with the reason of the first.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::response::Failure;
use crate::{
    model::{InvalidSpan, Origin, Span},
    store::{Store, Ticket},
};

/// What is said about a request that was taken.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// The spans of it that were not taken.
    pub rejected: usize,
    /// Why, or what is odd about those that were. Empty when there is nothing to say.
    pub message: String,
}

/// A request whose spans are on their way to the disk.
#[derive(Debug)]
pub struct Submitted {
    ticket: Ticket,
    rejected: Remarks,
    backwards: Remarks,
}

/// The spans of a request, in its order.
pub fn spans(request: ExportTraceServiceRequest) -> impl Iterator<Item = Result<Span, InvalidSpan>> {
    request.resource_spans.into_iter().flat_map(|resource_spans| {
        let resource = resource_spans.resource.unwrap_or_default();
        resource_spans.scope_spans.into_iter().flat_map(move |scope_spans| {
            let origin = Arc::new(Origin::new(resource.clone(), scope_spans.scope.unwrap_or_default()));
            scope_spans.spans.into_iter().map(move |span| Span::new(span, &origin))
        })
    })
}

pub fn submit(request: ExportTraceServiceRequest, store: &Store) -> Submitted {
    let mut rejected = Remarks::default();
    let mut backwards = Remarks::default();
    let mut draft = store.draft();
    for span in spans(request) {
        match span {
            Ok(span) => {
                if span.ends_before_start() {
                    backwards.add(1, || {
                        format!("{}: it ends before it starts, and is kept with a duration of 0", named(&span.name))
                    });
                }
                draft.add(span);
            }
            Err(invalid) => rejected.invalid(&invalid),
        }
    }
    Submitted { ticket: store.submit(draft), rejected, backwards }
}

impl Submitted {
    /// Waits until the spans are durable.
    pub async fn verdict(self) -> Result<Verdict, Failure> {
        let Self { ticket, mut rejected, backwards } = self;
        let refused = match ticket.done().await {
            Ok(inserted) => inserted.refused,
            Err(failed) => {
                let message = format!("the spans could not be kept: {failed}; send them again later");
                return Err(Failure::Unavailable(message));
            }
        };
        if refused > 0 {
            rejected.add(refused, || "their trace alone is larger than all that this collector keeps".into());
        }
        let messages: Vec<String> = [&rejected, &backwards].into_iter().filter_map(Remarks::message).collect();
        Ok(Verdict { rejected: rejected.spans, message: messages.join("; ") })
    }
}

fn named(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    format!("span {name:?}")
}

/// What is said about some spans: the words for the first of them, and how many there are.
#[derive(Debug, Default)]
pub struct Remarks {
    spans: usize,
    first: String,
}

impl Remarks {
    fn add(&mut self, spans: usize, words: impl FnOnce() -> String) {
        if self.spans == 0 {
            self.first = words();
        }
        self.spans += spans;
    }

    pub fn invalid(&mut self, span: &InvalidSpan) {
        self.add(1, || format!("{}: {}", named(&span.name), span.reason));
    }

    /// None if there is nothing to say.
    pub fn message(&self) -> Option<String> {
        match self.spans {
            0 => None,
            1 => Some(self.first.clone()),
            spans => Some(format!("{} (the first of {spans} such spans)", self.first)),
        }
    }
}
