//! What a real browser lets a page of another site do with the collector: follow a link to what is shown to people, and no more.

use e2e::browser::Browser;
use e2e::programs::page_dir;
use e2e::servers::{Collector, StaticServer};
use e2e::trace_list::{span, trace_id};
use e2e::wait::until;
use serde_json::json;

/// Leaves the page that is open as its links do, and gives what is shown there once it has words.
async fn follow(browser: &Browser, url: &str, words: &str) -> String {
    browser.run("location.href = arguments[0]", vec![json!(url)]).await;
    until(&format!("{words} at {url}"), async || {
        let shown = browser.run("return document.body.innerText", vec![]).await;
        shown.as_str().filter(|text| text.contains(words)).map(str::to_owned).ok_or(shown)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn links_from_elsewhere_show_traces_and_nothing_else_is_answered() {
    let collector = Collector::start().await;
    collector.take("web", &[span(1, [1, 0], "GET /basket", [0, 10])]).await;
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let browser = Browser::start().await;
    // Of the same site, for only the port is another; and of another one.
    for elsewhere in [site.url.clone(), site.url.replace("localhost", "127.0.0.1")] {
        let leave = async || browser.goto(&format!("{elsewhere}/www/style.css")).await;
        for page in [format!("{}/trace/{}", collector.viewer, trace_id(1)), format!("{}/viewer", collector.page)] {
            leave().await;
            follow(&browser, &page, "GET /basket").await;
        }
        for path in ["/api/list?limit=300000", &format!("/api/traces/{}", trace_id(1))] {
            leave().await;
            let shown = follow(&browser, &format!("{}{path}", collector.viewer), "may not ask for /api/").await;
            assert!(!shown.contains("GET /basket"), "{shown}");
        }
    }
    // The address bar is the user's.
    browser.goto(&format!("{}/api/services", collector.viewer)).await;
    let shown = browser.run("return document.body.innerText", vec![]).await;
    assert!(shown.as_str().is_some_and(|text| text.contains("web")), "{shown}");
}
