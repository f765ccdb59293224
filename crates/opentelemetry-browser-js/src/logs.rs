//! Log records: what `log` of api.js has checked comes in, upstream's records go out.

use std::time::SystemTime;

use js_sys::{Array as List, Object, Reflect};
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::SpanContext;
use opentelemetry_browser::Logger;
use wasm_bindgen::{JsCast, JsValue};

use crate::attributes::{integer, pairs};

const SEVERITIES: [Severity; 24] = {
    use Severity::*;
    [
        Trace, Trace2, Trace3, Trace4, Debug, Debug2, Debug3, Debug4, Info, Info2, Info3, Info4, Warn, Warn2, Warn3,
        Warn4, Error, Error2, Error3, Error4, Fatal, Fatal2, Fatal3, Fatal4,
    ]
};

/// What is to be logged.
pub struct Entry {
    /// 1 to 24; 0 if it is not known.
    pub severity: u8,
    pub severity_text: Option<String>,
    pub body: JsValue,
    pub attributes: Option<List>,
    pub event_name: Option<String>,
    pub span: SpanContext,
    pub time: Option<SystemTime>,
}

/// Logs, if tracing runs.
pub fn log(entry: Entry) {
    let Some(telemetry) = js_support::running() else { return };
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build();
    let logger: Logger = telemetry.logger_provider().logger_with_scope(scope);
    let mut record = logger.create_log_record();
    if let Some(severity) = usize::from(entry.severity).checked_sub(1).and_then(|index| SEVERITIES.get(index)) {
        record.set_severity_number(*severity);
    }
    record.severity_text = entry.severity_text.map(Into::into);
    if let Some(body) = any_value(&entry.body) {
        record.set_body(body);
    }
    record.event_name = entry.event_name.map(Into::into);
    record.add_attributes(pairs(entry.attributes, any_value));
    if entry.span.is_valid() {
        record.set_trace_context(entry.span.trace_id(), entry.span.span_id(), Some(entry.span.trace_flags()));
    }
    if let Some(time) = entry.time {
        record.set_timestamp(time);
    }
    logger.emit(record);
}

/// A copy that api.js has made: primitives, lists and plain objects, no deeper than it says there.
fn any_value(of: &JsValue) -> Option<AnyValue> {
    if let Some(list) = of.dyn_ref::<List>() {
        let items = list.iter().map(|item| any_value(&item).unwrap_or_else(|| AnyValue::String("".into())));
        return Some(AnyValue::ListAny(Box::new(items.collect())));
    }
    if of.is_object() {
        let object: &Object = of.unchecked_ref();
        let keys = Object::keys(object).into_iter().filter_map(|key| key.as_string());
        let pairs = keys.filter_map(|key| {
            let inner = any_value(&Reflect::get(object, &key.as_str().into()).ok()?)?;
            Some((key.into(), inner))
        });
        return Some(AnyValue::Map(Box::new(pairs.collect())));
    }
    if let Some(number) = of.as_f64() {
        return Some(integer(number).map_or(AnyValue::Double(number), AnyValue::Int));
    }
    of.as_string().map(AnyValue::from).or_else(|| of.as_bool().map(AnyValue::Boolean))
}
