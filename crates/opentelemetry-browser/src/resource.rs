//! What the spans are about: the service, and the SDK that records them.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};

/// The resource of a pipeline: `service.name`, `telemetry.sdk.*`, and what the user adds, which wins.
pub(crate) fn resource(service_name: &str, attributes: Vec<KeyValue>) -> Resource {
    let sdk: Box<dyn ResourceDetector> = Box::new(TelemetryResourceDetector);
    Resource::builder_empty()
        .with_detector(sdk)
        .with_service_name(service_name.to_owned())
        .with_attributes(attributes)
        .build()
}
