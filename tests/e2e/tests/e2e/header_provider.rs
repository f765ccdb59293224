//! Headers that a function of the page's gives for each request, in a real browser: by fetch, by a worker, and when the page is left.

use axum::http::Method;
use e2e::browser::Browser;
use e2e::faults;
use e2e::programs;
use e2e::receiver::{Answer, Cors, Receiver, Seen};
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::{Value, json};

const TAKEN: Answer = Answer { status: 200, body: "{}" };
const UNAUTHORIZED: Answer = Answer { status: 401, body: "" };

/// What a request was let in with.
fn key(seen: &Seen) -> &str {
    seen.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none")
}

/// Takes what has this key, and nothing else.
async fn receiver(wanted: &'static str) -> Receiver {
    let cors = Cors { origin: Some("*".to_owned()), headers: Some("authorization,content-type".to_owned()) };
    Receiver::judging(cors, move |seen| if key(seen) == wanted { TAKEN } else { UNAUTHORIZED }).await
}

/// The names of all that was taken, sorted.
fn taken(receiver: &Receiver, wanted: &str) -> Vec<String> {
    let mut names = Vec::new();
    for seen in receiver.requests().iter().filter(|seen| seen.method == Method::POST && key(seen) == wanted) {
        names.extend(faults::names(&serde_json::from_slice(&seen.body).expect("the page sends JSON")));
    }
    names.sort();
    names
}

/// The keys of all requests for spans, in their order.
fn keys(receiver: &Receiver) -> Vec<String> {
    let posts = receiver.requests().into_iter().filter(|seen| seen.method == Method::POST && seen.path == "/v1/traces");
    posts.map(|seen| key(&seen).to_owned()).collect()
}

struct Page {
    browser: Browser,
    server: StaticServer,
}

impl Page {
    async fn open() -> Self {
        let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
        let page = Self { browser: Browser::start().await, server };
        page.load().await;
        page
    }

    async fn load(&self) {
        self.browser.goto(&format!("{}/www/style.css", self.server.url)).await;
    }

    /// Runs a script with the package as `api` and the receiver's URL as `endpoint`.
    async fn run(&self, receiver: &Receiver, script: &str) -> Value {
        let body = format!(
            "const api = await import('/pkg/opentelemetry_browser_js.js');
             await api.default();
             const endpoint = arguments[0];
             const pause = (millis) => new Promise((done) => setTimeout(done, millis));
             {script}"
        );
        self.browser.run(&body, vec![json!(receiver.url)]).await
    }
}

/// Spans whose batch is too long to outlive the page: the worker makes that request.
const BURST: &str =
    "for (let n = 0; n < 300; n++) api.startSpan(`span ${n}`, { attributes: { blob: 'x'.repeat(400) } }).end();";

fn burst() -> Vec<String> {
    let mut names: Vec<_> = (0..300).map(|number| format!("span {number}")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_key_lets_each_record_in_once() {
    let page = Page::open().await;
    for worker in [false, true] {
        let receiver = receiver("Bearer 2").await;
        let script = format!(
            "const RealWorker = Worker;
             let workers = 0;
             globalThis.Worker = class extends RealWorker {{ constructor(...words) {{ super(...words); workers++; }} }};
             let key = 1;
             api.start({{ endpoint, worker: {worker}, spool: false, batchSize: 300, headers: async () => {{
                 await pause(5);
                 return {{ authorization: `Bearer ${{key++ > 1 ? 2 : 1}}` }};
             }} }});
             {BURST}
             const report = await api.flush();
             api.log('info', 'a body', null, {{ eventName: 'logged' }});
             await api.flush();
             const counts = api.stats();
             await api.shutdown();
             globalThis.Worker = RealWorker;
             return {{ report, counts, workers }};"
        );
        let seen = page.run(&receiver, &script).await;
        assert_eq!((&seen["report"]["delivered"], &seen["report"]["dropped"]), (&json!(300), &json!(0)), "{seen:#}");
        assert_eq!(seen["counts"]["lastError"], Value::Null, "{seen:#}");
        assert_eq!(seen["workers"], u32::from(worker), "{seen:#}");
        assert_eq!(keys(&receiver), ["Bearer 1", "Bearer 2"], "once more, and not a third time");
        let mut expected = burst();
        expected.insert(0, "logged".to_owned());
        assert_eq!(taken(&receiver, "Bearer 2"), expected, "worker: {worker}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_in_any_way_is_told_and_stops_nothing() {
    let page = Page::open().await;
    for worker in [false, true] {
        let receiver = receiver("Bearer 2").await;
        let script = format!(
            "let give;
             api.start({{ endpoint, worker: {worker}, spool: false, exportTimeoutMillis: 3000, consoleWarnings: false, headers: () => give() }});
             const told = [];
             for (const failure of [
                 () => {{ throw new Error('signed out'); }},
                 () => Promise.reject(new Error('expired')),
                 () => 7,
                 () => new Promise(() => {{}}),
             ]) {{
                 give = failure;
                 api.startSpan('span').end();
                 told.push(await api.flush().then(() => 'delivered', (error) => error.message));
             }}
             give = () => ({{ authorization: 'Bearer 2' }});
             for (let n = 0; n < 300 && api.stats().queued > 0; n++) await api.flush().catch(() => pause(100));
             const counts = api.stats();
             await api.shutdown();
             return {{ told, counts }};"
        );
        let seen = page.run(&receiver, &script).await;
        let told = |index: usize| seen["told"][index].as_str().unwrap_or_default().to_owned();
        assert!(told(0).contains("the header provider failed: signed out"), "{seen:#}");
        assert!(told(1).contains("the header provider failed: expired"), "{seen:#}");
        assert!(told(2).contains("the number 7; accepted is an object"), "{seen:#}");
        assert!(told(3).contains("not delivered"), "{seen:#}");
        assert_eq!((&seen["counts"]["exported"], &seen["counts"]["dropped"]), (&json!(4), &json!(0)), "{seen:#}");
        assert_eq!(taken(&receiver, "Bearer 2"), ["span"; 4], "worker: {worker}");
        assert!(keys(&receiver).iter().all(|key| key == "Bearer 2"), "nothing goes without: {:?}", keys(&receiver));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_left_sends_with_what_was_given_last_and_the_next_page_the_rest() {
    let page = Page::open().await;
    let receiver = receiver("Bearer 1").await;
    // More than the browser's budgets for a page that is left hold: some by keepalive, some by fetchLater, the rest by the next page.
    let script = format!(
        "let given = 0;
         api.start({{ endpoint, headers: () => (given++ === 0 ? {{ authorization: 'Bearer 1' }} : new Promise(() => {{}})) }});
         api.startSpan('first').end();
         await api.flush();
         setTimeout(() => {{
             {BURST}
             api.log('info', 'a body', null, {{ eventName: 'logged' }});
             location.href = 'about:blank';
         }});
         return typeof fetchLater;"
    );
    let has_fetch_later = page.run(&receiver, &script).await == json!("function");
    wait::until("what the budgets carry", async || {
        let taken = taken(&receiver, "Bearer 1").len();
        // 60 KiB of each: some 90 of these spans.
        if taken > if has_fetch_later { 130 } else { 60 } { Ok(()) } else { Err(taken) }
    })
    .await;
    page.load().await;
    page.run(&receiver, "api.start({ endpoint, headers: async () => ({ authorization: 'Bearer 1' }) });").await;
    let mut expected = burst();
    expected.splice(0..0, ["first".to_owned(), "logged".to_owned()]);
    wait::until("the rest", async || {
        let taken = taken(&receiver, "Bearer 1").len();
        if taken >= expected.len() { Ok(()) } else { Err(taken) }
    })
    .await;
    assert_eq!(taken(&receiver, "Bearer 1"), expected, "each once");
    assert!(keys(&receiver).iter().all(|key| key == "Bearer 1"), "{:?}", keys(&receiver));
}
