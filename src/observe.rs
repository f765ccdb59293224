//! What the page sees of itself: the options `instrumentations`, `propagateTo`, `onSpan` and `onEvent` come in, watched pages and calls
//! of the page's functions go out.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use js_support::{object, wrong};
use js_sys::{Array, Function, Reflect};
use opentelemetry::logs::AnyValue;
use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_browser::{LogRecord, Telemetry, TelemetryBuilder};
use opentelemetry_browser_instrumentation::{Http, Installed, Instrumentations};
use opentelemetry_sdk::trace::SpanData;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Url;

use crate::http;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// The names of these options.
pub const OPTIONS: [&str; 4] = ["instrumentations", "propagateTo", "onSpan", "onEvent"];

/// One of these instrumentations must run for `propagateTo` to be of use.
const REQUESTS: [&str; 2] = ["fetch", "xhr"];

thread_local! {
    static CALLED: RefCell<Called> = RefCell::default();
    static INSTALLED: RefCell<Option<Installed>> = const { RefCell::new(None) };
}

/// The functions of the pipeline that runs: JavaScript's belong to their thread, the pipeline's callbacks need not.
#[derive(Default)]
struct Called {
    on_span: Option<Function>,
    on_event: Option<Function>,
}

/// The options, checked.
pub struct Observing {
    instrumentations: Option<Instrumentations>,
    propagate_to: Vec<String>,
    called: Called,
}

impl Observing {
    /// Reads them from the options of `init`.
    ///
    /// # Errors
    /// Says which option is wrong, and what is accepted.
    pub fn from_js(options: &JsValue) -> Result<Self, String> {
        let get = |name: &str| {
            let value = if options.is_object() { Reflect::get(options, &name.into()).ok() } else { None };
            value.filter(|value| !value.is_undefined())
        };
        let instrumentations = get("instrumentations").map(|value| instrumentations(&value)).transpose()?;
        let propagate_to = get("propagateTo").map_or(Ok(Vec::new()), |value| origins(&value))?;
        let has_requests =
            instrumentations.as_ref().is_some_and(|chosen| chosen.names().any(|name| REQUESTS.contains(&name)));
        if !propagate_to.is_empty() && !has_requests {
            let [fetch, xhr] = REQUESTS;
            return Err(format!(
                "propagateTo is of no use without the instrumentation {fetch:?} or {xhr:?}; name one of them, too"
            ));
        }
        let function = |name: &str| {
            let value = get(name).map(|value| value.dyn_into().map_err(|value| wrong(name, &value, "a function")));
            value.transpose()
        };
        let called = Called { on_span: function("onSpan")?, on_event: function("onEvent")? };
        Ok(Self { instrumentations, propagate_to, called })
    }

    /// Whether events are recorded that somebody may want to be sent.
    pub fn has_instrumentations(&self) -> bool {
        self.instrumentations.as_ref().is_some_and(|chosen| chosen.names().next().is_some())
    }

    /// Adds the callbacks to the pipeline.
    pub fn add(&self, mut builder: TelemetryBuilder) -> TelemetryBuilder {
        if self.called.on_span.is_some() {
            builder = builder.with_span_callback(|span| call(|called| called.on_span.clone(), || span_to_js(span)));
        }
        if self.called.on_event.is_some() {
            builder =
                builder.with_log_callback(|record| call(|called| called.on_event.clone(), || event_to_js(record)));
        }
        builder
    }

    /// Watches the page from now on.
    pub fn start(self, telemetry: &Telemetry) {
        CALLED.set(self.called);
        let http = Http::new().propagate_to(self.propagate_to).ignore(|_url| http::is_asking());
        INSTALLED.set(self.instrumentations.map(|chosen| chosen.with_http(http).install(telemetry)));
    }
}

/// Ends what was started.
pub fn stop() {
    if let Some(installed) = INSTALLED.take() {
        installed.uninstall();
    }
}

fn instrumentations(value: &JsValue) -> Result<Instrumentations, String> {
    let all = Instrumentations::recommended();
    if value.as_string().as_deref() == Some("recommended") {
        return Ok(all);
    }
    let known: Vec<_> = all.names().collect();
    let accepted = known.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let Some(list) = value.dyn_ref::<Array>() else {
        return Err(wrong("instrumentations", value, &format!("\"recommended\", or an array of {accepted}")));
    };
    let mut chosen = Vec::new();
    for (index, name) in list.iter().enumerate() {
        let found = name.as_string().filter(|name| known.contains(&name.as_str()));
        chosen.push(found.ok_or_else(|| {
            let words = format!("{accepted}, or \"recommended\" in place of the array for all of them");
            wrong(&format!("instrumentations[{index}]"), &name, &words)
        })?);
    }
    let left_out = known.into_iter().filter(|name| !chosen.iter().any(|chosen| chosen == name));
    Ok(left_out.fold(all, |list, name| list.without(name)))
}

fn origins(value: &JsValue) -> Result<Vec<String>, String> {
    const ACCEPTED: &str = "an origin: scheme, host and port, such as https://api.example.com";
    let list = value.dyn_ref::<Array>().ok_or_else(|| wrong("propagateTo", value, "an array of origins"))?;
    let origin = |(index, value): (usize, JsValue)| {
        let text = value.as_string().filter(|text| Url::new(text).is_ok_and(|url| url.origin() == *text));
        text.ok_or_else(|| wrong(&format!("propagateTo[{index}]"), &value, ACCEPTED))
    };
    list.iter().enumerate().map(origin).collect()
}

/// Calls a function of the page. What it throws is the page's fault, and shown on its console.
fn call(function: impl FnOnce(&Called) -> Option<Function>, argument: impl FnOnce() -> Result<JsValue, JsValue>) {
    if let Some(function) = CALLED.with_borrow(function)
        && let Err(error) = argument().and_then(|argument| function.call1(&JsValue::UNDEFINED, &argument))
    {
        console_error(&error);
    }
}

fn millis(duration: Duration) -> JsValue {
    (duration.as_secs_f64() * 1000.0).into()
}

fn since_epoch(time: SystemTime) -> JsValue {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn trace_id(id: TraceId) -> JsValue {
    if id == TraceId::INVALID { JsValue::NULL } else { id.to_string().into() }
}

fn span_id(id: SpanId) -> JsValue {
    if id == SpanId::INVALID { JsValue::NULL } else { id.to_string().into() }
}

fn span_to_js(span: &SpanData) -> Result<JsValue, JsValue> {
    let kind = match span.span_kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    };
    let error = match &span.status {
        Status::Error { description } => JsValue::from(description.as_ref()),
        _ => JsValue::NULL,
    };
    object([
        ("traceId", trace_id(span.span_context.trace_id())),
        ("spanId", span_id(span.span_context.span_id())),
        ("parentSpanId", span_id(span.parent_span_id)),
        ("name", span.name.as_ref().into()),
        ("kind", kind.into()),
        ("startTime", since_epoch(span.start_time)),
        ("duration", millis(span.end_time.duration_since(span.start_time).unwrap_or_default())),
        ("error", error),
    ])
}

fn event_to_js(record: &LogRecord) -> Result<JsValue, JsValue> {
    let attributes = record.attributes.iter().map(|(key, value)| (key.as_str(), value_to_js(value)));
    object([
        ("name", record.event_name.as_deref().map_or(JsValue::NULL, JsValue::from)),
        ("time", record.timestamp.map_or(JsValue::NULL, since_epoch)),
        ("traceId", trace_id(record.trace_id)),
        ("attributes", object(attributes)?),
    ])
}

fn value_to_js(value: &AnyValue) -> JsValue {
    match value {
        AnyValue::String(text) => text.as_str().into(),
        AnyValue::Boolean(truth) => (*truth).into(),
        AnyValue::Int(number) => JsValue::from_f64(*number as f64),
        AnyValue::Double(number) => (*number).into(),
        AnyValue::ListAny(list) => list.iter().map(value_to_js).collect::<Array>().into(),
        AnyValue::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.as_str(), value_to_js(value)));
            object(entries).unwrap_or(JsValue::NULL)
        }
        // Bytes, which no instrumentation records.
        _ => JsValue::NULL,
    }
}
