//! Events: plain objects come in from a script, log records go out, as many as there is room for.

use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, InstrumentationScope, Key};
use opentelemetry_browser::{Clock, Logger};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::action;
use crate::instrumentations::Setup;

/// An event to be recorded.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    /// When it happened, in milliseconds since the page's time origin; now, if it is not known.
    pub(crate) time: Option<f64>,
    pub(crate) body: Option<String>,
    pub(crate) attributes: Vec<(Key, AnyValue)>,
    /// The span that it belongs to; the one that is current, if it is not known.
    pub(crate) span: Option<SpanContext>,
}

impl Event {
    pub(crate) fn new(name: &'static str, attributes: Vec<(Key, AnyValue)>) -> Self {
        Self { name, severity: Severity::Info, time: None, body: None, attributes, span: None }
    }

    /// The text of an attribute.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find_map(|(found, value)| match value {
            AnyValue::String(text) if found.as_str() == key => Some(text.as_str()),
            _ => None,
        })
    }
}

type Record = dyn Fn(JsValue, Option<f64>, Option<f64>, Option<String>);

/// The events of one instrumentation.
pub(crate) struct Events {
    logger: Logger,
    clock: Clock,
    setup: Setup,
}

impl Events {
    pub(crate) fn new(setup: Setup) -> Rc<Self> {
        let scope = InstrumentationScope::builder(format!("opentelemetry-browser-instrumentation/{}", setup.name()))
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let logger = setup.telemetry.logger_provider().logger_with_scope(scope);
        Rc::new(Self { logger, clock: Clock::new(), setup })
    }

    /// Records an event, if its instrumentation is switched on and has room left. One that would not be kept, as without the visitor's
    /// consent, takes none.
    pub(crate) fn emit(&self, event: Event) {
        let is_wanted = self.setup.is_enabled() && self.logger.event_enabled(event.severity, "", Some(event.name));
        if !is_wanted || !self.setup.takes_room() {
            return;
        }
        let mut record = self.logger.create_log_record();
        record.set_event_name(event.name);
        record.set_severity_number(event.severity);
        if let Some(time) = event.time {
            record.set_timestamp(self.clock.time_at(time));
        }
        if let Some(body) = event.body {
            record.set_body(body.into());
        }
        record.add_attributes(event.attributes);
        let of_action = || {
            let cx = if Context::current().has_active_span() { None } else { action::context() };
            cx.map(|cx| cx.span().span_context().clone())
        };
        if let Some(span) = event.span.or_else(of_action) {
            record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
        }
        self.logger.emit(record);
    }

    /// Counts an event that is left out.
    pub(crate) fn leave_out(&self) {
        self.setup.leave_out();
    }

    /// A function for a script that records events of this name: `(attributes, time?, severity?, body?)`. `complete` may change an event,
    /// and leaves it out by false.
    pub(crate) fn callback(
        self: &Rc<Self>,
        name: &'static str,
        complete: impl Fn(&mut Event) -> bool + 'static,
    ) -> JsValue {
        self.callback_of(name, Box::new(complete))
    }

    /// Compiled once for all instrumentations.
    fn callback_of(self: &Rc<Self>, name: &'static str, complete: Box<dyn Fn(&mut Event) -> bool>) -> JsValue {
        let events = self.clone();
        let closure: Closure<Record> =
            Closure::new(move |object: JsValue, time: Option<f64>, severity: Option<f64>, body: Option<String>| {
                let severity = severity.and_then(by_number).unwrap_or(Severity::Info);
                let mut event = Event { time, severity, body, ..Event::new(name, attributes(&object)) };
                if complete(&mut event) {
                    events.emit(event);
                }
            });
        closure.into_js_value()
    }
}

fn by_number(number: f64) -> Option<Severity> {
    let known = [Severity::Debug, Severity::Info, Severity::Warn, Severity::Error];
    known.into_iter().find(|severity| f64::from(*severity as u8) == number)
}

/// The entries of a plain object that have a value.
fn attributes(object: &JsValue) -> Vec<(Key, AnyValue)> {
    let Some(object) = object.dyn_ref::<Object>() else { return Vec::new() };
    let keys =
        Object::keys(object).into_iter().filter_map(|key| Some((key.as_string()?, Reflect::get(object, &key).ok()?)));
    keys.filter_map(|(key, value)| value_of(&key, &value).map(|value| (Key::from(key), value))).collect()
}

fn value_of(key: &str, value: &JsValue) -> Option<AnyValue> {
    if let Some(text) = value.as_string() {
        return Some(text.into());
    }
    if let Some(truth) = value.as_bool() {
        return Some(truth.into());
    }
    if let Some(number) = value.as_f64() {
        // Bytes and counts are whole; a time that happens to be is of the same type as all times.
        let is_whole = key.ends_with("_size") || key.ends_with("_count");
        return Some(if is_whole { (number as i64).into() } else { number.into() });
    }
    if Array::is_array(value) {
        return Some(value.unchecked_ref::<Array>().iter().filter_map(|value| value_of("", &value)).collect());
    }
    // What clicked elements are marked with is the only map, and its hashing takes 3 KB of WebAssembly.
    (cfg!(feature = "user-action") && value.is_object()).then(|| attributes(value).into_iter().collect())
}
