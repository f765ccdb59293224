//! `Date.now()` and `performance`, which windows, workers, Node and edge runtimes all have as globals.

use std::time::Duration;

use wasm_bindgen::prelude::wasm_bindgen;

use super::value::get;

#[wasm_bindgen]
extern "C" {
    // Looked up once: the global is a getter, which in Chromium costs twice as much as the reading itself.
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;

    type Performance;
    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn now() -> f64;
}

/// By the other clock, if a page has put something in the place of `Date.now` that gives no number, as functions of test frameworks do.
pub(crate) fn date_now() -> f64 {
    let instead = || Some(time_origin() + performance_now()).filter(|now| now.is_finite());
    Some(now()).filter(|now| now.is_finite()).or_else(instead).unwrap_or_default()
}

pub(crate) fn performance_now() -> f64 {
    PERFORMANCE.with(Performance::now)
}

/// Time that only moves on, since some moment.
pub(crate) fn uptime() -> Duration {
    Duration::from_micros((performance_now() * 1000.0) as u64)
}

/// No number where reading it throws.
pub(crate) fn time_origin() -> f64 {
    PERFORMANCE.with(|performance| get(performance, "timeOrigin").as_f64().unwrap_or(f64::NAN))
}
