//! What `api.js` calls: tracers and spans by handles, times in two parts, ids as text.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use js_sys::Array as List;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_browser::propagation::W3cPropagator;
use opentelemetry_browser::{Span, Tracer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::attributes::attributes;
use crate::logs::{Entry, log};

/// The most seconds that a time in nanoseconds can have in OTLP.
const LATEST_SECONDS: f64 = 18_446_744_073.0;

/// A time; `None` for now, and for what is none.
fn time(seconds: f64, nanos: f64) -> Option<SystemTime> {
    let is_time = (0.0..LATEST_SECONDS).contains(&seconds) && (0.0..1e9).contains(&nanos);
    is_time.then(|| SystemTime::UNIX_EPOCH + Duration::new(seconds as u64, nanos as u32))
}

/// A span context of JavaScript's parts; an invalid one if they are none.
fn span_context(trace_id: &str, span_id: &str, flags: u8, is_remote: bool, state: Option<&str>) -> SpanContext {
    SpanContext::new(
        TraceId::from_hex(trace_id).unwrap_or(TraceId::INVALID),
        SpanId::from_hex(span_id).unwrap_or(SpanId::INVALID),
        TraceFlags::new(flags),
        is_remote,
        state.and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default(),
    )
}

fn state_of(context: &SpanContext) -> Option<String> {
    Some(context.trace_state().header()).filter(|state| !state.is_empty())
}

/// Where `api.js` begins.
#[wasm_bindgen(skip_typescript)]
pub struct Recorder;

#[wasm_bindgen]
impl Recorder {
    /// A tracer of this scope.
    pub fn tracer(&self, name: String, version: Option<String>, schema_url: Option<String>) -> TracerHandle {
        let mut scope = InstrumentationScope::builder(name);
        if let Some(version) = version {
            scope = scope.with_version(version);
        }
        if let Some(url) = schema_url {
            scope = scope.with_schema_url(url);
        }
        TracerHandle { scope: scope.build(), tracer: OnceCell::new() }
    }

    /// Logs.
    #[allow(clippy::too_many_arguments)] // Each is a value that needs no object to be made for it.
    pub fn log(
        &self,
        severity: u8,
        severity_text: Option<String>,
        body: JsValue,
        flat: Option<List>,
        event_name: Option<String>,
        trace_id: Option<String>,
        span_id: Option<String>,
        flags: Option<u8>,
        seconds: f64,
        nanos: f64,
    ) {
        let (trace_id, span_id) = (trace_id.unwrap_or_default(), span_id.unwrap_or_default());
        log(Entry {
            severity,
            severity_text,
            body,
            attributes: flat,
            event_name,
            span: span_context(&trace_id, &span_id, flags.unwrap_or(0), false, None),
            time: time(seconds, nanos),
        });
    }

    /// Trace id, span id, flags, trace state and baggage of headers; empty where there are none, or malformed ones.
    pub fn extract(&self, parent: String, state: String, baggage: String) -> Vec<String> {
        let headers = [("traceparent", parent), ("tracestate", state), ("baggage", baggage)];
        let headers: HashMap<_, _> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let cx = W3cPropagator::new().extract_with_context(&Context::new(), &headers);
        let mut passed_on = HashMap::new();
        W3cPropagator::new().inject_context(&cx, &mut passed_on);
        let baggage = passed_on.remove("baggage").unwrap_or_default();
        let span = cx.span();
        let context = span.span_context();
        if !context.is_valid() {
            return vec![String::new(), String::new(), String::new(), String::new(), baggage];
        }
        let flags = context.trace_flags().to_u8().to_string();
        let state = state_of(context).unwrap_or_default();
        vec![context.trace_id().to_string(), context.span_id().to_string(), flags, state, baggage]
    }
}

/// A tracer.
#[wasm_bindgen(skip_typescript)]
pub struct TracerHandle {
    scope: InstrumentationScope,
    /// Of the provider that lasts: it records into whichever pipeline is installed.
    tracer: OnceCell<Tracer>,
}

#[wasm_bindgen]
impl TracerHandle {
    /// Starts a span; `undefined` before tracing was started for the first time.
    #[allow(clippy::too_many_arguments)] // Each is a value that needs no object to be made for it.
    pub fn start(
        &self,
        name: String,
        kind: u8,
        trace_id: Option<String>,
        span_id: Option<String>,
        flags: Option<u8>,
        is_remote: bool,
        state: Option<String>,
        flat: Option<List>,
        seconds: f64,
        nanos: f64,
    ) -> Option<SpanHandle> {
        let tracer = match self.tracer.get() {
            Some(tracer) => tracer,
            None => {
                let telemetry = js_support::running()?;
                self.tracer.get_or_init(|| telemetry.provider().tracer_with_scope(self.scope.clone()))
            }
        };
        let kind = match kind {
            1 => SpanKind::Server,
            2 => SpanKind::Client,
            3 => SpanKind::Producer,
            4 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        };
        let parent = match (trace_id, span_id) {
            (Some(trace_id), Some(span_id)) => {
                let context = span_context(&trace_id, &span_id, flags.unwrap_or(0), is_remote, state.as_deref());
                Context::new().with_remote_span_context(context)
            }
            _ => Context::new(),
        };
        let mut builder = tracer.span_builder(name).with_kind(kind).with_attributes(attributes(flat));
        builder.start_time = time(seconds, nanos);
        let span = builder.start_with_context(tracer, &parent);
        Some(SpanHandle(RefCell::new(Some(span))))
    }
}

/// A span, until it has ended.
#[wasm_bindgen(skip_typescript)]
pub struct SpanHandle(RefCell<Option<Span>>);

impl SpanHandle {
    fn context(&self) -> SpanContext {
        self.0.borrow().as_ref().map_or(SpanContext::NONE, |span| span.span_context().clone())
    }

    fn record(&self, record: impl FnOnce(&mut Span)) {
        self.0.borrow_mut().as_mut().map(record);
    }
}

#[wasm_bindgen]
impl SpanHandle {
    /// 32 hexadecimal digits.
    #[wasm_bindgen(js_name = traceId)]
    pub fn trace_id(&self) -> String {
        self.context().trace_id().to_string()
    }

    /// 16 hexadecimal digits.
    #[wasm_bindgen(js_name = spanId)]
    pub fn span_id(&self) -> String {
        self.context().span_id().to_string()
    }

    /// The W3C trace flags.
    pub fn flags(&self) -> u8 {
        self.context().trace_flags().to_u8()
    }

    /// The W3C trace state, if there is one.
    pub fn state(&self) -> Option<String> {
        state_of(&self.context())
    }

    /// Whether it is sampled and has not ended.
    #[wasm_bindgen(js_name = isRecording)]
    pub fn is_recording(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(Span::is_recording)
    }

    /// Sets attributes, flattened.
    #[wasm_bindgen(js_name = setAttributes)]
    pub fn set_attributes(&self, flat: List) {
        self.record(|span| span.set_attributes(attributes(Some(flat))));
    }

    /// Adds an event.
    #[wasm_bindgen(js_name = addEvent)]
    pub fn add_event(&self, name: String, flat: Option<List>, seconds: f64, nanos: f64) {
        let attributes = attributes(flat);
        self.record(|span| match time(seconds, nanos) {
            Some(time) => span.add_event_with_timestamp(name, time, attributes),
            None => span.add_event(name, attributes),
        });
    }

    /// Adds a link.
    #[wasm_bindgen(js_name = addLink)]
    pub fn add_link(
        &self,
        trace_id: &str,
        span_id: &str,
        flags: u8,
        is_remote: bool,
        state: Option<String>,
        flat: Option<List>,
    ) {
        let context = span_context(trace_id, span_id, flags, is_remote, state.as_deref());
        self.record(|span| span.add_link(context, attributes(flat)));
    }

    /// Sets the status, by the number that `@opentelemetry/api` has for it.
    #[wasm_bindgen(js_name = setStatus)]
    pub fn set_status(&self, code: u8, message: Option<String>) {
        let status = match code {
            1 => Status::Ok,
            2 => Status::error(message.unwrap_or_default()),
            _ => Status::Unset,
        };
        self.record(|span| span.set_status(status));
    }

    /// Changes the name.
    #[wasm_bindgen(js_name = updateName)]
    pub fn update_name(&self, name: String) {
        self.record(|span| span.update_name(name));
    }

    /// Ends it.
    pub fn end(&self, seconds: f64, nanos: f64) {
        self.record(|span| match time(seconds, nanos) {
            Some(time) => span.end_with_timestamp(time),
            None => span.end(),
        });
    }
}

impl Drop for SpanHandle {
    /// The garbage collector has found it before it was ended: when that happens says nothing of how long the span was. It counts as
    /// open for ever, and is not exported, as in OpenTelemetry JS.
    fn drop(&mut self) {
        if self.is_recording() {
            std::mem::forget(self.0.get_mut().take());
        }
    }
}
