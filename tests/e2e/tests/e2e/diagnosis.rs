//! Why spans do not arrive: the likely cause, and the settings that would help, as a real browser lets them be found out.

use e2e::browser::Browser;
use e2e::jaeger::Jaeger;
use e2e::ports::free_port;
use e2e::programs::page_dir;
use e2e::receiver::{Answer, Cors, Receiver};
use e2e::servers::{Collector, StaticServer};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// The page's module in a browser, and the origin of its page.
pub struct Quiet {
    pub browser: Browser,
    pub site: StaticServer,
}

impl Quiet {
    /// A page of the site on which nothing else runs.
    pub async fn open() -> Self {
        Self::on(StaticServer::start(&page_dir(), &page_dir().join("pkg")).await).await
    }

    async fn with_headers(headers: &'static [(&'static str, &'static str)]) -> Self {
        Self::on(StaticServer::with_headers(&page_dir(), headers).await).await
    }

    async fn on(site: StaticServer) -> Self {
        let browser = Browser::start().await;
        browser.goto(&format!("{}/www/style.css", site.url)).await;
        Self { browser, site }
    }

    /// What `stats()` says when sending to `endpoint` has failed and there is something to say about it.
    async fn failure(&self, endpoint: &str) -> Value {
        self.run("return failure();", json!({ "endpoint": endpoint })).await
    }

    /// Runs a script with a telemetry of its own: each has another instance of the module.
    pub async fn run(&self, script: &str, options: Value) -> Value {
        self.browser.run(&format!("{MODULE} {script}"), vec![self.argument(options)]).await
    }

    fn argument(&self, options: Value) -> Value {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let module = format!("{}/pkg/inprocess.js?{}", self.site.url, COUNT.fetch_add(1, Ordering::Relaxed));
        json!({ "module": module, "options": options })
    }
}

/// Looks a user up and gives what became of the spans.
pub const DELIVER: &str = "
    const api = await import(module);
    await api.default();
    api.init(options);
    api.getUser(100);
    return api.flush();";

/// Looks a user up and waits until the cause of the failure is known; the same text runs in pages and in workers.
const MODULE: &str = "
    const { module, options } = arguments[0];
    async function failure() {
        const api = await import(module);
        await api.default();
        api.init(options);
        api.getUser(100);
        api.flush().catch(() => {});
        for (;;) {
            const stats = api.stats();
            if (stats.lastError && (stats.lastErrorCause !== 'unknown' || stats.advice)) return stats;
            await new Promise(resolve => setTimeout(resolve, 20));
        }
    }";

fn text<'a>(stats: &'a Value, key: &str) -> &'a str {
    stats[key].as_str().unwrap_or_else(|| panic!("{key} is a text: {stats}"))
}

pub fn assert_cause(stats: &Value, cause: &str, advised: &[&str]) {
    assert_eq!(stats["lastErrorCause"], cause, "{stats:#}");
    for part in advised {
        assert!(text(stats, "advice").contains(part), "the advice has {part}: {stats:#}");
    }
}

/// The lines of an advice that begin so, as the shells that they are for read them.
pub fn advised(stats: &Value, beginning: &str) -> Vec<String> {
    let lines = text(stats, "advice").lines().filter_map(|line| line.strip_prefix("    "));
    let lines: Vec<_> = lines.filter(|line| line.starts_with(beginning)).collect();
    let read = |shell: &str| {
        let script = format!(r"printf '%s\0' {}", lines.join(" "));
        let output = std::process::Command::new(shell).args(["-c", &script]).output().expect("the shell is there");
        assert!(output.status.success(), "{shell}: {lines:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let words = read("bash");
    assert_eq!(words, read("zsh"), "{lines:?}");
    words.split_terminator('\0').flat_map(|word| word.split(' ')).map(str::to_owned).collect()
}

fn jaeger_settings(origin: &str, headers: &str) -> [String; 6] {
    [
        format!("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS={origin}\n"),
        format!("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS={headers}\n"),
        format!("--collector.otlp.http.cors.allowed-origins={origin}\n"),
        format!("--collector.otlp.http.cors.allowed-headers={headers}\n"),
        format!("'--set=receivers.otlp.protocols.http.cors.allowed_origins=[{origin}]'"),
        format!("'--set=receivers.otlp.protocols.http.cors.allowed_headers=[{headers}]'"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_listens() {
    let page = Quiet::open().await;
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let stats = page.failure(&endpoint).await;
    assert_cause(&stats, "unreachable", &[&endpoint]);
    assert!(text(&stats, "lastError").contains(&endpoint), "{stats:#}");
    let console = page.browser.console().await;
    let warnings: Vec<_> = console.iter().filter(|line| line.contains("opentelemetry-browser:")).collect();
    assert_eq!(warnings.len(), 1, "one warning on the console: {console:#?}");
    assert!(warnings[0].starts_with("WARNING") && warnings[0].contains("Nothing answers"), "{}", warnings[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_refuses_the_origin() {
    let page = Quiet::open().await;
    for origin in [None, Some("http://other.example".to_owned())] {
        let receiver = Receiver::start(Cors { origin, headers: Some("*".to_owned()) }).await;
        let stats = page.failure(&receiver.url).await;
        assert_cause(
            &stats,
            "cors",
            &["does not allow requests from this page's origin", &page.site.url, &receiver.url],
        );
        let settings = jaeger_settings(&page.site.url, "content-type");
        assert_cause(&stats, "cors", &settings.each_ref().map(String::as_str));
        assert_eq!(receiver.count(Method::POST), 0, "a refused preflight lets no spans through");
    }
}

/// Its answers never reach the page, which is not told of them: `fetch` fails as if there were none.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_answers_its_own_origin_only_is_not_called_unreachable() {
    let page = Quiet::open().await;
    let receiver = Receiver::for_its_own_origin().await;
    let stats = page.failure(&receiver.url).await;
    assert_cause(&stats, "cors", &[&receiver.url, "does not allow requests from this page's origin", &page.site.url]);
    assert_eq!(receiver.count(Method::POST), 0);
}

/// As in Firefox, which gives an event source up in either case, and in service workers, which have none.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_answer_and_a_hidden_one_look_alike_both_are_said() {
    let page = Quiet::open().await;
    let receiver = Receiver::for_its_own_origin().await;
    let endpoints = [receiver.url.clone(), format!("http://127.0.0.1:{}", free_port())];
    let assert_both = async |without: &str| {
        for endpoint in &endpoints {
            let script = format!("{without} return failure();");
            let stats = page.run(&script, json!({ "endpoint": endpoint })).await;
            assert_cause(&stats, "unknown", &["Either nothing answers at", endpoint, "or it does not allow"]);
            assert_cause(
                &stats,
                "unknown",
                &jaeger_settings(&page.site.url, "content-type").each_ref().map(String::as_str),
            );
        }
    };
    let firefox = "
        Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (X11; rv:153.0) Gecko/20100101 Firefox/153.0' });
        const { EventSource: Chromium } = globalThis;
        globalThis.EventSource = class extends Chromium {
            get readyState() { return this.failed ? 2 : super.readyState; }
            set onerror(listener) { super.onerror = () => { this.failed = true; listener(); }; }
        };";
    assert_both(firefox).await;
    assert_both("delete globalThis.EventSource;").await;
}

/// Nobody but this project's collector lets a page read why it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn our_collector_says_how_to_allow_the_page() {
    for site in [
        StaticServer::start(&page_dir(), &page_dir().join("pkg")).await,
        StaticServer::with_brackets(&page_dir()).await,
    ] {
        let page = Quiet::on(site).await;
        let collector = Collector::start().await;
        let stats = page.failure(&collector.otlp).await;
        assert_cause(&stats, "cors", &["403", "may not send spans to this collector", &page.site.url]);
        assert!(!text(&stats, "advice").contains("COLLECTOR_OTLP"), "no Jaeger is there: {stats:#}");
        assert_eq!(stats["dropped"], 0, "nothing was sent that could be refused: {stats:#}");
        let flags = advised(&stats, "--allow-origin");
        assert_eq!(flags, ["--allow-origin", &page.site.url]);
        let collector = Collector::with(&flags).await;
        let report = page.run(DELIVER, json!({ "endpoint": collector.otlp })).await;
        assert_eq!(report["delivered"], 4, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_the_viewer_is_told() {
    let page = Quiet::open().await;
    let collector = Collector::start().await;
    let stats = page.failure(&collector.viewer).await;
    assert_cause(&stats, "cors", &[&format!("this is the viewer; spans go to {}/v1/traces", collector.otlp)]);
    assert!(!text(&stats, "advice").contains("allow"), "it is not to be allowed there: {stats:#}");
    assert_eq!(stats["dropped"], 0, "{stats:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_refuses_the_headers() {
    let page = Quiet::open().await;
    let receiver = Receiver::start(Cors { origin: Some(page.site.url.clone()), headers: None }).await;
    let options = json!({ "endpoint": receiver.url, "headers": { "X-Api-Key": "secret" } });
    let stats = page.run("return failure();", options).await;
    assert_cause(&stats, "cors", &["not with these headers: content-type, x-api-key"]);
    let settings = jaeger_settings(&page.site.url, "content-type,x-api-key");
    assert_cause(&stats, "cors", &settings.each_ref().map(String::as_str));
    assert!(!text(&stats, "advice").contains("secret"), "a header's value is nobody's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_looked_into_once_and_by_no_post() {
    let page = Quiet::open().await;
    let receiver = Receiver::start(Cors::default()).await;
    let wait_for_retries = "
        await failure();
        const api = await import(module);
        while (api.stats().retried < 2) await new Promise(resolve => setTimeout(resolve, 20));
        return api.stats();";
    let stats = page.run(wait_for_retries, json!({ "endpoint": receiver.url })).await;
    assert_cause(&stats, "cors", &[]);
    assert_eq!((receiver.count(Method::GET), receiver.count(Method::POST)), (2, 0), "two looks, no span");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_the_page_forbids_it() {
    const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
    let page = Quiet::with_headers(&[("content-security-policy", POLICY)]).await;
    let receiver = Receiver::start(Cors::default()).await;
    let stats = page.failure(&receiver.url).await;
    assert_cause(&stats, "csp", &[&format!("    connect-src 'self' {}", receiver.url)]);
    assert_eq!(receiver.count(Method::GET), 0, "nothing leaves the page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_only_reports_is_no_cause() {
    let page = Quiet::open().await;
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let reporting = "
        setInterval(() => dispatchEvent(new SecurityPolicyViolationEvent('securitypolicyviolation', {
            blockedURI: options.endpoint, disposition: 'report', effectiveDirective: 'connect-src' })), 1);
        return failure();";
    let stats = page.run(reporting, json!({ "endpoint": endpoint })).await;
    assert_cause(&stats, "unreachable", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_find_it_out_as_well() {
    let page = Quiet::open().await;
    assert_workers_find_it_out(&page).await;
}

/// Answers without CORP do not reach such a page, not even as opaque ones.
#[tokio::test(flavor = "multi_thread")]
async fn cross_origin_isolated_pages_and_workers_find_it_out_as_well() {
    let page = Quiet::with_headers(&[
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ])
    .await;
    assert_eq!(page.browser.run("return crossOriginIsolated;", vec![]).await, true);
    let receiver = Receiver::start(Cors::default()).await;
    assert_cause(&page.failure(&receiver.url).await, "cors", &["does not allow requests"]);
    let receiver = Receiver::start(Cors { origin: Some(page.site.url.clone()), headers: None }).await;
    assert_cause(&page.failure(&receiver.url).await, "cors", &["not with these headers: content-type"]);
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    assert_cause(&page.failure(&endpoint).await, "unreachable", &[&endpoint]);
    assert_workers_find_it_out(&page).await;
}

async fn assert_workers_find_it_out(page: &Quiet) {
    let receiver = Receiver::start(Cors::default()).await;
    let in_worker = format!(
        "const text = `onmessage = ({{ data }}) => (async function () {{ {MODULE}
             return failure(); }})(data).then(stats => postMessage(stats), error => postMessage(String(error)));`;
         const worker = new Worker(URL.createObjectURL(new Blob([text], {{ type: 'text/javascript' }})));
         worker.postMessage(arguments[0]);
         return new Promise(resolve => worker.onmessage = ({{ data }}) => resolve(data));"
    );
    let stats = page.browser.run(&in_worker, vec![page.argument(json!({ "endpoint": receiver.url }))]).await;
    let settings = jaeger_settings(&page.site.url, "content-type");
    assert_cause(&stats, "cors", &settings.each_ref().map(String::as_str));
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let stats = page.browser.run(&in_worker, vec![page.argument(json!({ "endpoint": endpoint }))]).await;
    assert_cause(&stats, "unreachable", &[&endpoint]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_receiver_says_speaks_for_itself() {
    let page = Quiet::open().await;
    let cors = Cors { origin: Some("*".to_owned()), headers: Some("content-type".to_owned()) };
    for (answer, cause, said) in [
        (Answer { status: 400, body: r#"{"code":3,"message":"bad trace id"}"# }, "status", "bad trace id"),
        (Answer { status: 401, body: "" }, "status", "401"),
        (Answer { status: 302, body: "" }, "redirect", "redirect"),
        (Answer { status: 307, body: "" }, "redirect", "redirect"),
        (
            Answer { status: 200, body: r#"{"partialSuccess":{"rejectedSpans":"4","errorMessage":"too old"}}"# },
            "partial-success",
            "too old",
        ),
    ] {
        let receiver = Receiver::answering(cors.clone(), answer).await;
        let stats = page.failure(&receiver.url).await;
        assert_cause(&stats, cause, &[]);
        assert!(text(&stats, "lastError").contains(said), "{stats:#}");
        assert_eq!(stats["dropped"], 4, "{stats:#}");
        assert_eq!(receiver.count(Method::GET), 0, "an answer needs no second look");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger"]
async fn a_real_jaeger_wants_both_of_its_settings() {
    let page = Quiet::open().await;
    let origins = format!("--collector.otlp.http.cors.allowed-origins={}", page.site.url);
    for (flags, said) in [(&[][..], "does not allow requests"), (&[origins.as_str()], "not with these headers")] {
        let jaeger = Jaeger::start_with(free_port(), flags).await;
        let stats = page.failure(&jaeger.otlp).await;
        assert_cause(&stats, "cors", &[said]);
        // The advice is what makes it work.
        let advised = advised(&stats, "--collector.");
        assert_eq!(advised.len(), 2, "{stats:#}");
        let advised: Vec<_> = advised.iter().map(String::as_str).collect();
        let jaeger = Jaeger::start_with(free_port(), &advised).await;
        let report = page.run(DELIVER, json!({ "endpoint": jaeger.otlp })).await;
        assert_eq!(report, json!({ "delivered": 4, "retrying": 0, "spooled": 0, "dropped": 0 }));
    }
}
