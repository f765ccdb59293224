//! A trace's page in the viewer, as its user has it: keys, rows, the detail.

use crate::page::Page;
use crate::{browser::Browser, wait};
use serde_json::{Value, json};

/// The page of one trace in a browser of its own.
pub struct TracePage {
    pub page: Page,
}

impl TracePage {
    /// Opens a path of the viewer, and waits until it is shown.
    pub async fn open(viewer: &str, path: &str) -> Self {
        let page = Self { page: Page { browser: Browser::start().await } };
        page.visit(viewer, path).await;
        page
    }

    pub async fn visit(&self, viewer: &str, path: &str) {
        self.page.browser.goto(&format!("{viewer}{path}")).await;
        self.wait_for("return document.documentElement.dataset.ready ?? null", &json!("true")).await;
    }

    /// Types into whatever has the focus.
    pub async fn keys(&self, keys: &str) {
        let active = self.page.browser.client.active_element().await.expect("something has the focus");
        active.send_keys(keys).await.expect("it takes keys");
    }

    pub async fn click(&self, selector: &str) {
        self.page
            .find(selector)
            .await
            .click()
            .await
            .unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Waits until the script gives this.
    pub async fn wait_for(&self, script: &str, wanted: &Value) {
        wait::until(script, async || {
            let seen = self.page.script(script).await;
            if seen == *wanted { Ok(()) } else { Err(seen) }
        })
        .await;
    }

    /// Waits until the name of the selected row is this.
    pub async fn wait_for_selected(&self, name: &str) {
        self.wait_for("return document.querySelector('.row.selected .name')?.textContent ?? null", &json!(name)).await;
    }

    /// Waits until these are the names of the rows.
    pub async fn wait_for_rows(&self, names: &[&str]) {
        let script = "return [...document.querySelectorAll('.sizer .row')]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.querySelector('.name').textContent)";
        self.wait_for(script, &json!(names)).await;
    }

    /// Waits until an element's text holds this.
    pub async fn wait_for_words(&self, selector: &str, words: &str) {
        wait::until(&format!("{words} in {selector}"), async || {
            let script = format!("return document.querySelector({})?.textContent ?? ''", json!(selector));
            let seen = self.page.script(&script).await;
            if seen.as_str().is_some_and(|text| text.contains(words)) { Ok(()) } else { Err(seen) }
        })
        .await;
    }

    pub async fn assert_no_console_errors(&self) {
        self.page.assert_no_console_errors().await;
    }
}

/// Sends spans of one service; all members are those of OTLP JSON.
pub async fn send(otlp: &str, service: &str, spans: &[Value]) {
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": service } }] },
        "scopeSpans": [{ "scope": { "name": "e2e" }, "spans": spans }],
    }] });
    let answer = reqwest::Client::new().post(format!("{otlp}/v1/traces")).json(&body).send().await;
    let answer = answer.expect("the collector answers");
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// A span of so many milliseconds; parent 0 is none, `more` is merged into it.
pub fn span(trace: u64, id: u64, parent: u64, name: &str, [start, end]: [u64; 2], more: Value) -> Value {
    let nanos = |millis: u64| (1_700_000_000_000_000_000 + millis * 1_000_000).to_string();
    let mut span = json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"), "name": name, "kind": 2,
        "startTimeUnixNano": nanos(start), "endTimeUnixNano": nanos(end),
    });
    if parent != 0 {
        span["parentSpanId"] = format!("{parent:016x}").into();
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        span[key] = value.clone();
    }
    span
}
