//! What a page may configure: a JavaScript object in, checked options out.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::describe::describe;

/// The options of `init`, with their defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// `service.name` of the spans.
    pub service_name: String,
    /// The receiver's base URL.
    pub endpoint: String,
    /// The path of traces below the endpoint.
    pub path: String,
    /// The part of the traces that is recorded, 0 to 1.
    pub sample_ratio: f64,
    /// Headers to be sent with each request.
    pub headers: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            service_name: "inprocess".to_owned(),
            endpoint: opentelemetry_browser::DEFAULT_ENDPOINT.to_owned(),
            path: opentelemetry_browser::DEFAULT_PATH.to_owned(),
            sample_ratio: 1.0,
            headers: Vec::new(),
        }
    }
}

const KNOWN: &str = "serviceName, endpoint, path, sampleRatio and headers";

impl Options {
    /// Reads the argument of `init`. Absent options, and those that are `undefined`, have their defaults.
    ///
    /// # Errors
    /// Says which option is wrong, and what is accepted.
    pub fn from_js(value: &JsValue) -> Result<Self, String> {
        let mut options = Self::default();
        if value.is_undefined() || value.is_null() {
            return Ok(options);
        }
        for (name, value) in entries(value).ok_or_else(|| wrong("options", value, "an object"))? {
            match name.as_str() {
                _ if value.is_undefined() => {}
                "serviceName" => options.service_name = non_empty(&name, &value)?,
                "endpoint" => options.endpoint = non_empty(&name, &value)?,
                "path" => options.path = non_empty(&name, &value)?,
                "sampleRatio" => options.sample_ratio = ratio(&name, &value)?,
                "headers" => options.headers = headers(&name, &value)?,
                _ => return Err(format!("unknown option {name:?}; accepted are {KNOWN}")),
            }
        }
        Ok(options)
    }
}

fn wrong(name: &str, value: &JsValue, accepted: &str) -> String {
    format!("{name} is {}; accepted is {accepted}", describe(value))
}

/// The entries of a plain object: what JSON would have as one.
fn entries(value: &JsValue) -> Option<Vec<(String, JsValue)>> {
    let object = value.dyn_ref::<Object>()?;
    if object.is_function() || js_sys::Array::is_array(object) {
        return None;
    }
    let keys = Object::keys(object).into_iter();
    keys.map(|key| Some((key.as_string()?, Reflect::get(object, &key).ok()?))).collect()
}

fn non_empty(name: &str, value: &JsValue) -> Result<String, String> {
    let text = value.as_string().filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| wrong(name, value, "a string that is not empty"))
}

fn ratio(name: &str, value: &JsValue) -> Result<f64, String> {
    let ratio = value.as_f64().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| wrong(name, value, "a number from 0 to 1"))
}

fn headers(name: &str, value: &JsValue) -> Result<Vec<(String, String)>, String> {
    let accepted = "an object with header names as keys and strings as values";
    let entries = entries(value).ok_or_else(|| wrong(name, value, accepted))?;
    let pairs = entries.into_iter().map(|(key, value)| {
        let text = value.as_string();
        text.map(|text| (key.clone(), text)).ok_or_else(|| wrong(&format!("{name}[{key:?}]"), &value, "a string"))
    });
    pairs.collect()
}
