//! Compressed requests, between a real browser and receivers that decompress.

use e2e::browser::Browser;
use e2e::jaeger::Jaeger;
use e2e::programs::page_dir;
use e2e::receiver::{Cors, Receiver};
use e2e::servers::StaticServer;
use e2e::traces::trace;
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read;

const LOOK_UP: &str = "
    const { module, endpoint } = arguments[0];
    const api = await import(module);
    await api.default();
    api.init({ endpoint, compression: 'gzip', spool: false, exportTimeoutMillis: 30000 });
    const { traceId } = api.getUser(100);
    const report = await api.flush().catch(error => error.report);
    return { traceId, report, stats: api.stats() };";

async fn look_up(site: &str, endpoint: &str) -> Value {
    let browser = Browser::start().await;
    browser.goto(&format!("{site}/www/style.css")).await;
    browser.run(LOOK_UP, vec![json!({ "module": format!("{site}/pkg/inprocess.js"), "endpoint": endpoint })]).await
}

fn assert_delivered(seen: &Value) {
    assert_eq!(seen["report"], json!({ "delivered": 4, "retrying": 0, "spooled": 0, "dropped": 0 }), "{seen:#}");
    assert_eq!(seen["stats"]["lastError"], Value::Null, "{seen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_gzip_and_say_so() {
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let allowed = "content-type, content-encoding".to_owned();
    let receiver = Receiver::start(Cors { origin: Some(site.url.clone()), headers: Some(allowed) }).await;
    assert_delivered(&look_up(&site.url, &receiver.url).await);
    let requests = receiver.requests();
    let post = requests.iter().find(|seen| seen.method == Method::POST).expect("a request with spans");
    assert_eq!(post.headers["content-encoding"], "gzip");
    assert_eq!(post.headers["content-type"], "application/json");
    let mut body = String::new();
    GzDecoder::new(&post.body[..]).read_to_string(&mut body).expect("the body is gzip");
    assert!(body.len() > 2 * post.body.len(), "{} bytes became {}", body.len(), post.body.len());
    let request: Value = serde_json::from_str(&body).expect("OTLP JSON");
    let spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().map(Vec::len);
    assert_eq!(spans, Some(4), "{request:#}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger"]
async fn jaeger_takes_compressed_requests() {
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let jaeger = Jaeger::start(&site.url).await;
    let seen = look_up(&site.url, &jaeger.otlp).await;
    assert_delivered(&seen);
    let id = seen["traceId"].as_str().expect("an id");
    trace(&jaeger.viewer, id, 4).await.assert_lookup(100, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_must_be_allowed_and_the_advice_says_so() {
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let cors = Cors { origin: Some(site.url.clone()), headers: Some("content-type".to_owned()) };
    let receiver = Receiver::start(cors).await;
    let seen = look_up(&site.url, &receiver.url).await;
    assert_eq!(seen["stats"]["lastErrorCause"], "cors", "{seen:#}");
    let advice = seen["stats"]["advice"].as_str().expect("advice");
    assert!(advice.contains("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,content-encoding\n"), "{advice}");
}
