//! A visitor's consent that is withdrawn reaches what else of the origin runs, or comes back: workers, and pages in the back/forward cache.

use e2e::browser::Browser;
use e2e::programs;
use e2e::receiver::{Cors, Receiver};
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::{Value, json};

/// In each page and worker; the pipeline has sessions, and no spool, whose locks keep a page out of the back/forward cache. `record` tells whether a span is recorded.
const START: &str = "const api = await import('/pkg/opentelemetry_browser_js.js');
    await api.default();
    api.start({ endpoint: arguments[0], session: true, spool: false });
    const record = (name) => {
        const before = api.stats().recorded;
        api.startSpan(name).end();
        return api.stats().recorded > before;
    };
    Object.assign(self, { api, record });";

const STORED: &str = "return Object.keys(localStorage).filter((key) => key.startsWith('opentelemetry'))";

async fn start(browser: &Browser, url: &str, receiver: &Receiver) {
    browser.goto(url).await;
    browser.run(START, vec![json!(receiver.url)]).await;
}

async fn serve() -> (Receiver, StaticServer) {
    let cors = Cors { origin: Some("*".to_owned()), headers: Some("content-type".to_owned()) };
    (Receiver::start(cors).await, StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await)
}

fn has(receiver: &Receiver, name: &str) -> bool {
    receiver.spans().iter().any(|span| span["name"] == name)
}

/// Leaves a page for another one that changes the consent, and comes back; an error, if the browser has not kept it.
async fn go_and_come_back(
    browser: &Browser,
    server: &StaticServer,
    receiver: &Receiver,
    change: &str,
) -> Result<(), Value> {
    start(browser, &format!("{}/www/style.css", server.url), receiver).await;
    let first = "addEventListener('pageshow', ({ persisted }) => (self.isPersisted = persisted), true);
        self.open = api.startSpan('was open');
        const isRecorded = record('at first');
        // A page with requests under way may not be kept.
        await api.flush();
        return isRecorded";
    assert_eq!(browser.run(first, vec![]).await, true);
    start(browser, &format!("{}/www/style.css?next", server.url), receiver).await;
    assert_eq!(browser.run("return record('on the next page')", vec![]).await, true);
    browser.run(change, vec![]).await;
    browser.client.back().await.expect("there is a page before");
    let kept = "return self.isPersisted || performance.getEntriesByType('navigation')[0].notRestoredReasons";
    match browser.run(kept, vec![]).await {
        Value::Bool(true) => Ok(()),
        reasons => Err(reasons),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_back_forward_cache_hears_of_it_when_it_comes_back() {
    let (receiver, server) = serve().await;
    for (change, goes_on) in
        [("", true), ("api.consent(false)", false), ("api.consent(false); api.consent(true)", true)]
    {
        let browser = Browser::start().await;
        // Which pages it keeps is the browser's affair: it may have no room on a busy machine.
        let mut reasons = vec![];
        while let Err(reason) = go_and_come_back(&browser, &server, &receiver, change).await {
            reasons.push(reason);
            assert!(reasons.len() < 10, "it was kept: {reasons:?}");
        }
        let answer = browser.run("open.end(); return [record('back'), api.stats().recorded]", vec![]).await;
        assert_eq!(answer, json!([goes_on, if goes_on { 3 } else { 2 }]), "after {change:?}");
        if !goes_on {
            assert_eq!(browser.run(STORED, vec![]).await, json!([]));
            browser.run("api.consent(true)", vec![]).await;
        }
        assert_eq!(browser.run("return record('again')", vec![]).await, true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_hear_of_it_and_are_heard() {
    let (receiver, server) = serve().await;
    let browser = Browser::start().await;
    start(&browser, &format!("{}/www/style.css", server.url), &receiver).await;
    let work = "const script = `onmessage = async ({ data: [script, ...given] }) => {
            const work = new (async () => {}).constructor(script);
            postMessage(await work(...given));
        }; postMessage('ready')`;
        self.worker = new Worker(URL.createObjectURL(new Blob([script])));
        self.ask = (...given) => new Promise((resolve) => {
            worker.onmessage = ({ data }) => resolve(data);
            if (given.length) worker.postMessage(given);
        });
        await ask();
        await ask(arguments[0].replace('/pkg', location.origin + '/pkg'), arguments[1]);
        return [record('of the page'), await ask(\"return record('of the worker')\")]";
    let recorded = browser.run(work, vec![json!(START), json!(receiver.url)]).await;
    assert_eq!(recorded, json!([true, true]));
    for (change, recorded) in [
        ("api.consent(false)", false),
        ("api.consent(true)", true),
        ("await ask('api.consent(false)')", false),
        ("await ask('api.consent(true)')", true),
    ] {
        browser.run(change, vec![]).await;
        wait::until("both to have heard", async || {
            let ask = "return [record('page'), await ask(\"return record('worker')\")]";
            let seen = browser.run(ask, vec![]).await;
            if seen == json!([recorded, recorded]) { Ok(()) } else { Err((change, seen)) }
        })
        .await;
    }
    // It rejects, for what was withdrawn before.
    let flush = "await api.flush().catch(() => {})";
    browser.run(&format!("{flush}; await ask('{flush}')"), vec![]).await;
    assert!(has(&receiver, "page") && has(&receiver, "worker"), "both have begun again");
    let stored: Value = browser.run(STORED, vec![]).await;
    assert_eq!(stored, json!(["opentelemetry.session"]), "nothing is left of the telling");
}
