//! The options of `start` that the example's page does not have: JavaScript's values come in, changes of the builder go out.

use std::time::Duration;

use js_support::Options;
use js_support::options::{entries, headers, integer, millis, non_empty, ratio, truth, wrong};
use js_sys::{Array as List, Function, Promise};
use opentelemetry_browser::redaction::{redact_texts, redact_urls, remove_attributes};
use opentelemetry_browser::{RetryPolicy, SessionConfig, SessionScope, SpoolConfig, TelemetryBuilder, WorkerTransport};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::attributes::attributes_of;
use crate::held::Held;

const OWN: [&str; 16] = [
    "serviceVersion",
    "resourceAttributes",
    "logsEndpoint",
    "logsPath",
    "keepalive",
    "worker",
    "retry",
    "session",
    "documentUrl",
    "consent",
    "redactUrls",
    "redact",
    "removeAttributes",
    "attributeValueLengthLimit",
    "onDiagnostics",
    "consoleWarnings",
];

const WEEK_MILLIS: u32 = 604_800_000;

/// What takes the place of a text that cannot be redacted.
const REDACTED: &str = "REDACTED";

/// Changes a builder.
type Set = Box<dyn FnOnce(TelemetryBuilder) -> TelemetryBuilder>;

/// Reads all options: those that both APIs have, and what the others do to the builder.
pub fn read(value: &JsValue) -> Result<(Options, Vec<Set>), String> {
    let mut sets = Vec::new();
    let mut of_logs = None;
    let options = Options::from_js_with(value, &OWN, |name, value| {
        let set = own(name, value)?;
        let is_own = set.is_some();
        if matches!(name, "logsEndpoint" | "logsPath") {
            of_logs = Some(name.to_owned());
        }
        sets.extend(set);
        Ok(is_own)
    })?;
    if let (Some(false), Some(name)) = (options.logs, of_logs) {
        return Err(format!(
            "option \"{name}\" says where logs go, and option \"logs\" is false; leave out one of them"
        ));
    }
    Ok((options, sets))
}

fn set(change: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder + 'static) -> Set {
    Box::new(change)
}

/// What one option does; `None` if it is one that both APIs have.
fn own(name: &str, value: &JsValue) -> Result<Option<Set>, String> {
    let is_object = value.is_object() && !value.is_function();
    Ok(Some(match name {
        "serviceVersion" => {
            let version = non_empty(name, value)?;
            set(|builder| builder.with_service_version(version))
        }
        "resourceAttributes" => {
            let attributes = attributes_of(&entries(name, value, "an object")?, name)?;
            set(|builder| builder.with_resource_attributes(attributes))
        }
        "logsEndpoint" => {
            let url = non_empty(name, value)?;
            set(|builder| builder.with_logs_endpoint(url))
        }
        "logsPath" => {
            let path = non_empty(name, value)?;
            set(|builder| builder.with_logs_path(path))
        }
        "headers" if value.is_function() => {
            let function: Function = value.clone().unchecked_into();
            set(move |builder| builder.with_header_provider(async move || provided(&function).await))
        }
        "keepalive" => {
            let keepalive = truth(name, value)?;
            set(move |builder| builder.with_keepalive(keepalive))
        }
        "worker" => match truth(name, value)? {
            true => set(|builder| builder.with_transport(WorkerTransport::new())),
            false => set(|builder| builder),
        },
        "retry" => {
            let policy = retry(name, value)?;
            set(|builder| builder.with_retry(policy))
        }
        "spool" if is_object => {
            let config = spool(name, value)?;
            set(move |builder| builder.with_spool(config))
        }
        "session" => match session(name, value)? {
            Some(config) => set(move |builder| builder.with_session(config)),
            None => set(|builder| builder),
        },
        "documentUrl" => match truth(name, value)? {
            true => set(TelemetryBuilder::with_document_url),
            false => set(|builder| builder),
        },
        "consent" => {
            let is_given = truth(name, value)?;
            set(move |builder| builder.with_consent(is_given))
        }
        "redactUrls" => match kept_keys(name, value)? {
            Some(keys) => set(|builder| builder.with_redaction(redact_urls().keep_query_keys(keys))),
            None => set(|builder| builder),
        },
        "redact" => {
            let hook = Held::new(function(name, value)?);
            set(move |builder| builder.with_redaction(redact_texts(move |key, text| redacted(&hook, key, text))))
        }
        "removeAttributes" => {
            let keys = texts(name, value)?;
            set(|builder| builder.with_redaction(remove_attributes(keys)))
        }
        "attributeValueLengthLimit" => {
            let limit = integer(name, value, 1, 1_000_000)? as usize;
            set(move |builder| builder.with_attribute_value_length_limit(limit))
        }
        "onDiagnostics" => {
            let hook = Held::new(function(name, value)?);
            set(move |builder| {
                builder.with_diagnostics_callback(move |diagnostics| {
                    if let Ok(counts) = js_support::statistics(diagnostics) {
                        // What it throws is its own affair.
                        let _ = hook.call(&[&counts]);
                    }
                })
            })
        }
        "consoleWarnings" => {
            let warns = truth(name, value)?;
            set(move |builder| builder.with_console_warnings(warns))
        }
        _ => return Ok(None),
    }))
}

fn function(name: &str, value: &JsValue) -> Result<Function, String> {
    value.dyn_ref::<Function>().cloned().ok_or_else(|| wrong(name, value, "a function"))
}

fn texts(name: &str, value: &JsValue) -> Result<Vec<String>, String> {
    let accepted = "a list of strings";
    let list = value.dyn_ref::<List>().ok_or_else(|| wrong(name, value, accepted))?;
    list.iter().map(|item| item.as_string().ok_or_else(|| wrong(name, &item, accepted))).collect()
}

/// What is thrown, in words.
fn words(thrown: &JsValue) -> String {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| js_support::describe(thrown))
}

/// What a page's function gives as headers, be that at once or by a promise.
async fn provided(function: &Function) -> Result<Vec<(String, String)>, String> {
    let given = function.call0(&JsValue::UNDEFINED).map_err(|thrown| words(&thrown))?;
    let given = JsFuture::from(Promise::resolve(&given)).await.map_err(|thrown| words(&thrown))?;
    headers("what headers() gives", &given)
}

/// What a page's function leaves of a text. One that fails leaves nothing.
fn redacted(hook: &Held, key: Option<&str>, text: &str) -> Option<String> {
    let key = key.map_or(JsValue::UNDEFINED, JsValue::from);
    match hook.call(&[&text.into(), &key]) {
        Some(left) if left.is_undefined() || left.is_null() => None,
        left => Some(left.and_then(|left| left.as_string()).unwrap_or_else(|| REDACTED.to_owned())),
    }
}

/// Each part of an option that is an object.
fn parts(
    name: &str,
    value: &JsValue,
    known: &str,
    mut take: impl FnMut(&str, &str, &JsValue) -> Result<bool, String>,
) -> Result<(), String> {
    let accepted = format!("true, false, or an object with {known}");
    for (part, value) in entries(name, value, &accepted)? {
        if !value.is_undefined() && !take(&part, &format!("{name}.{part}"), &value)? {
            return Err(format!("unknown option \"{name}.{part}\"; accepted are {known}"));
        }
    }
    Ok(())
}

fn long_millis(name: &str, value: &JsValue) -> Result<Duration, String> {
    integer(name, value, 1, WEEK_MILLIS).map(|millis| Duration::from_millis(millis.into()))
}

fn retry(name: &str, value: &JsValue) -> Result<RetryPolicy, String> {
    let mut policy = RetryPolicy::default();
    if let Some(retries) = value.as_bool() {
        return Ok(if retries { policy } else { RetryPolicy::none() });
    }
    let known = "maxAttempts, initialBackoffMillis, maxBackoffMillis and maxRetryAfterMillis";
    parts(name, value, known, |part, name, value| {
        match part {
            "maxAttempts" => policy.max_attempts = integer(name, value, 1, 100)?,
            "initialBackoffMillis" => policy.initial_backoff = millis(name, value, 0)?,
            "maxBackoffMillis" => policy.max_backoff = millis(name, value, 0)?,
            "maxRetryAfterMillis" => policy.max_retry_after = millis(name, value, 0)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(policy)
}

fn spool(name: &str, value: &JsValue) -> Result<SpoolConfig, String> {
    let mut config = SpoolConfig::default();
    parts(name, value, "maxBytes and maxAgeMillis", |part, name, value| {
        match part {
            "maxBytes" => config.max_bytes = integer(name, value, 1, 1_000_000_000)? as usize,
            "maxAgeMillis" => config.max_age = long_millis(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(config)
}

fn session(name: &str, value: &JsValue) -> Result<Option<SessionConfig>, String> {
    let mut config = SessionConfig::default();
    if let Some(has_session) = value.as_bool() {
        return Ok(has_session.then_some(config));
    }
    parts(name, value, "scope, sampleRatio, idleTimeoutMillis and maximumDurationMillis", |part, name, value| {
        config = match part {
            "scope" => match value.as_string().as_deref() {
                Some("origin") => config.with_scope(SessionScope::Origin),
                Some("tab") => config.with_scope(SessionScope::Tab),
                Some("memory") => config.with_scope(SessionScope::Memory),
                _ => return Err(wrong(name, value, "\"origin\", \"tab\" or \"memory\"")),
            },
            "sampleRatio" => config.with_sample_ratio(ratio(name, value)?),
            "idleTimeoutMillis" => config.with_idle_timeout(long_millis(name, value)?),
            "maximumDurationMillis" => config.with_maximum_duration(long_millis(name, value)?),
            _ => return Ok(false),
        };
        Ok(true)
    })?;
    Ok(Some(config))
}

/// The keys whose values stay; `None` if nothing is redacted.
fn kept_keys(name: &str, value: &JsValue) -> Result<Option<Vec<String>>, String> {
    let mut keys = Vec::new();
    if let Some(redacts) = value.as_bool() {
        return Ok(redacts.then_some(keys));
    }
    parts(name, value, "keepQueryKeys", |part, name, value| {
        if part == "keepQueryKeys" {
            keys = texts(name, value)?;
        }
        Ok(part == "keepQueryKeys")
    })?;
    Ok(Some(keys))
}
