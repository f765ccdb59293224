//! Where spans come from: all spans of one program share a resource, and those of one library in it a scope.

use std::{ops::Deref, sync::Arc};

use opentelemetry_proto::tonic::{
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;

use super::{members, tags};

/// A resource or scope with what stands beside it, decoded and as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<M> {
    message: M,
    pub schema_url: String,
    /// The message of OTLP that holds it (`ResourceSpans`, `ScopeSpans`), without the list that this holds too.
    bytes: Box<[u8]>,
    /// What came beside the resource or scope in JSON: see [`members`].
    pub members: Option<Box<str>>,
}

impl<M> Deref for Part<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

impl<M> Part<M> {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same with what came beside it.
    pub fn with_members(mut self, text: Option<&str>) -> Self {
        if let Some(text) = text {
            let mut bytes = self.bytes.into_vec();
            members::append(text, &mut bytes);
            self.bytes = bytes.into();
            self.members = Some(text.into());
        }
        self
    }
}

impl Part<Resource> {
    pub fn new(resource: Resource, schema_url: String) -> Self {
        let holder = ResourceSpans { resource: Some(resource), schema_url, ..Default::default() };
        let bytes = holder.encode_to_vec();
        Self::read(holder, &bytes)
    }

    /// Of a message and the bytes that it was read from.
    pub fn read(holder: ResourceSpans, bytes: &[u8]) -> Self {
        let ResourceSpans { resource, schema_url, .. } = holder;
        let members = members::find(bytes).map(Into::into);
        Self { message: resource.unwrap_or_default(), schema_url, bytes: bytes.into(), members }
    }

    /// None if these are not its bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::read(ResourceSpans::decode(bytes).ok()?, bytes))
    }
}

impl Part<InstrumentationScope> {
    pub fn new(scope: InstrumentationScope, schema_url: String) -> Self {
        let holder = ScopeSpans { scope: Some(scope), schema_url, ..Default::default() };
        let bytes = holder.encode_to_vec();
        Self::read(holder, &bytes)
    }

    /// Of a message and the bytes that it was read from.
    pub fn read(holder: ScopeSpans, bytes: &[u8]) -> Self {
        let ScopeSpans { scope, schema_url, .. } = holder;
        let members = members::find(bytes).map(Into::into);
        Self { message: scope.unwrap_or_default(), schema_url, bytes: bytes.into(), members }
    }

    /// None if these are not its bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::read(ScopeSpans::decode(bytes).ok()?, bytes))
    }
}

/// Where a span comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The attribute `service.name`, or what Jaeger calls a service that has none.
    pub service: Arc<str>,
    /// The origins of a request share it.
    pub resource: Arc<Part<Resource>>,
    pub scope: Arc<Part<InstrumentationScope>>,
}

impl Origin {
    pub fn new(resource: Resource, scope: InstrumentationScope) -> Self {
        Self::of(
            Arc::new(Part::<Resource>::new(resource, String::new())),
            Part::<InstrumentationScope>::new(scope, String::new()).into(),
        )
    }

    pub fn of(resource: Arc<Part<Resource>>, scope: Arc<Part<InstrumentationScope>>) -> Self {
        let service = Arc::from(tags::service(&resource.attributes));
        Self { service, resource, scope }
    }
}
