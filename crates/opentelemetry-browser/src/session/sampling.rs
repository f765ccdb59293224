//! Sampling by session: a trace that begins here is recorded if its session is.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::SessionProcessor;
use crate::trace::start::by_parent;

/// Leaves out traces of sessions that are not recorded, and asks another sampler about the rest.
#[derive(Clone)]
pub(crate) struct SessionSampler {
    session: SessionProcessor,
    /// `None` for upstream's default, ParentBased(AlwaysOn).
    inner: Option<Box<dyn ShouldSample>>,
}

impl SessionSampler {
    /// A sampler by session around another one; only that, if all sessions are recorded.
    pub(crate) fn around(
        inner: Option<Box<dyn ShouldSample>>,
        session: SessionProcessor,
    ) -> Option<Box<dyn ShouldSample>> {
        if session.shared.config.samples_all() { inner } else { Some(Box::new(Self { session, inner })) }
    }
}

impl fmt::Debug for SessionSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every sampler is printable; a derived form is more code, which stays linked.
        f.write_str("SessionSampler")
    }
}

impl ShouldSample for SessionSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.filter(|cx| cx.span().span_context().is_valid());
        let keep = |trace_state, decision| SamplingResult { decision, attributes: Vec::new(), trace_state };
        match (parent, &self.inner) {
            (None, _) if !self.session.is_sampled() => keep(TraceState::default(), SamplingDecision::Drop),
            (_, Some(inner)) => inner.should_sample(parent_context, trace_id, name, span_kind, attributes, links),
            (Some(parent), None) => by_parent(parent),
            (None, None) => keep(TraceState::default(), SamplingDecision::RecordAndSample),
        }
    }
}
