use std::{sync::Arc, time::Duration};

use emit::runtime::{AmbientRuntime, AmbientSlot};
use emit_otlp::Otlp;

const FLUSH_TIMEOUT: Duration = Duration::from_secs(120);

/// The runtime that the macros emit to. It is set up as the ambient one would be, but in a slot that can be dropped.
pub struct Pipeline {
    slot: AmbientSlot,
    otlp: Arc<Otlp>,
}

impl Pipeline {
    pub fn install(endpoint: &str, sampled: bool, gzip: bool) -> Self {
        let otlp = Arc::new(
            emit_otlp::new()
                .resource([
                    ("service.name", "bench"),
                    ("telemetry.sdk.language", emit_otlp::telemetry_sdk_language()),
                    ("telemetry.sdk.name", emit_otlp::telemetry_sdk_name()),
                    ("telemetry.sdk.version", emit_otlp::telemetry_sdk_version()),
                ])
                .traces(emit_otlp::traces_json(
                    emit_otlp::http(format!("{endpoint}/v1/traces")).allow_compression(gzip),
                ))
                .spawn(),
        );
        let slot = AmbientSlot::new();
        // A filter would do for spans that are never wanted, but a trace that is not sampled has its ids all the same.
        if sampled {
            let _ = emit::setup().emit_to(otlp.clone()).init_slot(&slot);
        } else {
            let _ = emit_traceparent::setup_with_sampler(|_| false).emit_to(otlp.clone()).init_slot(&slot);
        }
        Self { slot, otlp }
    }

    pub fn runtime(&self) -> &AmbientRuntime<'_> {
        self.slot.get()
    }

    /// Whether all that was recorded has been delivered.
    pub async fn flush(&self) -> bool {
        self.otlp.flush(FLUSH_TIMEOUT).await
    }
}
