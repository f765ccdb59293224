//! The page in the Jaeger that README recommends, which looks closer at spans than Jaeger 1 does.

use crate::diagnosis::{DELIVER, Quiet, advised, assert_cause};
use crate::traces::click_through;
use e2e::jaeger_2::Jaeger2;
use e2e::page::Page;
use e2e::servers::Collector;
use serde_json::json;

/// Spans with warnings are refused by whoever reads them in these tests.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Jaeger 2: JAEGER2_BIN names one"]
async fn jaeger_2_has_the_spans_of_every_button_without_a_warning() {
    let collector = Collector::start().await;
    let origins = format!("--set=receivers.otlp.protocols.http.cors.allowed_origins=[{}]", collector.page);
    let jaeger = Jaeger2::start(&[origins]).await;
    let page = Page::open(&collector.page).await;
    page.apply(&[("endpoint", &jaeger.otlp)]).await;
    click_through(&page, &jaeger.viewer).await;
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Jaeger 2: JAEGER2_BIN names one"]
async fn jaeger_2_takes_what_the_advice_says() {
    let page = Quiet::open().await;
    for headers in [json!({}), json!({ "X-Api-Key": "key" })] {
        let jaeger = Jaeger2::start(&[]).await;
        let options = json!({ "endpoint": jaeger.otlp, "headers": headers });
        let stats = page.run("return failure();", options).await;
        assert_cause(&stats, "cors", &["does not allow requests"]);
        let arguments = advised(&stats, "'--set=");
        assert_eq!(arguments.len(), 2, "{stats:#}");
        let jaeger = Jaeger2::start(&arguments).await;
        let report = page.run(DELIVER, json!({ "endpoint": jaeger.otlp, "headers": headers })).await;
        assert_eq!(report["delivered"], 4, "{report}");
    }
}
