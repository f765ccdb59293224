//! What a page may configure: a JavaScript object in, checked options out.

use std::time::Duration;

use js_sys::{Object, Reflect};
use opentelemetry_browser::{BatchConfig, Compression};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::describe::describe;

/// The options, with their defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// `service.name` of the spans; `None` for the app's own default.
    pub service_name: Option<String>,
    /// The receiver's base URL.
    pub endpoint: String,
    /// The path of traces below the endpoint, with a query if it needs one.
    pub path: String,
    /// The part of the traces that is recorded, 0 to 1.
    pub sample_ratio: f64,
    /// Headers to be sent with each request.
    pub headers: Vec<(String, String)>,
    /// Whether requests are compressed.
    pub compression: Compression,
    /// Whether spans that cannot be delivered are kept for the next page.
    pub spool: bool,
    /// Whether log records are sent as well, to `/v1/logs` below the endpoint; `None` for the app's own default.
    pub logs: Option<bool>,
    /// Sizes and times of batches.
    pub batch: BatchConfig,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            service_name: None,
            endpoint: opentelemetry_browser::DEFAULT_ENDPOINT.to_owned(),
            path: opentelemetry_browser::DEFAULT_PATH.to_owned(),
            sample_ratio: 1.0,
            headers: Vec::new(),
            compression: Compression::None,
            spool: true,
            logs: None,
            batch: BatchConfig::default(),
        }
    }
}

const KNOWN: &str = "serviceName, endpoint, path, sampleRatio, headers, compression, spool, logs, batchSize, \
                     delayMillis, maxQueueSize and exportTimeoutMillis";

/// More spans than this would be hundreds of megabytes.
const MOST_SPANS: u32 = 1_000_000;
/// An hour: spans that wait longer would be lost with most pages.
const LONGEST_MILLIS: u32 = 3_600_000;

impl Options {
    /// Reads them from JavaScript, where the app reads further options of these names itself. Absent options, and those that are
    /// `undefined`, have their defaults.
    ///
    /// # Errors
    /// Says which option is wrong, and what is accepted.
    pub fn from_js_beside(value: &JsValue, further: &[&str]) -> Result<Self, String> {
        Self::from_js_with(value, further, |name, _| Ok(further.contains(&name)))
    }

    /// The same, where the app is shown each option first, and says whether it has read it. `further` names those that are its own.
    ///
    /// # Errors
    /// As [`from_js_beside`](Self::from_js_beside), and what the app says.
    pub fn from_js_with(
        value: &JsValue,
        further: &[&str],
        mut take: impl FnMut(&str, &JsValue) -> Result<bool, String>,
    ) -> Result<Self, String> {
        let mut options = Self::default();
        let mut batch_size = None;
        if value.is_undefined() || value.is_null() {
            return Ok(options);
        }
        for (name, value) in entries("options", value, "an object")? {
            match name.as_str() {
                _ if value.is_undefined() || take(&name, &value)? => {}
                "serviceName" => options.service_name = Some(non_empty(&name, &value)?),
                "endpoint" => options.endpoint = non_empty(&name, &value)?,
                "path" => options.path = non_empty(&name, &value)?,
                "sampleRatio" => options.sample_ratio = ratio(&name, &value)?,
                "headers" => options.headers = headers(&name, &value)?,
                "compression" => options.compression = compression(&name, &value)?,
                "spool" => options.spool = truth(&name, &value)?,
                "logs" => options.logs = Some(truth(&name, &value)?),
                "batchSize" => batch_size = Some(integer(&name, &value, 1, MOST_SPANS)? as usize),
                "delayMillis" => options.batch.scheduled_delay = millis(&name, &value, 0)?,
                "maxQueueSize" => options.batch.max_queue_size = integer(&name, &value, 1, MOST_SPANS)? as usize,
                "exportTimeoutMillis" => options.batch.export_timeout = millis(&name, &value, 1)?,
                _ => {
                    let further: String = further.iter().map(|name| format!("{name}, ")).collect();
                    return Err(format!("unknown option {name:?}; accepted are {further}{KNOWN}"));
                }
            }
        }
        // The specification's rule: a batch is no larger than the queue that it comes from.
        let BatchConfig { max_export_batch_size: size, max_queue_size: queue, .. } = options.batch;
        match batch_size {
            Some(size) if size > queue => {
                Err(format!("batchSize is {size}; accepted is at most maxQueueSize, which is {queue}"))
            }
            _ => {
                options.batch.max_export_batch_size = batch_size.unwrap_or(size.min(queue));
                Ok(options)
            }
        }
    }
}

/// The words for a value that is not accepted.
pub fn wrong(name: &str, value: &JsValue, accepted: &str) -> String {
    format!("{name} is {}; accepted is {accepted}", describe(value))
}

#[wasm_bindgen]
extern "C" {
    // Asks a Proxy, which may throw.
    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    fn keys(object: &Object) -> Result<js_sys::Array, JsValue>;
}

/// An object that is no list and no function. It need not be of this frame's class, nor of any, as a module's namespace is.
fn object(value: &JsValue) -> Option<&Object> {
    (value.is_object() && !js_sys::Array::is_array(value)).then(|| value.unchecked_ref())
}

/// The entries of a plain object: what JSON would have as one.
///
/// # Errors
/// If it is another value, which is not what is `accepted`, or throws when it is read.
pub fn entries(name: &str, value: &JsValue, accepted: &str) -> Result<Vec<(String, JsValue)>, String> {
    let object = object(value).ok_or_else(|| wrong(name, value, accepted))?;
    let keys = keys(object).map_err(|_| format!("{name} cannot be read: it throws"))?;
    let entry = |key: JsValue| {
        let key = key.as_string().unwrap_or_default();
        let value = Reflect::get(object, &key.as_str().into());
        Ok((key.clone(), value.map_err(|_| format!("{name}.{key} cannot be read: it throws"))?))
    };
    keys.into_iter().map(entry).collect()
}

/// A text.
///
/// # Errors
/// If it is another value, or has nothing but white space in it.
pub fn non_empty(name: &str, value: &JsValue) -> Result<String, String> {
    let text = value.as_string().filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| wrong(name, value, "a string that is not empty"))
}

/// A truth value.
///
/// # Errors
/// If it is another value.
pub fn truth(name: &str, value: &JsValue) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| wrong(name, value, "true or false"))
}

/// An integer in a range.
///
/// # Errors
/// If it is another value.
pub fn integer(name: &str, value: &JsValue, least: u32, most: u32) -> Result<u32, String> {
    let accepted = f64::from(least)..=f64::from(most);
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && accepted.contains(number));
    number.map(|number| number as u32).ok_or_else(|| wrong(name, value, &format!("an integer from {least} to {most}")))
}

/// A time in milliseconds, an hour at most.
///
/// # Errors
/// If it is another value.
pub fn millis(name: &str, value: &JsValue, least: u32) -> Result<Duration, String> {
    integer(name, value, least, LONGEST_MILLIS).map(|millis| Duration::from_millis(millis.into()))
}

/// What an iterable that is no list gives in pairs. It has no keys of its own, as a plain object has.
fn pairs(value: &JsValue) -> Option<Vec<(String, JsValue)>> {
    let pairs = js_sys::try_iter(object(value)?).ok()??;
    let pair = |pair: Result<JsValue, JsValue>| {
        let pair = pair.ok()?.dyn_into::<js_sys::Array>().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1)))
    };
    pairs.map(pair).collect()
}

fn compression(name: &str, value: &JsValue) -> Result<Compression, String> {
    match value.as_string().as_deref() {
        Some("none") => Ok(Compression::None),
        Some("gzip") => Ok(Compression::Gzip),
        _ => Err(wrong(name, value, "\"none\" or \"gzip\"")),
    }
}

/// A part of a whole.
///
/// # Errors
/// If it is no number from 0 to 1.
pub fn ratio(name: &str, value: &JsValue) -> Result<f64, String> {
    let ratio = value.as_f64().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| wrong(name, value, "a number from 0 to 1"))
}

/// Names and values of headers: those of a plain object, of a `Headers` or of a `Map`.
///
/// # Errors
/// If it is another value, or has values that are no strings.
pub fn headers(name: &str, value: &JsValue) -> Result<Vec<(String, String)>, String> {
    let accepted = "an object with header names as keys and strings as values";
    let entries = pairs(value).map_or_else(|| entries(name, value, accepted), Ok)?;
    let pairs = entries.into_iter().map(|(key, value)| {
        let text = value.as_string();
        text.map(|text| (key.clone(), text)).ok_or_else(|| wrong(&format!("{name}[{key:?}]"), &value, "a string"))
    });
    pairs.collect()
}
