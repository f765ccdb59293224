//! In the place of `logs` without the feature of that name: there is no second pipeline.

use std::sync::Arc;

use super::TelemetryBuilder;
use crate::delivery::driver::Driver;
use crate::exporter::ConfigError;
use crate::processor::BatchSpanProcessor;
use crate::resource::Description;
use crate::trace::builder::TracerProviderBuilder;

type Start = fn(&mut TracerProviderBuilder, &Description, &BatchSpanProcessor) -> Option<Arc<Driver>>;

pub(super) struct Loggers;

pub(super) fn loggers(_is_global: bool) -> Loggers {
    Loggers
}

impl TelemetryBuilder {
    pub(super) fn prepare_logs(&mut self, _loggers: &Loggers) -> Result<Option<Start>, ConfigError> {
        Ok(None)
    }
}
