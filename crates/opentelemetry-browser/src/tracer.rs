//! The tracer: hands what is to be started to the engine of the pipeline that there is now.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope};

use crate::engine::{Kept, Request};
use crate::provider::{Pipeline, Slot};
use crate::span::Span;
use crate::tracing::Times;

/// Starts spans. See [`TracerProvider`](crate::TracerProvider).
///
/// ```
/// use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
/// use opentelemetry_browser::{Tracer, TracerProvider};
///
/// let tracer: Tracer = TracerProvider::builder().build().tracer("shop");
/// let span = tracer.span_builder("GET /cart").with_kind(SpanKind::Client).start(&tracer);
/// assert!(span.is_recording());
/// ```
#[derive(Debug)]
pub struct Tracer {
    slot: Arc<Slot>,
    scope: InstrumentationScope,
    kept: Kept,
}

impl Clone for Tracer {
    fn clone(&self) -> Self {
        Self::new(self.slot.clone(), self.scope.clone())
    }
}

impl Tracer {
    pub(crate) fn new(slot: Arc<Slot>, scope: InstrumentationScope) -> Self {
        Self { slot, scope, kept: Kept::default() }
    }
}

impl opentelemetry::trace::Tracer for Tracer {
    type Span = Span;

    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(name);
        Times::mark(&mut builder, || self.slot.pipeline());
        builder
    }

    fn build_with_context(&self, mut builder: SpanBuilder, parent_cx: &Context) -> Span {
        let times = Times::take(&mut builder);
        let pipeline = self.slot.pipeline();
        let adopted = adopted(&pipeline, parent_cx);
        let parent_cx = adopted.as_ref().unwrap_or(parent_cx);
        let (scope, kept) = (&self.scope, &self.kept);
        pipeline.engine.start(Request { pipeline: &pipeline, scope, kept, builder, parent_cx, times })
    }
}

/// The context of a span without a parent, with the parent that the provider gives to such spans.
fn adopted(pipeline: &Pipeline, parent_cx: &Context) -> Option<Context> {
    let parent = pipeline.default_parent.as_ref()?;
    let is_root = !parent_cx.span().span_context().is_valid();
    is_root.then(|| parent_cx.with_remote_span_context(parent.clone()))
}
