//! What the spans are about: the service, its version and instance, the browser.

use opentelemetry::KeyValue;
use opentelemetry_sdk::resource::ResourceDetector;

use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// `service.name` of the resource. Default: `unknown_service`.
    pub fn with_service_name(mut self, name: impl Into<String>) -> Self {
        self.identity.service_name = Some(name.into());
        self
    }

    /// `service.version` of the resource: that of the app, such as `env!("CARGO_PKG_VERSION")`.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_service_name("shop")
    ///     .with_service_namespace("example.com")
    ///     .with_service_version("1.2.3")
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_service_version(self, version: impl Into<String>) -> Self {
        self.with_resource_attributes([KeyValue::new("service.version", version.into())])
    }

    /// `service.namespace` of the resource: what several services belong to.
    pub fn with_service_namespace(self, namespace: impl Into<String>) -> Self {
        self.with_resource_attributes([KeyValue::new("service.namespace", namespace.into())])
    }

    /// `service.instance.id` of the resource. Default: a random UUID for each pipeline, which here is each page.
    pub fn with_service_instance_id(self, id: impl Into<String>) -> Self {
        self.with_resource_attributes([KeyValue::new("service.instance.id", id.into())])
    }

    /// Further attributes of the resource. They win over those that are detected.
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_resource_attributes([KeyValue::new("deployment.environment.name", "staging")])
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_resource_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.identity.attributes.extend(attributes);
        self
    }

    /// Adds what a detector of upstream's trait finds out, now. It wins over what this crate detects and over earlier detectors,
    /// and not over the service's name and the attributes that are given.
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    /// use opentelemetry_sdk::Resource;
    /// use opentelemetry_sdk::resource::ResourceDetector;
    ///
    /// struct Shell;
    ///
    /// impl ResourceDetector for Shell {
    ///     fn detect(&self) -> Resource {
    ///         Resource::builder_empty().with_attribute(KeyValue::new("app.shell", "kiosk")).build()
    ///     }
    /// }
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_resource_detector(Shell).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_resource_detector(mut self, detector: impl ResourceDetector) -> Self {
        let detected = detector.detect();
        let attributes = detected.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        self.identity.detected.extend(attributes);
        self
    }

    /// Adds resource attributes that are in Development in the semantic conventions, and may still change: `browser.brands`,
    /// `browser.mobile`, `browser.platform` and `browser.language`. See
    /// [`BrowserResourceDetector`](crate::BrowserResourceDetector).
    pub fn with_development_attributes(mut self) -> Self {
        self.identity.detector = self.identity.detector.with_development_attributes();
        self
    }
}
