//! In the place of `logs` without the feature of that name: there is no second pipeline.

use std::sync::Arc;

use opentelemetry_sdk::Resource;

use super::TelemetryBuilder;
use crate::delivery::driver::Driver;
use crate::exporter::ConfigError;
use crate::processor::BatchSpanProcessor;
use crate::trace::builder::TracerProviderBuilder;

type Start = fn(&mut TracerProviderBuilder, &Resource, &BatchSpanProcessor) -> Arc<Driver>;

impl TelemetryBuilder {
    pub(super) fn prepare_logs(&mut self) -> Result<Option<Start>, ConfigError> {
        Ok(None)
    }
}
