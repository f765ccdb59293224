//! Which spans are recorded, when they are, and how much of them.

use opentelemetry_sdk::trace::{ShouldSample, SpanLimits};

use super::TelemetryBuilder;
use crate::clock::Clock;

impl TelemetryBuilder {
    /// Decides which spans are recorded. Default: `ParentBased(AlwaysOn)`.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOn)
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.provider = self.provider.with_sampler(sampler);
        self
    }

    /// The most attributes, events and links of a span. Default: 128 of each.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::SpanLimits;
    ///
    /// let limits = SpanLimits { max_attributes_per_span: 32, ..SpanLimits::default() };
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_span_limits(limits).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_span_limits(mut self, limits: SpanLimits) -> Self {
        self.provider = self.provider.with_span_limits(limits);
        self
    }

    /// The most characters of an attribute's value. Default: no limit.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_attribute_value_length_limit(2000).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_attribute_value_length_limit(mut self, characters: usize) -> Self {
        self.provider = self.provider.with_attribute_value_length_limit(characters);
        self
    }

    /// Another clock, for tests.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.provider = self.provider.with_clock(clock);
        self
    }
}
