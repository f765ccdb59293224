//! What became of spans, as JavaScript's values.

use js_sys::{Error, Object, Reflect};
use opentelemetry_browser::{Diagnostics, Dropped, FlushError, FlushReport};
use wasm_bindgen::JsValue;

/// A plain object.
///
/// # Errors
/// None, in practice: a new object takes everything.
pub fn object<'a>(entries: impl IntoIterator<Item = (&'a str, JsValue)>) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (key, value) in entries {
        Reflect::set(&object, &key.into(), &value)?;
    }
    Ok(object.into())
}

fn number(count: u64) -> JsValue {
    JsValue::from_f64(count as f64)
}

fn report_to_js(report: FlushReport) -> Result<JsValue, JsValue> {
    let counts = [
        ("delivered", report.delivered),
        ("retrying", report.retrying),
        ("spooled", report.spooled),
        ("dropped", report.dropped),
    ];
    // Few reports have some, and those that have none look as they always did.
    let in_doubt = (report.in_doubt > 0).then_some(("inDoubt", report.in_doubt));
    object(counts.into_iter().chain(in_doubt).map(|(key, count)| (key, number(count))))
}

/// The report, or an `Error` that has it.
///
/// # Errors
/// If spans were not delivered.
pub fn delivery(result: Result<FlushReport, FlushError>) -> Result<JsValue, JsValue> {
    match result {
        Ok(report) => report_to_js(report),
        Err(failure) => {
            let error = Error::new(&failure.to_string());
            Reflect::set(&error, &"report".into(), &report_to_js(failure.report())?)?;
            Err(error.into())
        }
    }
}

fn dropped_to_js(dropped: &Dropped) -> Result<JsValue, JsValue> {
    object([
        ("queueFull", number(dropped.queue_full)),
        ("rejected", number(dropped.rejected)),
        ("refused", number(dropped.refused)),
        ("exportFailed", number(dropped.export_failed)),
        ("undeliverable", number(dropped.undeliverable)),
        ("shutdown", number(dropped.shutdown)),
        ("storage", number(dropped.storage)),
        ("withdrawn", number(dropped.withdrawn)),
    ])
}

/// The counts, by the names of `Stats` in the page's types.
///
/// # Errors
/// None, in practice: a new object takes everything.
pub fn statistics(diagnostics: &Diagnostics) -> Result<JsValue, JsValue> {
    let logs = diagnostics.logs.as_deref().map(counts).transpose()?;
    let counts = counts(diagnostics)?;
    // Only spans are open for a while.
    Reflect::set(&counts, &"open".into(), &number(diagnostics.open))?;
    if let Some(logs) = logs {
        Reflect::set(&counts, &"logs".into(), &logs)?;
    }
    Ok(counts)
}

/// The counts that spans and log records have.
fn counts(diagnostics: &Diagnostics) -> Result<JsValue, JsValue> {
    let error = diagnostics.last_error.as_ref();
    let text = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from);
    object([
        ("recorded", number(diagnostics.recorded)),
        ("sampledOut", number(diagnostics.sampled_out)),
        ("exported", number(diagnostics.exported)),
        ("dropped", number(diagnostics.dropped.total())),
        ("droppedBy", dropped_to_js(&diagnostics.dropped)?),
        ("inDoubt", number(diagnostics.in_doubt)),
        ("retried", number(diagnostics.retried)),
        ("spooled", number(diagnostics.spooled)),
        ("resent", number(diagnostics.resent)),
        ("spoolLost", number(diagnostics.spool_lost)),
        ("spoolInDoubt", number(diagnostics.spool_in_doubt)),
        ("queued", number(diagnostics.queued)),
        ("lastError", text(error.map(|error| error.message.as_str()))),
        ("lastErrorCause", text(error.map(|error| error.cause.name()))),
        ("advice", text(error.and_then(|error| error.advice.as_deref()))),
    ])
}
