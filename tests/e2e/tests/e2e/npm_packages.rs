//! The packages for npm, installed from their tarballs: in an app that Vite bundled, and in a page without a bundler.

use e2e::browser::Browser;
use e2e::programs;
use e2e::receiver::{Cors, Receiver};
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::Value;
use std::collections::BTreeMap;

/// Clicks both buttons: the traces that they say are those that arrived.
async fn clicked(page: &str) {
    let cors = Cors { origin: Some("*".to_owned()), headers: Some("content-type".to_owned()) };
    let receiver = Receiver::start(cors).await;
    let server = StaticServer::of(&programs::js_tests_dir()).await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/{page}?endpoint={}", server.url, receiver.url)).await;
    wait::until("the packages to be started", async || {
        let ready = browser.run("return document.documentElement.dataset.ready", vec![]).await;
        if ready == "true" { Ok(()) } else { Err(browser.console().await) }
    })
    .await;
    let click = "for (const button of document.querySelectorAll('button')) button.click()";
    browser.run(click, vec![]).await;
    let said = wait::until("both traces to be delivered", async || {
        let traces = "return [...document.querySelectorAll('button')].map((button) => button.dataset.trace ?? null)";
        match browser.run(traces, vec![]).await {
            Value::Array(traces) if traces.iter().all(Value::is_string) => Ok(traces),
            other => Err((other, browser.console().await)),
        }
    })
    .await;
    let mut spans = BTreeMap::<String, u32>::new();
    for request in receiver.requests() {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        for span in body.pointer("/resourceSpans/0/scopeSpans/0/spans").and_then(Value::as_array).into_iter().flatten()
        {
            *spans.entry(span["traceId"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    let counts: Vec<_> = said.iter().map(|id| spans.get(id.as_str().unwrap_or_default()).copied()).collect();
    assert_eq!(counts, [Some(4), Some(1)], "{spans:?}");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_vite_bundled_sends_spans() {
    clicked("app/dist/index.html").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_bundler_sends_spans() {
    clicked("plain.html").await;
}
