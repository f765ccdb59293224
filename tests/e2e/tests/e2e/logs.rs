//! The page logs its lookups: to whoever takes logs, and without a word about it where nobody does.

use e2e::browser::Browser;
use e2e::jaeger::Jaeger;
use e2e::page::Page;
use e2e::programs::page_dir;
use e2e::receiver::{Cors, Receiver};
use e2e::servers::{Collector, StaticServer};
use e2e::traces::trace;
use e2e::wait;
use serde_json::{Value, json};

/// The module on a quiet page, and a receiver that lets that page in.
struct Setting {
    browser: Browser,
    site: StaticServer,
    receiver: Receiver,
}

impl Setting {
    async fn new() -> Self {
        let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
        let cors = Cors { origin: Some(site.url.clone()), headers: Some("content-type".to_owned()) };
        let (browser, receiver) = (Browser::start().await, Receiver::start(cors).await);
        browser.goto(&format!("{}/www/style.css", site.url)).await;
        Self { browser, site, receiver }
    }

    async fn run(&self, endpoint: &str, script: &str) -> Value {
        let whole = format!(
            "const {{ module, endpoint }} = arguments[0];
             const api = await import(module);
             await api.default();
             api.init({{ endpoint, logs: true, exportTimeoutMillis: 30000 }});
             {script}"
        );
        let module = format!("{}/pkg/inprocess.js", self.site.url);
        self.browser.run(&whole, vec![json!({ "module": module, "endpoint": endpoint })]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lookup_is_a_record_of_its_span() {
    let setting = Setting::new().await;
    let script = "
        const { traceId } = api.getUser(100);
        api.getUser(1);
        const report = await api.flush();
        return { traceId, report, stats: api.stats() };";
    let seen = setting.run(&setting.receiver.url, script).await;
    assert_eq!(seen["report"]["delivered"], 10, "eight spans and two records: {seen:#}");
    assert_eq!((&seen["stats"]["exported"], &seen["stats"]["logs"]["exported"]), (&json!(8), &json!(2)), "{seen:#}");
    let logs = setting.receiver.logs();
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0]["traceId"], seen["traceId"]);
    assert_eq!((&logs[0]["eventName"], &logs[0]["severityNumber"]), (&json!("user.lookup"), &json!(9)));
    assert_eq!(logs[0]["body"]["stringValue"], "user 100 found");
    assert_eq!(logs[1]["body"]["stringValue"], "user 1 not found");
    let spans = setting.receiver.requests().into_iter().find(|seen| seen.path == "/v1/traces" && !seen.body.is_empty());
    let spans: Value = serde_json::from_slice(&spans.expect("spans, too").body).expect("JSON");
    let spans = spans["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone();
    let get_user = spans.iter().find(|span| span["name"] == "GetUser").expect("GetUser");
    assert_eq!(logs[0]["spanId"], get_user["spanId"]);
    let at = |json: &Value| json.as_str().expect("a time").parse::<u64>().expect("nanoseconds");
    let (start, time, end) =
        (at(&get_user["startTimeUnixNano"]), at(&logs[0]["timeUnixNano"]), at(&get_user["endTimeUnixNano"]));
    assert!(start <= time && time <= end, "{start} {time} {end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_before_the_page_is_left_arrives() {
    let setting = Setting::new().await;
    setting.run(&setting.receiver.url, "for (let n = 0; n < 20; n++) api.getUser(100); return null;").await;
    setting.browser.goto("about:blank").await;
    wait::until("twenty records", async || {
        let arrived = setting.receiver.logs().len();
        if arrived == 20 { Ok(()) } else { Err(arrived) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_logs_its_lookups_to_the_collector_that_serves_it() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let trace_id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    let url = format!("{}/api/logs?traceId={trace_id}", collector.viewer);
    let record = wait::until("the record", async || {
        let answer: Value = reqwest::get(&url).await.expect("an answer").json().await.expect("JSON");
        let record = &answer["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        if record.is_object() { Ok(record.clone()) } else { Err(answer) }
    })
    .await;
    assert_eq!((&record["eventName"], &record["traceId"]), (&json!("user.lookup"), &json!(trace_id)));
    assert_eq!(page.problem().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_logs_nothing_to_an_endpoint_of_the_users_choice() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let cors = Cors { origin: Some(collector.page.clone()), headers: Some("content-type".to_owned()) };
    let receiver = Receiver::start(cors).await;
    page.click("settings-heading").await;
    page.fill("endpoint", &receiver.url).await;
    page.click("apply").await;
    page.trace_by("lookup-100").await;
    page.click("flush").await;
    wait::until("the spans", async || {
        let requests = receiver.requests();
        if requests.iter().any(|seen| seen.path == "/v1/traces" && !seen.body.is_empty()) {
            Ok(())
        } else {
            Err(requests.len())
        }
    })
    .await;
    assert!(receiver.requests().iter().all(|seen| seen.path == "/v1/traces"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger"]
async fn a_jaeger_takes_no_logs_and_all_else_goes_on() {
    let setting = Setting::new().await;
    let jaeger = Jaeger::start(&setting.site.url).await;
    let script = "
        const reports = [], ids = [];
        for (let n = 0; n < 3; n++) {
            ids.push(api.getUser(100).traceId);
            reports.push(await api.flush());
        }
        return { ids, reports, stats: api.stats() };";
    let seen = setting.run(&jaeger.otlp, script).await;
    let delivered = json!({ "delivered": 4, "retrying": 0, "spooled": 0, "dropped": 0 });
    assert_eq!(seen["reports"], json!([delivered, delivered, delivered]), "{seen:#}");
    assert_eq!((&seen["stats"]["lastError"], &seen["stats"]["dropped"]), (&Value::Null, &json!(0)), "{seen:#}");
    let logs = &seen["stats"]["logs"];
    assert_eq!((&logs["recorded"], &logs["droppedBy"]["refused"]), (&json!(3), &json!(3)), "{seen:#}");
    assert!(logs["lastError"].as_str().is_some_and(|error| error.contains("404")), "{seen:#}");
    assert!(logs["advice"].as_str().is_some_and(|advice| advice.contains("takes no log records")), "{seen:#}");
    trace(&jaeger.viewer, seen["ids"][2].as_str().expect("an id"), 4).await.assert_lookup(100, true);
}
