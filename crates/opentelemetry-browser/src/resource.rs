//! What the spans are about: the service, the browser it runs in, and the SDK that records them.
//!
//! Attributes are those of the [semantic conventions](https://opentelemetry.io/docs/specs/semconv/resource/) that are stable.
//! Those in Development, whose names may still change, are there on request only.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::ResourceDetector;

use crate::hex::{ascii, hex};
use crate::platform::Hints;
use crate::platform::navigator::{hints, user_agent};
use crate::random::random;

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

    fn attributes(&self, user_agent: Option<String>) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new("telemetry.distro.name", env!("CARGO_PKG_NAME")),
            KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", self.instance_id.clone()),
        ];
        attributes.extend(text("user_agent.original", user_agent));
        attributes.extend(self.development.map(|detect| detect()).unwrap_or_default());
        attributes
    }
}

impl Default for BrowserResourceDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl ResourceDetector for BrowserResourceDetector {
    fn detect(&self) -> Resource {
        Resource::builder_empty().with_attributes(self.attributes(user_agent())).build()
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
    let mut bytes: [u8; 16] = random();
    (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x40, bytes[8] & 0x3f | 0x80);
    let mut text = Vec::with_capacity(36);
    for (at, byte) in bytes.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        hex(&mut text, &[byte]);
    }
    ascii(&text)
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
    pub(crate) fn resource(self) -> Description {
        let name = |name: String| KeyValue::new("service.name", name);
        let mut attributes = vec![
            name("unknown_service".to_owned()),
            KeyValue::new("telemetry.sdk.name", "opentelemetry"),
            KeyValue::new("telemetry.sdk.language", "rust"),
            KeyValue::new("telemetry.sdk.version", SDK_VERSION),
        ];
        attributes.extend(self.detector.attributes(user_agent()));
        attributes.extend(self.detected.into_iter().chain(self.service_name.map(name)).chain(self.attributes));
        Description { attributes, schema_url: None }
    }
}

/// Of upstream's SDK that this is made for. Its own detector says so too, but by way of a hash map, which takes 4 KB of WebAssembly.
const SDK_VERSION: &str = "0.33.1";

/// A resource, of whose attributes the last of each key holds. Upstream's [`Resource`] is made of it where somebody asks for one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Description {
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) schema_url: Option<String>,
}

impl From<&Resource> for Description {
    fn from(resource: &Resource) -> Self {
        let attributes = resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        Self { attributes, schema_url: resource.schema_url().map(str::to_owned) }
    }
}

impl From<&Description> for Resource {
    fn from(description: &Description) -> Self {
        let attributes = description.attributes.iter().cloned();
        match &description.schema_url {
            Some(url) => Self::builder_empty().with_schema_url(attributes, url.clone()).build(),
            None => Self::builder_empty().with_attributes(attributes).build(),
        }
    }
}

impl Description {
    /// With the attributes of a later one, which hold where both have them.
    pub(crate) fn merged(mut self, later: Self) -> Self {
        self.attributes.extend(later.attributes);
        self.schema_url = later.schema_url.or(self.schema_url);
        self
    }
}

#[cfg(test)]
#[path = "resource_tests.rs"]
mod tests;
