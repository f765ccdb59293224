//! From a request's spans to the store: those that are valid are submitted with their bytes as they came, the others are counted
//! with the reason of the first.

use std::{borrow::Cow, mem, sync::Arc};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{self as proto, ResourceSpans, ScopeSpans},
};
use prost::{Message, bytes::Bytes};

use super::{
    Refusal, Signal,
    budget::Held,
    protobuf::{self, Kind},
    records::{MAX_RECORD, name_of},
    references,
    verdict::{Heard, Remarks, Verdict, named},
    wire::{self, Visitor},
};
use crate::{
    model::{Origin, Outline, Part, Span, Tags, append_field, members},
    store::{Draft, Store, Ticket},
};

/// The spans of a request.
#[derive(Debug)]
pub enum Traces {
    /// Read from JSON.
    Read(ExportTraceServiceRequest),
    /// In protobuf: each span is read when it is its turn, so that they are never all in memory.
    Wire(Bytes),
}

/// Takes valid spans, each with where it comes from and its bytes as they came.
pub type Take<'t> = &'t mut dyn FnMut(&Outline<'_>, &Arc<Origin>, &[u8]) -> Result<(), Refusal>;

impl Traces {
    /// Hands on the spans in their order, and says of the others why they are not.
    pub fn each(self, heard: &mut Heard, take: Take<'_>) -> Result<(), Refusal> {
        match self {
            Self::Wire(bytes) => {
                let (tags, resource, scope, origin) = (Tags::default(), None, None, None);
                wire::walk(&bytes, &mut Walk { heard, take, tags, resource, scope, origin })
            }
            Self::Read(request) => read(request, heard, take),
        }
    }

    /// The same as protobuf.
    pub fn encoded(&self) -> Bytes {
        match self {
            Self::Wire(bytes) => bytes.clone(),
            Self::Read(request) => request.encode_to_vec().into(),
        }
    }
}

/// A request in protobuf with those of its spans that are valid, to be handed on: one that is not would cost the others, where it is
/// read more strictly.
fn valid(request: &Bytes) -> Result<Bytes, Refusal> {
    const SCOPES: u32 = 2;
    const SPANS: u32 = 2;
    const RESOURCES: u32 = 1;
    let mut whole = Vec::with_capacity(request.len());
    let mut of_scope: Option<(Arc<Origin>, Vec<u8>)> = None;
    let mut close = |done: Option<(Arc<Origin>, Vec<u8>)>| {
        if let Some((origin, scope)) = done {
            let mut resource = origin.resource.bytes().to_vec();
            append_field(SCOPES, &scope, &mut resource);
            append_field(RESOURCES, &resource, &mut whole);
        }
    };
    Traces::Wire(request.clone()).each(&mut Heard::default(), &mut |_, origin, encoded| {
        if of_scope.as_ref().is_none_or(|(last, _)| !Arc::ptr_eq(last, origin)) {
            close(of_scope.replace((Arc::clone(origin), origin.scope.bytes().to_vec())));
        }
        of_scope.iter_mut().for_each(|(_, scope)| append_field(SPANS, encoded, scope));
        Ok(())
    })?;
    close(of_scope);
    Ok(whole.into())
}

fn read(request: ExportTraceServiceRequest, heard: &mut Heard, take: Take<'_>) -> Result<(), Refusal> {
    let (mut encoded, mut tags) = (Vec::new(), Tags::default());
    let members = mem::take(&mut heard.members);
    let of = |place: &[usize]| members.get(place).map(String::as_str);
    for (i, of_resource) in request.resource_spans.into_iter().enumerate() {
        let resource = Part::<Resource>::new(of_resource.resource.unwrap_or_default(), of_resource.schema_url);
        let resource = Arc::new(resource.with_members(of(&[i])));
        let scopes = of_resource.scope_spans.into_iter().enumerate();
        for (j, of_scope) in scopes.filter(|(_, of_scope)| !of_scope.spans.is_empty()) {
            let scope = Part::<InstrumentationScope>::new(of_scope.scope.unwrap_or_default(), of_scope.schema_url);
            let scope = scope.with_members(of(&[i, j]));
            let origin = Arc::new(Origin::of(Arc::clone(&resource), scope.into()));
            for (k, span) in of_scope.spans.into_iter().enumerate() {
                encoded.clear();
                // It cannot fail: a vector grows.
                let _ = span.encode(&mut encoded);
                if let Some(text) = of(&[i, j, k]) {
                    members::append(text, &mut encoded);
                }
                if let Some(outline) = light(&encoded, &mut tags) {
                    take(&outline, &origin, &encoded)?;
                    continue;
                }
                if encoded.len() > LIGHT && protobuf::weight(&encoded, Kind::Span) > MAX_RECORD {
                    heard.rejected.add(1, || format!("{}: {TOO_LARGE}", named(Signal::Traces, &span.name)));
                    continue;
                }
                match Span::new(span, &origin) {
                    Ok(span) => take(&Outline::of(&span, &mut tags), &origin, &encoded)?,
                    Err(invalid) => heard
                        .rejected
                        .add(1, || format!("{}: {}", named(Signal::Traces, &invalid.name), invalid.id.in_json())),
                }
            }
        }
    }
    Ok(())
}

/// No span of so many bytes takes more memory than one may.
const LIGHT: usize = MAX_RECORD / 64;

/// Read from the bytes, if a span of so few is not weighed and that can be done.
fn light<'a>(bytes: &'a [u8], tags: &'a mut Tags) -> Option<Outline<'a>> {
    if bytes.len() <= LIGHT { Outline::read(bytes, tags) } else { None }
}

const TOO_LARGE: &str = "it has too many attributes, events or links to be kept";

/// Where a walk over a request in protobuf is.
struct Walk<'w, 't> {
    heard: &'w mut Heard,
    take: Take<'t>,
    tags: Tags,
    resource: Option<Arc<Part<Resource>>>,
    scope: Option<Arc<Part<InstrumentationScope>>>,
    /// Of these two, once a span needs it.
    origin: Option<Arc<Origin>>,
}

impl Walk<'_, '_> {
    fn origin(&mut self) -> Arc<Origin> {
        let (resource, scope) = (&mut self.resource, &mut self.scope);
        let origin = self.origin.get_or_insert_with(|| {
            // Records of a part that cannot be read are kept without it; its sender is told.
            let resource =
                resource.get_or_insert_with(|| Arc::new(Part::<Resource>::new(Resource::default(), String::new())));
            let none = || Arc::new(Part::<InstrumentationScope>::new(InstrumentationScope::default(), String::new()));
            Arc::new(Origin::of(Arc::clone(resource), Arc::clone(scope.get_or_insert_with(none))))
        });
        Arc::clone(origin)
    }
}

impl Visitor for Walk<'_, '_> {
    fn resource(&mut self, part: &[u8]) -> Result<(), Refusal> {
        (self.resource, self.origin) = (None, None);
        match protobuf::read::<ResourceSpans>(part, Kind::ResourcePart, MAX_RECORD) {
            Ok((holder, bytes)) => {
                self.heard.is_mended |= matches!(bytes, Cow::Owned(_));
                self.resource = Some(Arc::new(Part::<Resource>::read(holder, &members::without(&bytes))));
            }
            Err(why) => self.heard.note(format!("a resource is left out, and its spans are kept without it: {why}")),
        }
        Ok(())
    }

    fn scope(&mut self, part: &[u8]) -> Result<(), Refusal> {
        (self.scope, self.origin) = (None, None);
        match protobuf::read::<ScopeSpans>(part, Kind::ScopePart, MAX_RECORD) {
            Ok((holder, bytes)) => {
                self.heard.is_mended |= matches!(bytes, Cow::Owned(_));
                self.scope = Some(Arc::new(Part::<InstrumentationScope>::read(holder, &members::without(&bytes))));
            }
            Err(why) => self.heard.note(format!("a scope is left out, and its spans are kept without it: {why}")),
        }
        Ok(())
    }

    fn record(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let origin = self.origin();
        if let Some(outline) = light(bytes, &mut self.tags) {
            return (self.take)(&outline, &origin, bytes);
        }
        let (span, bytes) = match span(bytes) {
            Ok(read) => read,
            Err(why) => {
                let name = || name_of(bytes, SPAN_NAME);
                self.heard.rejected.add(1, || format!("{}: {why}", named(Signal::Traces, &name())));
                return Ok(());
            }
        };
        self.heard.is_mended |= matches!(bytes, Cow::Owned(_));
        match Span::new(span, &origin) {
            Ok(span) => (self.take)(&Outline::of(&span, &mut self.tags), &origin, &members::without(&bytes)),
            Err(invalid) => {
                let words = || format!("{}: {}", named(Signal::Traces, &invalid.name), invalid.id.in_protobuf());
                self.heard.rejected.add(1, words);
                Ok(())
            }
        }
    }

    fn outdated(&mut self) {
        let words =
            "instrumentation_library_spans is not read: OTLP has no such field since 0.20; use a newer exporter";
        self.heard.note(words.into());
    }
}

/// A span, without ids of links that cannot be any.
fn span(bytes: &[u8]) -> protobuf::Read<'_, proto::Span> {
    let (span, bytes) = protobuf::read::<proto::Span>(bytes, Kind::Span, MAX_RECORD)?;
    if !references::of_span(&span) {
        return Ok((span, bytes));
    }
    protobuf::mend(&bytes, Kind::Span).unwrap_or(Ok((span, bytes)))
}

/// The field of a span that has its name.
const SPAN_NAME: u32 = 5;

/// A request whose spans are on their way to the disk.
#[derive(Debug)]
pub struct Submitted {
    ticket: Ticket,
    held: usize,
    spans: usize,
    heard: Heard,
    backwards: Remarks,
}

/// Submits the spans, for which room is held until they are durable. Calls `see` with each.
pub fn submit(
    traces: Traces,
    mut heard: Heard,
    store: &Store,
    held: &mut Held,
    mut see: impl FnMut(&Outline<'_>),
) -> Result<Submitted, Refusal> {
    let (mut count, mut charged) = (0, 0);
    let mut backwards = Remarks::default();
    let mut draft = store.draft();
    traces.each(&mut heard, &mut |span, origin, encoded| {
        if span.ends_before_start() {
            backwards.add(1, || {
                let name = named(Signal::Traces, span.name);
                format!("{name}: it ends before it starts, and is kept with a duration of 0")
            });
        }
        count += 1;
        see(span);
        draft.add(span, origin, encoded);
        charge(&draft, &mut charged, held)
    })?;
    Ok(Submitted { held: charged, ticket: store.submit(draft), spans: count, heard, backwards })
}

/// In which steps room is taken for a draft.
const STEP: usize = 64 << 10;

fn charge(draft: &Draft, charged: &mut usize, held: &mut Held) -> Result<(), Refusal> {
    match draft.held().checked_sub(*charged) {
        Some(more) if more > 0 => {
            let more = more.max(STEP);
            *charged += more;
            held.reserve(more)
        }
        _ => Ok(()),
    }
}

impl Submitted {
    /// How many bytes wait for the disk.
    pub fn held(&self) -> usize {
        self.held
    }

    /// What is handed on of the request, whose bytes these are.
    pub fn handed_on(&self, encoded: Bytes) -> Result<Bytes, Refusal> {
        if self.heard.is_whole() { Ok(encoded) } else { valid(&encoded) }
    }

    /// Waits until the spans are durable.
    pub async fn verdict(self) -> Result<Verdict, Refusal> {
        let Self { ticket, spans, mut heard, backwards, .. } = self;
        let refused = match ticket.done().await {
            Ok(inserted) => inserted.refused,
            Err(failed) => {
                let message = format!("the spans could not be kept: {failed}; send them again later");
                return Err(Refusal::Unavailable(message));
            }
        };
        heard.rejected.add(refused, || "their trace alone is larger than all that this collector keeps".into());
        Ok(heard.verdict(Signal::Traces, spans.saturating_sub(refused), backwards.message(Signal::Traces)))
    }
}
