//! The configuration of a provider.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, Sampler, ShouldSample, SpanLimits};

use super::exceptions::TakeException;
use super::ids::Ids;
use super::processors::{Processor, Processors};
use super::provider::{Pipeline, TracerProvider};
use super::runtime::{Limits, Runtime};
use super::start::{OwnStarter, Starter};
use crate::attributes::AttributeLimits;
use crate::clock::Clock;
use crate::diagnostics::Counters;
use crate::resource::Description;

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
    /// Puts another sampler around it.
    pub(crate) around_sampler: Option<AroundSampler>,
    ids: Option<Box<dyn IdGenerator>>,
    pub(crate) resource: Option<Description>,
    // Upstream's reads the environment, which is linked only where it is used.
    default_resource: fn() -> Description,
    pub(crate) processors: Processors,
    // Upstream's SDK is linked only where it is used.
    pub(super) make_starter: MakeStarter,
    limits: SpanLimits,
    pub(crate) value_length: Option<usize>,
    parent_decides: bool,
    default_parent: Option<SpanContext>,
    pub(crate) clock: Option<Clock>,
    pub(crate) take_exception: Option<TakeException>,
    counters: Arc<Counters>,
}

/// Makes a sampler of another one; of the default, if there is none.
pub(crate) type AroundSampler =
    Box<dyn FnOnce(Option<Box<dyn ShouldSample>>) -> Option<Box<dyn ShouldSample>> + Send + Sync>;

/// What a starter is made of.
pub(super) struct Parts {
    /// `None` for upstream's default.
    pub(super) sampler: Option<Box<dyn ShouldSample>>,
    pub(super) ids: Box<dyn IdGenerator>,
    pub(super) resource: Description,
    pub(super) processors: Processors,
    pub(super) span_limits: SpanLimits,
    pub(super) attribute_limits: AttributeLimits,
    /// Whether a span with an unsampled parent is never recorded.
    pub(super) parent_decides: bool,
}

/// Makes a starter, and gives back the processors that it does not take.
type MakeStarter = fn(Parts) -> (Box<dyn Starter>, Processors);

fn make_own(Parts { sampler, ids, resource, mut processors, .. }: Parts) -> (Box<dyn Starter>, Processors) {
    processors.iter_mut().for_each(|processor| processor.describe(&resource));
    (Box::new(OwnStarter { sampler, ids }), processors)
}

impl Default for TracerProviderBuilder {
    fn default() -> Self {
        Self { default_resource: || (&Resource::builder().build()).into(), ..Self::without_resource() }
    }
}

impl TracerProviderBuilder {
    pub(crate) fn without_resource() -> Self {
        Self {
            sampler: None,
            around_sampler: None,
            ids: None,
            resource: None,
            default_resource: Description::default,
            processors: Vec::new(),
            make_starter: make_own,
            limits: SpanLimits::default(),
            value_length: None,
            // The default sampler is ParentBased(AlwaysOn).
            parent_decides: true,
            default_parent: None,
            clock: None,
            take_exception: None,
            counters: Arc::default(),
        }
    }
}

impl fmt::Debug for TracerProviderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerProviderBuilder").field("processors", &self.processors).finish_non_exhaustive()
    }
}

impl TracerProvider {
    /// Configures a provider.
    pub fn builder() -> TracerProviderBuilder {
        TracerProviderBuilder::default()
    }
}

impl TracerProviderBuilder {
    pub(crate) fn with_processor(mut self, processor: impl Processor + 'static) -> Self {
        self.processors.push(Box::new(processor));
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
        self.resource = Some(self.resource.unwrap_or_default().merged((&resource).into()));
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
        let sampler = match self.around_sampler {
            Some(around) => around(self.sampler),
            None => self.sampler,
        };
        let (starter, processors) = (self.make_starter)(Parts {
            sampler,
            ids: self.ids.unwrap_or_else(|| Box::new(Ids)),
            resource: self.resource.unwrap_or_else(self.default_resource),
            processors: self.processors,
            span_limits: self.limits,
            attribute_limits: limits.span,
            parent_decides: self.parent_decides,
        });
        let clock = self.clock.unwrap_or_default();
        let runtime = Runtime::new(clock, limits, self.counters, processors, self.take_exception);
        TracerProvider::from_pipeline(Pipeline { runtime, starter, default_parent: self.default_parent })
    }
}
