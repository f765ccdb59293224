//! Spans of the `tracing` macros, through tracing-opentelemetry, have sub-millisecond times: the same natively and in a browser.
//!
//! No test asserts a time. Probes are spans of the OpenTelemetry API, whose times are fine: what happens between two probes
//! must have a time between theirs. They are taken in the middle of a millisecond, where a time in whole milliseconds is not.

mod application;
#[path = "../../src/testing/ended.rs"]
mod ended;
mod layers;
mod spans;

use std::time::SystemTime;

use ended::Ended;
use opentelemetry::Context;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_browser::tracing::fine_times;
use opentelemetry_browser::{Clock, Tracer, TracerProvider};
use opentelemetry_sdk::trace::SpanData;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

#[cfg(not(target_arch = "wasm32"))]
use core::prelude::v1::test;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

struct Test {
    ended: Ended,
    tracer: Tracer,
}

impl Test {
    fn new() -> Self {
        Self::with_clock(Clock::new())
    }

    fn with_clock(clock: Clock) -> Self {
        let ended = Ended::default();
        let provider = TracerProvider::builder().with_span_processor(ended.clone()).with_clock(clock).build();
        Self { ended, tracer: provider.tracer("test") }
    }

    fn run(&self, work: impl FnOnce()) {
        let layer = tracing_opentelemetry::layer().with_tracer(self.tracer.clone());
        tracing::subscriber::with_default(Registry::default().with(fine_times(layer)), work);
    }

    /// The fine time, now.
    fn now(&self) -> SystemTime {
        drop(self.tracer.build_with_context(opentelemetry::trace::SpanBuilder::from_name("probe"), &Context::new()));
        self.span("probe").start_time
    }

    /// Waits until it is the middle of a millisecond other than that of the last probe, and gives the time.
    fn probe(&self) -> SystemTime {
        let before = millis(self.now());
        loop {
            let now = self.now();
            let fraction = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos() % 1_000_000;
            if millis(now) > before && (300_000..600_000).contains(&fraction) {
                return now;
            }
        }
    }

    fn span(&self, name: &str) -> SpanData {
        let mut spans = self.ended.0.lock().unwrap();
        let at =
            spans.iter().position(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:?}"));
        spans.remove(at)
    }
}

fn millis(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
}

#[track_caller]
fn between(earlier: SystemTime, time: SystemTime, later: SystemTime) {
    assert!(earlier <= time && time <= later, "{earlier:?} <= {time:?} <= {later:?}");
}
