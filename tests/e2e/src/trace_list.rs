//! The viewer's list of traces as its user has it, and spans to fill it.

use crate::{browser::Browser, page::Page, servers::Collector, wait};
use fantoccini::{Locator, elements::Element};
use serde_json::{Value, json};

/// When all spans start, but for their own offset, in microseconds.
pub const BASE: u64 = 1_700_000_000_000_000;

/// One span as OTLP JSON. Start and length are in microseconds; parent 0 is none.
pub fn span(trace: u64, [id, parent]: [u64; 2], name: &str, [start, length]: [u64; 2]) -> Value {
    let nanos = |micros: u64| format!("{micros}000");
    json!({
        "traceId": trace_id(trace), "spanId": format!("{id:016x}"), "name": name, "kind": 1,
        "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
        "startTimeUnixNano": nanos(BASE + start), "endTimeUnixNano": nanos(BASE + start + length),
    })
}

pub fn trace_id(trace: u64) -> String {
    format!("{trace:032x}")
}

/// A document of one service's spans.
pub fn document(service: &str, spans: &[Value]) -> Value {
    let name = json!({ "key": "service.name", "value": { "stringValue": service } });
    json!({ "resourceSpans": [{ "resource": { "attributes": [name] }, "scopeSpans": [{ "spans": spans }] }] })
}

impl Collector {
    /// Sends spans of a service, as a program would.
    pub async fn take(&self, service: &str, spans: &[Value]) {
        let request = reqwest::Client::new().post(format!("{}/v1/traces", self.otlp)).json(&document(service, spans));
        let answer = request.send().await.expect("the collector answers").text().await.expect("to the end");
        assert_eq!(answer, r#"{"partialSuccess":{}}"#);
    }
}

/// The list in a browser of its own.
pub struct TraceList {
    pub page: Page,
    pub url: String,
}

impl TraceList {
    /// With this query, which begins with `?` if there is one.
    pub async fn open(collector: &Collector, query: &str) -> Self {
        let list = Self { page: Page { browser: Browser::start().await }, url: collector.viewer.clone() };
        list.visit(&format!("/{query}")).await;
        list
    }

    pub async fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.url);
        // A page whose own change of its address comes between is taken by the driver for the one that was asked for: it is not ready
        // any more. One that is left for another fragment stays.
        let leave = "const bare = (url) => url.split('#')[0];
            if (bare(location.href) !== bare(arguments[0])) delete document.documentElement.dataset.ready;";
        self.page.browser.client.execute(leave, vec![json!(url)]).await.expect("the script runs");
        self.page.browser.goto(&url).await;
        self.wait_until_ready().await;
    }

    pub async fn wait_until_ready(&self) {
        self.wait_for("a page that is ready", "document.documentElement.dataset.ready", &json!("true")).await;
    }

    /// Until the expression has this value.
    pub async fn wait_for(&self, what: &str, expression: &str, wanted: &Value) {
        wait::until(what, async || {
            let seen = self.page.script(&format!("return ({expression}) ?? null")).await;
            if seen == *wanted { Ok(()) } else { Err(seen) }
        })
        .await;
    }

    /// Until these traces are listed, in this order.
    pub async fn wait_for_traces(&self, traces: &[u64]) {
        let ids: Vec<_> = traces.iter().map(|trace| trace_id(*trace)).collect();
        let listed = "[...document.querySelectorAll('.row a')].map((link) => link.href.split('/').at(-1))";
        self.wait_for("the traces", listed, &json!(ids)).await;
    }

    pub async fn wait_for_text(&self, selector: &str, text: &str) {
        let shown = format!("document.querySelector({})?.innerText", json!(selector));
        self.wait_for(selector, &shown, &json!(text)).await;
    }

    /// Until the page is at this path, with this query.
    pub async fn wait_for_url(&self, url: &str) {
        self.wait_for("the URL", "location.pathname + location.search", &json!(url)).await;
    }

    pub async fn find(&self, selector: &str) -> Element {
        self.page.find(selector).await
    }

    pub async fn click(&self, selector: &str) {
        // What is drawn anew between the look and the click is looked for again.
        wait::until(selector, async || self.page.browser.client.find(Locator::Css(selector)).await?.click().await)
            .await;
    }

    /// Types into whatever has the focus.
    pub async fn type_keys(&self, keys: &str) {
        let active = self.page.browser.client.active_element().await.expect("something has the focus");
        active.send_keys(keys).await.expect("it takes keys");
    }

    /// The text of the file that the page gives to be kept.
    pub async fn download(&self) -> String {
        // Instead of a file in some folder of the browser's.
        let keep = "const make = URL.createObjectURL;
            URL.createObjectURL = (blob) => { window.saved = blob.text(); return make.call(URL, blob); };
            HTMLAnchorElement.prototype.click = () => {};";
        self.page.script(keep).await;
        self.click("#download").await;
        self.wait_for("a file", "Boolean(window.saved)", &json!(true)).await;
        let file = self.page.browser.run("return window.saved", vec![]).await;
        file.as_str().expect("a text").to_owned()
    }

    /// Drops files on the page, each a name and its text.
    pub async fn drop_files(&self, files: &[(&str, &str)]) {
        let script = "const transfer = new DataTransfer();
            for (const [name, text] of arguments[0]) transfer.items.add(new File([text], name));
            const send = (type) => document.body.dispatchEvent(
                new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
            send('dragenter');
            const signed = !document.querySelector('#drop-overlay').hidden;
            const taken = [send('dragover'), send('drop')].every((went_on) => !went_on);
            return [signed, taken, document.querySelector('#drop-overlay').hidden];";
        let done = self.page.browser.client.execute(script, vec![json!(files)]).await.expect("the script runs");
        assert_eq!(done, json!([true, true, true]), "the page shows a sign, takes the files, and takes the sign away");
    }
}
