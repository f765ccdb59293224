//! What a test looks like here and there, a processor that remembers, and a clock that a test sets.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::{Context, Key, Value};
use opentelemetry_browser::{Clock, TimeSource, TracerProvider, TracerProviderBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};

#[cfg(not(target_arch = "wasm32"))]
pub use core::prelude::v1::test;
#[cfg(target_arch = "wasm32")]
pub use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Remembers the spans that have ended.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    spans: Arc<Mutex<Vec<SpanData>>>,
    starts: Arc<Mutex<Vec<SystemTime>>>,
}

impl Recorder {
    pub fn spans(&self) -> Vec<SpanData> {
        self.spans.lock().expect("a lock").clone()
    }

    /// The start times that `on_start` saw.
    pub fn starts(&self) -> Vec<SystemTime> {
        self.starts.lock().expect("a lock").clone()
    }

    /// The one span that has ended.
    pub fn one(&self) -> SpanData {
        let spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.into_iter().next().expect("one")
    }

    pub fn named(&self, name: &str) -> SpanData {
        self.spans().into_iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name:?}"))
    }
}

impl SpanProcessor for Recorder {
    fn on_start(&self, span: &mut Span, _cx: &Context) {
        let start = span.exported_data().expect("a recording span").start_time;
        self.starts.lock().expect("a lock").push(start);
    }

    fn on_end(&self, span: SpanData) {
        self.spans.lock().expect("a lock").push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A provider that records into a recorder.
pub fn pipeline() -> (TracerProvider, Recorder) {
    configured(|builder| builder)
}

pub fn configured(
    configure: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder,
) -> (TracerProvider, Recorder) {
    let recorder = Recorder::default();
    let builder = match crate::IS_UPSTREAM {
        false => TracerProvider::builder().with_end_processor(recorder.clone()),
        true => TracerProvider::builder().with_span_processor(recorder.clone()),
    };
    (configure(builder).build(), recorder)
}

/// The fine clock around a provider that was built elsewhere.
pub fn around_sdk() -> (TracerProvider, Recorder) {
    let recorder = Recorder::default();
    let sdk = SdkTracerProvider::builder().with_span_processor(recorder.clone()).build();
    (TracerProvider::new(sdk), recorder)
}

/// Runs a check with a tracer of this crate, with one behind the types of `opentelemetry::global`, and with one around a
/// provider that was built elsewhere.
macro_rules! every_way {
    ($check:ident) => {{
        use opentelemetry::global::BoxedTracer;
        use opentelemetry::trace::TracerProvider as _;
        let (provider, recorder) = crate::common::pipeline();
        $check(&provider.tracer("test"), &recorder);
        let (provider, recorder) = crate::common::pipeline();
        $check(&BoxedTracer::new(Box::new(provider.tracer("test"))), &recorder);
        let (provider, recorder) = crate::common::around_sdk();
        $check(&provider.tracer("test"), &recorder);
    }};
}
pub(crate) use every_way;

pub fn value(span: &SpanData, key: &'static str) -> Option<Value> {
    let key = Key::from_static_str(key);
    span.attributes.iter().rev().find(|pair| pair.key == key).map(|pair| pair.value.clone())
}

#[derive(Debug)]
struct Times {
    date: f64,
    performance: f64,
}

/// When the pages of these tests were opened.
pub const ORIGIN: f64 = 1_700_000_000_000.25;

/// The clocks of a page, set by hand, which count how often they are read.
#[derive(Clone, Debug)]
pub struct FakeTime {
    times: Arc<Mutex<Times>>,
    readings: Arc<AtomicU32>,
}

impl FakeTime {
    pub fn page() -> Self {
        let times = Times { date: ORIGIN.floor(), performance: 0.0 };
        Self { times: Arc::new(Mutex::new(times)), readings: Arc::default() }
    }

    pub fn clock(&self) -> Clock {
        Clock::with_source(self.clone())
    }

    /// Both clocks go on alike.
    pub fn pass(&self, millis: f64) {
        let mut times = self.times.lock().expect("a lock");
        times.performance += millis;
        times.date += millis;
    }

    /// Only the system's clock goes on, as in a sleep, or is set.
    pub fn jump(&self, millis: f64) {
        self.times.lock().expect("a lock").date += millis;
    }

    pub fn set(&self, date: f64, performance: f64) {
        *self.times.lock().expect("a lock") = Times { date, performance };
    }

    /// What upstream's clock would give for now.
    pub fn upstreams_now(&self) -> SystemTime {
        ms(self.times.lock().expect("a lock").date.floor())
    }

    /// How often a clock was read since this was asked last.
    pub fn readings(&self) -> u32 {
        self.readings.swap(0, Ordering::Relaxed)
    }

    fn count(&self) {
        self.readings.fetch_add(1, Ordering::Relaxed);
    }
}

impl TimeSource for FakeTime {
    fn date_now(&self) -> f64 {
        self.count();
        self.times.lock().expect("a lock").date.floor()
    }

    fn time_origin(&self) -> f64 {
        ORIGIN
    }

    fn performance_now(&self) -> f64 {
        self.count();
        self.times.lock().expect("a lock").performance
    }
}

/// A time in whole milliseconds.
pub fn ms(millis: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis as u64)
}

/// A pipeline with a clock that the test sets.
pub fn timed(
    configure: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder,
) -> (TracerProvider, Recorder, FakeTime) {
    let time = FakeTime::page();
    let (provider, recorder) = configured(|builder| configure(builder.with_clock(time.clock())));
    time.readings();
    (provider, recorder, time)
}
