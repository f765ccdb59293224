//! From the message to the store: spans that are valid are submitted, the others are counted with the reason of the first.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::{MAX_BODY, response::Failure};
use crate::{
    model::{Origin, Span},
    store::{Store, Ticket},
};

/// What is said about a request that was taken.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// The spans of it that are durable.
    pub taken: usize,
    /// The spans of it that were not taken.
    pub rejected: usize,
    /// Why, or what is odd about those that were. Empty when there is nothing to say.
    pub message: String,
}

/// A request whose spans are on their way to the disk.
#[derive(Debug)]
pub struct Submitted {
    ticket: Ticket,
    spans: usize,
    rejected: Remarks,
    backwards: Remarks,
}

/// The spans of each scope are kept with their resource. In all, the resources of a request take no more than this: a large one and
/// many scopes would fill the machine.
const REPEATED: usize = MAX_BODY;

/// Hands on the spans of a request, in its order, and says of the others why they are not.
pub fn spans(request: ExportTraceServiceRequest, rejected: &mut Remarks, mut take: impl FnMut(Span)) {
    let mut room = REPEATED;
    for resource_spans in request.resource_spans {
        let resource = resource_spans.resource.unwrap_or_default();
        let length = resource.encoded_len();
        for scope_spans in resource_spans.scope_spans.into_iter().filter(|scope_spans| !scope_spans.spans.is_empty()) {
            let Some(left) = room.checked_sub(length) else {
                rejected.add(scope_spans.spans.len(), || {
                    "the resource is too large to be kept with each of so many scopes: send fewer at once".into()
                });
                continue;
            };
            room = left;
            let origin = Arc::new(Origin::new(resource.clone(), scope_spans.scope.unwrap_or_default()));
            for span in scope_spans.spans {
                match Span::new(span, &origin) {
                    Ok(span) => take(span),
                    Err(invalid) => rejected.add(1, || format!("{}: {}", named(&invalid.name), invalid.reason)),
                }
            }
        }
    }
}

/// Calls `see` with each span that is submitted.
pub fn submit(request: ExportTraceServiceRequest, store: &Store, mut see: impl FnMut(&Span)) -> Submitted {
    let mut count = 0;
    let mut rejected = Remarks::default();
    let mut backwards = Remarks::default();
    let mut draft = store.draft();
    spans(request, &mut rejected, |span| {
        if span.ends_before_start() {
            backwards.add(1, || {
                format!("{}: it ends before it starts, and is kept with a duration of 0", named(&span.name))
            });
        }
        count += 1;
        see(&span);
        draft.add(span);
    });
    Submitted { ticket: store.submit(draft), spans: count, rejected, backwards }
}

impl Submitted {
    /// Waits until the spans are durable.
    pub async fn verdict(self) -> Result<Verdict, Failure> {
        let Self { ticket, spans, mut rejected, backwards } = self;
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
        let taken = spans.saturating_sub(refused);
        Ok(Verdict { taken, rejected: rejected.spans, message: messages.join("; ") })
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

    /// None if there is nothing to say.
    pub fn message(&self) -> Option<String> {
        match self.spans {
            0 => None,
            1 => Some(self.first.clone()),
            spans => Some(format!("{} (the first of {spans} such spans)", self.first)),
        }
    }
}
