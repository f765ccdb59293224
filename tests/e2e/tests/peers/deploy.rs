//! The configurations in deploy/ that can be started here, fed by a page.

use e2e::browser::Browser;
use e2e::jaeger::Jaeger;
use e2e::jaeger_2::Jaeger2;
use e2e::otel_collector::OtelCollector;
use e2e::ports::free_port;
use e2e::programs::{jaeger_2, page_dir, peer};
use e2e::relay::Relay;
use e2e::servers::{Collector, StaticServer};
use e2e::traces::{find, trace};
use e2e::wait;
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

/// Where the configurations are.
const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");

/// A page that looks users up, and gives the ids of their traces once everything is delivered.
struct Feeder {
    browser: Browser,
    site: String,
}

impl Feeder {
    async fn open(site: &str) -> Self {
        let browser = Browser::start().await;
        browser.goto(&format!("{site}/www/style.css")).await;
        Self { browser, site: site.to_owned() }
    }

    async fn look_up(&self, endpoint: &str, users: &[u64]) -> Vec<String> {
        let script = "
            const { module, users, endpoint } = arguments[0];
            const api = await import(module);
            await api.default();
            api.init({ endpoint, logs: true });
            const ids = users.map((user) => api.getUser(user).traceId);
            const report = await api.shutdown();
            const others = performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith(location.origin));
            return { ids, report, others: others.map(({ name }) => name) };";
        let module = format!("{}/pkg/inprocess.js", self.site);
        let arguments = json!({ "module": module, "users": users, "endpoint": endpoint });
        let seen = self.browser.run(script, vec![arguments]).await;
        assert_eq!(seen["report"]["delivered"], 5 * users.len(), "four spans and a record of each: {seen}");
        if endpoint.starts_with(&self.site) {
            assert_eq!(seen["others"], json!([]), "nothing is asked of another origin");
        }
        let ids = seen["ids"].as_array().expect("ids").iter();
        ids.map(|id| id.as_str().expect("an id").to_owned()).collect()
    }
}

async fn records(collector: &Collector, trace_id: &str) -> usize {
    let url = format!("{}/api/logs?traceId={trace_id}", collector.viewer);
    let answer: Value = reqwest::get(&url).await.expect("an answer").json().await.expect("JSON");
    answer["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().map_or(0, Vec::len)
}

/// `gateway.yaml` before `sampling.yaml` before a Jaeger; log records go to a collector of ours.
#[tokio::test(flavor = "multi_thread")]
async fn gateway_and_sampling() {
    let site = StaticServer::start(&page_dir(), &page_dir().join("pkg")).await;
    let (jaeger, logs) = (Jaeger::start("http://nowhere.example").await, Collector::start().await);
    let deploy = Path::new(DEPLOY);
    let (gateway, sampling) = (free_port(), free_port());
    let [gateway_addr, sampling_addr] = [gateway, sampling].map(|port| format!("127.0.0.1:{port}"));
    let second = [("SAMPLING_ADDR", sampling_addr.as_str()), ("DECISION_WAIT", "2s"), ("JAEGER_OTLP", &jaeger.otlp)];
    let _second = OtelCollector::start(&deploy.join("sampling.yaml"), &second, &[sampling]).await;
    let first = [
        ("GATEWAY_ADDR", gateway_addr.as_str()),
        ("SAMPLING_ADDR", &sampling_addr),
        ("PAGE_ORIGIN", &site.url),
        ("LOGS_OTLP", &logs.otlp),
    ];
    let _first = OtelCollector::start(&deploy.join("gateway.yaml"), &first, &[gateway]).await;

    let feeder = Feeder::open(&site.url).await;
    let endpoint = format!("http://{gateway_addr}");
    let found = feeder.look_up(&endpoint, &[100; 100]).await;
    let failed = feeder.look_up(&endpoint, &[1; 10]).await;
    for id in &failed {
        trace(&jaeger.viewer, id, 4).await.assert_lookup(1, false);
    }
    // One in ten of them is kept, by its id. They were decided about before those that failed.
    let mut kept = 0;
    for id in &found {
        kept += usize::from(find(&jaeger.viewer, id).await.is_some());
    }
    assert!(kept < 60, "{kept} of 100 traces without errors are kept");
    for id in found.iter().chain(&failed) {
        wait::until("the record", async || match records(&logs, id).await {
            1 => Ok(()),
            count => Err(count),
        })
        .await;
    }
}

/// `balance.yaml` cannot be started here: two of its parts are not to be had, and all else of it is known.
#[tokio::test(flavor = "multi_thread")]
async fn gateway_with_a_balancer() {
    let mut validate = Command::new(peer("OTELCOL_BIN"));
    let files = ["gateway.yaml", "balance.yaml"].map(|file| Path::new(DEPLOY).join(file));
    validate.arg("validate").args(files.iter().flat_map(|file| ["--config".as_ref(), file.as_os_str()]));
    let output = validate.output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lacks: Vec<_> =
        said.lines().filter_map(|line| line.split_once(" for id: ")).map(|(lack, _)| lack).collect();
    lacks.sort_unstable();
    let expected = [r#"'exporters' unknown type: "loadbalancing""#, r#"'extensions' unknown type: "headers_setter""#];
    assert_eq!(lacks, expected, "{said}");
}

/// `jaeger-badger.yaml`: what was taken is there after a crash.
#[tokio::test(flavor = "multi_thread")]
async fn jaeger_2_with_badger() {
    let config = Path::new(DEPLOY).join("jaeger-badger.yaml");
    let storage = std::env::temp_dir().join(format!("jaeger-badger-{}", std::process::id()));
    let [keys, values] = ["keys", "values"].map(|folder| storage.join(folder).to_string_lossy().into_owned());
    let directories = "extensions.jaeger_storage.backends.kept.badger.directories";
    let places = [format!("{directories}.keys"), format!("{directories}.values")];
    let settings = [(places[0].as_str(), keys.as_str()), (&places[1], &values)];
    let jaeger = Jaeger2::configured(&config, &settings).await;
    // Jaeger lets no page in here: the gateway does, or a collector that hands on.
    let collector = Collector::with(&["--forward".to_owned(), jaeger.otlp.clone()]).await;
    let feeder = Feeder::open(&collector.page).await;
    let ids = feeder.look_up(&collector.otlp, &[100]).await;
    trace(&jaeger.viewer, &ids[0], 4).await.assert_lookup(100, true);
    jaeger.kill().await;
    let jaeger = Jaeger2::configured(&config, &settings).await;
    trace(&jaeger.viewer, &ids[0], 4).await.assert_lookup(100, true);
    jaeger.kill().await;
    let _ = std::fs::remove_dir_all(storage);
}

/// `jaeger-clickhouse.yaml`: all of it is known to a Jaeger 2. There is no ClickHouse here to start it with.
#[tokio::test(flavor = "multi_thread")]
async fn jaeger_2_with_clickhouse() {
    let mut validate = Command::new(jaeger_2());
    validate
        .arg("validate")
        .arg(format!("--config={DEPLOY}/jaeger-clickhouse.yaml"))
        .env("CLICKHOUSE_PASSWORD", "secret");
    let output = validate.output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A relay at the page's own origin: without CORS, and with a key that the page does not know.
async fn relayed(relay: Relay, collector: Collector) {
    let feeder = Feeder::open(&relay.url).await;
    for id in feeder.look_up(&format!("{}/otlp", relay.url), &[100, 100]).await {
        trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
        assert_eq!(records(&collector, &id).await, 1);
    }
    // Without the relay nobody gets in.
    let direct = reqwest::Client::new().post(format!("{}/v1/traces", collector.otlp)).json(&json!({})).send().await;
    assert_eq!(direct.expect("an answer").status(), 401);
}

const KEY: &str = "a-key-that-no-page-knows";

#[tokio::test(flavor = "multi_thread")]
async fn nginx() {
    let collector = Collector::with(&["--api-key".to_owned(), KEY.to_owned()]).await;
    relayed(Relay::nginx(&collector.otlp, KEY).await, collector).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn caddy() {
    let collector = Collector::with(&["--api-key".to_owned(), KEY.to_owned()]).await;
    relayed(Relay::caddy(&collector.otlp, KEY).await, collector).await;
}
