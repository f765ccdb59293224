//! The package for JavaScript in a page: what it is called for arrives, and outlives the page.

use e2e::browser::Browser;
use e2e::programs;
use e2e::receiver::{Cors, Receiver};
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_a_page_arrive_also_when_it_is_left() {
    let receiver =
        Receiver::start(Cors { origin: Some("*".to_owned()), headers: Some("content-type".to_owned()) }).await;
    let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", server.url)).await;
    let body = "
        const api = await import('/pkg/opentelemetry_browser_js.js');
        await api.default();
        api.start({ endpoint: arguments[0], serviceName: 'shop' });
        const seen = await api.inSpan('click', async (context, span) => {
            await new Promise((done) => setTimeout(done, 1));
            const tracer = api.tracerProvider().getTracer('lib');
            api.startSpan('below', { parent: context, kind: 'client' }).end();
            // Without a context manager of @opentelemetry/api each of its spans is a root.
            tracer.startActiveSpan('of the other API', (other) => other.end());
            return span.spanContext().spanId;
        });
        const report = await api.flush();
        api.startSpan('when it is left').end();
        return { seen, report, open: api.stats().open };";
    let answer = browser.run(body, vec![json!(receiver.url)]).await;
    assert_eq!((&answer["report"]["delivered"], &answer["open"]), (&json!(3), &json!(0)), "{answer}");
    browser.goto("about:blank").await;
    wait::until("the span of the page that was left", async || {
        let spans = receiver.spans();
        if spans.len() == 4 { Ok(()) } else { Err(spans) }
    })
    .await;
    let spans = receiver.spans();
    let named =
        |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name}: {spans:?}"));
    assert_eq!(named("below")["parentSpanId"], answer["seen"]);
    assert_eq!(named("click")["spanId"], answer["seen"]);
    assert!(named("of the other API").get("parentSpanId").is_none_or(|parent| parent == ""));
    assert!(named("when it is left")["traceId"].as_str().is_some_and(|id| id.len() == 32));
}
