//! The configuration of a provider.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, Sampler, ShouldSample, SpanLimits, SpanProcessor};

use super::{Limits, Pipeline, TracerProvider, next_generation};
use crate::clock::Clock;
use crate::diagnostics::Counters;
use crate::engine::own::{EndProcessor, OwnEngine};
use crate::engine::upstream::UpstreamEngine;
use crate::engine::{Engine, Parts};
use crate::processor::BatchSpanProcessor;

/// Configures a [`TracerProvider`]; what is not set is as in upstream's builder, without its environment variables.
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry_browser::{BatchSpanProcessor, SpanExporter, TracerProvider};
/// use opentelemetry_sdk::Resource;
/// use opentelemetry_sdk::trace::{Sampler, SpanLimits};
///
/// let exporter = SpanExporter::builder().with_endpoint("http://localhost:4318").build()?;
/// let provider = TracerProvider::builder()
///     .with_span_processor(BatchSpanProcessor::builder(exporter).build())
///     .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1))))
///     .with_resource(Resource::builder().with_attribute(KeyValue::new("service.name", "shop")).build())
///     .with_span_limits(SpanLimits { max_events_per_span: 16, ..SpanLimits::default() })
///     .with_attribute_value_length_limit(1000)
///     .build();
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
pub struct TracerProviderBuilder {
    sampler: Option<Box<dyn ShouldSample>>,
    ids: Option<Box<dyn IdGenerator>>,
    resource: Option<Resource>,
    processors: Vec<EndProcessor>,
    // Upstream's engine is linked only where it is used.
    make_engine: fn(Parts) -> Box<dyn Engine>,
    limits: SpanLimits,
    value_length: Option<usize>,
    parent_decides: bool,
    default_parent: Option<SpanContext>,
    clock: Option<Clock>,
    counters: Arc<Counters>,
}

impl Default for TracerProviderBuilder {
    fn default() -> Self {
        Self {
            sampler: None,
            ids: None,
            resource: None,
            processors: Vec::new(),
            make_engine: OwnEngine::make,
            limits: SpanLimits::default(),
            value_length: None,
            // The default sampler is ParentBased(AlwaysOn).
            parent_decides: true,
            default_parent: None,
            clock: None,
            counters: Arc::default(),
        }
    }
}

impl fmt::Debug for TracerProviderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerProviderBuilder").field("processors", &self.processors).finish_non_exhaustive()
    }
}

fn merged(earlier: &Resource, later: &Resource) -> Resource {
    let pairs = earlier.iter().chain(later).map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    match later.schema_url().or(earlier.schema_url()) {
        Some(url) => Resource::builder_empty().with_schema_url(pairs, url.to_owned()).build(),
        None => Resource::builder_empty().with_attributes(pairs).build(),
    }
}

impl TracerProviderBuilder {
    /// Adds a processor. They are called in the order in which they were added.
    ///
    /// With any other than this crate's [`BatchSpanProcessor`], each span is one of upstream's SDK as well, since `on_start` is
    /// given such a span; it costs about twice as much then. See [`with_end_processor`](Self::with_end_processor).
    pub fn with_span_processor<P: SpanProcessor + 'static>(mut self, processor: P) -> Self {
        match (&processor as &dyn Any).downcast_ref::<BatchSpanProcessor>() {
            Some(batch) => self.processors.push(EndProcessor::Batch(batch.clone())),
            None => {
                self.make_engine = UpstreamEngine::make;
                self.processors.push(EndProcessor::Other(Box::new(processor)));
            }
        }
        self
    }

    /// Adds a processor that need not be told when a span starts: its `on_start` is not called, unless another processor's is.
    ///
    /// ```
    /// use opentelemetry::trace::{Span as _, Tracer, TracerProvider as _};
    /// use opentelemetry_browser::TracerProvider;
    /// # use opentelemetry::Context;
    /// # use opentelemetry_sdk::error::OTelSdkResult;
    /// use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    ///
    /// #[derive(Debug)]
    /// struct Counter;
    ///
    /// impl SpanProcessor for Counter {
    ///     fn on_start(&self, _span: &mut Span, _cx: &Context) {}
    ///     fn on_end(&self, span: SpanData) {
    ///         println!("{} has ended", span.name);
    ///     }
    ///     // ...
    /// #     fn force_flush(&self) -> OTelSdkResult { Ok(()) }
    /// #     fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> OTelSdkResult { Ok(()) }
    /// }
    ///
    /// let provider = TracerProvider::builder().with_end_processor(Counter).build();
    /// assert!(provider.tracer("shop").start("checkout").is_recording());
    /// ```
    pub fn with_end_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.push(EndProcessor::Other(Box::new(processor)));
        self
    }

    /// Decides which spans are recorded. Default: `ParentBased(AlwaysOn)`.
    ///
    /// A span that is not sampled costs no reading of the clock.
    pub fn with_sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        let known = (&sampler as &dyn Any).downcast_ref::<Sampler>();
        self.parent_decides = matches!(known, Some(Sampler::ParentBased(_) | Sampler::AlwaysOff));
        self.sampler = Some(Box::new(sampler));
        self
    }

    /// Where trace and span ids come from. Default: random.
    pub fn with_id_generator(mut self, generator: impl IdGenerator + 'static) -> Self {
        self.ids = Some(Box::new(generator));
        self
    }

    /// What the spans are about. Called more than once, later attributes win over earlier ones.
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = Some(match self.resource {
            Some(earlier) => merged(&earlier, &resource),
            None => resource,
        });
        self
    }

    /// The most attributes, events and links of a span. Default: 128 of each.
    pub fn with_span_limits(mut self, limits: SpanLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The most characters of an attribute's value (`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`). Default: no limit.
    pub fn with_attribute_value_length_limit(mut self, characters: usize) -> Self {
        self.value_length = Some(characters);
        self
    }

    /// Makes every span that has no parent a child of this one, instead of the first of a new trace. An invalid context has
    /// no effect.
    ///
    /// ```
    /// use opentelemetry::trace::TraceContextExt;
    /// use opentelemetry_browser::TracerProvider;
    /// use opentelemetry_browser::propagation::remote_parent;
    ///
    /// let parent = remote_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?;
    /// let parent = parent.span().span_context().clone();
    /// let provider = TracerProvider::builder().with_default_parent(parent).build();
    /// # Ok::<(), opentelemetry_browser::propagation::ParentError>(())
    /// ```
    pub fn with_default_parent(mut self, parent: SpanContext) -> Self {
        self.default_parent = parent.is_valid().then_some(parent);
        self
    }

    /// Another clock, for tests.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    pub(crate) fn with_counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    /// Builds the provider.
    pub fn build(self) -> TracerProvider {
        let limits = Limits::new(&self.limits, self.value_length);
        let parts = Parts {
            sampler: self.sampler,
            ids: self.ids.unwrap_or_else(|| Box::<RandomIdGenerator>::default()),
            resource: self.resource.unwrap_or_else(|| Resource::builder().build()),
            processors: self.processors,
            span_limits: self.limits,
            attribute_limits: limits.span,
            parent_decides: self.parent_decides,
        };
        TracerProvider::from_pipeline(Pipeline {
            engine: (self.make_engine)(parts),
            generation: next_generation(),
            clock: self.clock.unwrap_or_default(),
            limits,
            default_parent: self.default_parent,
            counters: self.counters,
        })
    }
}
