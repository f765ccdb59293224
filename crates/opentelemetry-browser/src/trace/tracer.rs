//! The tracer: hands what is to be started to the pipeline that there is now.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::SpanBuilder;
use opentelemetry::{Context, InstrumentationScope};

use super::provider::{Slot, TracerProvider};
use super::readings::Readings;
use super::span::Span;

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
#[derive(Clone, Debug)]
pub struct Tracer {
    slot: Arc<Slot>,
    scope: InstrumentationScope,
}

impl opentelemetry::trace::TracerProvider for TracerProvider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        Tracer { slot: self.slot.clone(), scope }
    }
}

impl opentelemetry::trace::Tracer for Tracer {
    type Span = Span;

    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(name);
        Readings::mark(&mut builder, || self.slot.pipeline().runtime.clone());
        builder
    }

    fn build_with_context(&self, mut builder: SpanBuilder, parent_cx: &Context) -> Span {
        let readings = Readings::take(&mut builder);
        self.slot.pipeline().start(&self.scope, builder, parent_cx, readings)
    }
}
