//! What the spans are about: the service, the browser it runs in, and the SDK that records them.
//!
//! Attributes are those of the [semantic conventions](https://opentelemetry.io/docs/specs/semconv/resource/) that are stable.
//! Those in Development, whose names may still change, are there on request only.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use crate::platform::Hints;
use crate::platform::navigator::{hints, user_agent};

/// Describes the browser, as upstream's [`ResourceDetector`]: for resources that are built apart from
/// [`Telemetry`](crate::Telemetry), which has all of this already.
///
/// | Attribute | From | Stability |
/// |---|---|---|
/// | `user_agent.original` | `navigator.userAgent` | Stable |
/// | `telemetry.distro.name`, `telemetry.distro.version` | this crate | Stable |
/// | `service.instance.id` | random, a UUID for each detector | Stable |
/// | `browser.brands`, `browser.mobile`, `browser.platform` | `navigator.userAgentData`, where there is one | Development |
/// | `browser.language` | `navigator.language` | Development |
///
/// ```
/// use opentelemetry_browser::BrowserResourceDetector;
/// use opentelemetry_sdk::Resource;
///
/// let resource = Resource::builder()
///     .with_service_name("shop")
///     .with_detector(Box::new(BrowserResourceDetector::new().with_development_attributes()))
///     .build();
/// assert_eq!(resource.get(&"service.name".into()), Some("shop".into()));
/// ```
#[derive(Clone, Debug)]
pub struct BrowserResourceDetector {
    instance_id: String,
    /// A function, so that it is linked only where it is asked for.
    development: Option<fn() -> Vec<KeyValue>>,
}

impl BrowserResourceDetector {
    /// Detects the stable attributes.
    pub fn new() -> Self {
        Self { instance_id: uuid(), development: None }
    }

    /// Detects the attributes in Development, too.
    #[must_use]
    pub fn with_development_attributes(mut self) -> Self {
        self.development = Some(|| development(hints()));
        self
    }

    fn describe(&self, user_agent: Option<String>) -> Resource {
        let mut attributes = vec![
            KeyValue::new("telemetry.distro.name", env!("CARGO_PKG_NAME")),
            KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", self.instance_id.clone()),
        ];
        attributes.extend(text("user_agent.original", user_agent));
        attributes.extend(self.development.map(|detect| detect()).unwrap_or_default());
        Resource::builder_empty().with_attributes(attributes).build()
    }
}

impl Default for BrowserResourceDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl ResourceDetector for BrowserResourceDetector {
    fn detect(&self) -> Resource {
        self.describe(user_agent())
    }
}

fn text(key: &'static str, text: Option<String>) -> Option<KeyValue> {
    text.filter(|text| !text.is_empty()).map(|text| KeyValue::new(key, text))
}

/// The attributes in Development.
fn development(hints: Hints) -> Vec<KeyValue> {
    let brands: Vec<StringValue> = hints.brands.into_iter().map(Into::into).collect();
    let brands = (!brands.is_empty()).then_some(Value::Array(Array::String(brands)));
    [
        brands.map(|brands| KeyValue::new("browser.brands", brands)),
        hints.is_mobile.map(|is_mobile| KeyValue::new("browser.mobile", is_mobile)),
        text("browser.platform", hints.platform),
        text("browser.language", hints.language),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A random UUID (version 4), with the randomness of trace ids.
pub(crate) fn uuid() -> String {
    let random = u128::from_be_bytes(RandomIdGenerator::default().new_trace_id().to_bytes());
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{versioned:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// What a pipeline says about itself.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    pub(crate) service_name: Option<String>,
    pub(crate) detector: BrowserResourceDetector,
    /// What the user's detectors add.
    pub(crate) detected: Vec<KeyValue>,
    /// What the user adds, which wins.
    pub(crate) attributes: Vec<KeyValue>,
}

impl Identity {
    pub(crate) fn resource(self) -> Resource {
        let detectors: [Box<dyn ResourceDetector>; 2] = [Box::new(TelemetryResourceDetector), Box::new(self.detector)];
        let name = |name: String| KeyValue::new("service.name", name);
        Resource::builder_empty()
            .with_detectors(&detectors)
            .with_attribute(name("unknown_service".to_owned()))
            .with_attributes(self.detected.into_iter().chain(self.service_name.map(name)).chain(self.attributes))
            .build()
    }
}

#[cfg(test)]
#[path = "resource_tests.rs"]
mod tests;
