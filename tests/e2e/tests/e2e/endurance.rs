//! A page that is open for long, and many tabs at once: nothing of the page grows, and each record arrives once.
//!
//! `ENDURANCE_SECONDS=600 cargo xtask test e2e endurance` makes it ten minutes.

use e2e::browser::Browser;
use e2e::faults::{Door, FaultyReceiver, Verdict};
use e2e::programs;
use e2e::recorder::Recorder;
use e2e::servers::StaticServer;
use e2e::wait;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// How long spans and log records are made, by one page.
fn seconds() -> u64 {
    std::env::var("ENDURANCE_SECONDS").ok().map_or(60, |number| number.parse().expect("ENDURANCE_SECONDS is a number"))
}

/// Starts the library, and then 200 spans and 20 log records a second. What it has open is counted before it is there.
const START: &str = "
    const open = globalThis.open = { timeouts: new Set(), intervals: new Set() };
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    Object.assign(globalThis, {
        setTimeout(work, ...rest) {
            const id = setTimeout((...words) => { open.timeouts.delete(id); work(...words); }, ...rest);
            open.timeouts.add(id);
            return id;
        },
        clearTimeout(id) { open.timeouts.delete(id); clearTimeout(id); },
        setInterval(...words) { const id = setInterval(...words); open.intervals.add(id); return id; },
        clearInterval(id) { open.intervals.delete(id); clearInterval(id); },
    });
    const api = globalThis.api = await import('/pkg/opentelemetry_browser_js.js');
    open.memory = (await api.default()).memory;
    api.start({ endpoint: arguments[0], delayMillis: 1000, consoleWarnings: false });
    globalThis.made = { spans: 0, logs: 0 };
    const step = () => {
        for (let n = 0; n < 20; n++) {
            const span = api.startSpan(`span ${made.spans++}`, { attributes: { 'app.step': n, 'app.text': 'some words' } });
            span.addEvent('seen');
            span.end();
        }
        for (let n = 0; n < 2; n++) api.log('info', 'done', null, { eventName: `log ${made.logs++}` });
    };
    globalThis.stopMaking = ((id) => () => clearInterval(id))(setInterval(step, 100));";

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// What of the page may grow. Memory of WebAssembly never shrinks: it is as large as the longest queue that a busy machine has made.
#[derive(Debug)]
struct Held {
    heap: f64,
    wasm: f64,
    listeners: f64,
    nodes: f64,
    timers: f64,
    stored: f64,
}

impl Held {
    async fn of(browser: &Browser) -> Self {
        browser.devtools("HeapProfiler.collectGarbage", json!({})).await;
        let counters = browser.devtools("Memory.getDOMCounters", json!({})).await;
        let metrics = browser.devtools("Performance.getMetrics", json!({})).await;
        let own = browser
            .run(
                "const names = (await indexedDB.databases()).map(({ name }) => name);
                 const counts = await Promise.all(names.map((name) => new Promise((done, failed) => {
                     const request = indexedDB.open(name);
                     request.onerror = failed;
                     request.onsuccess = () => {
                         const stores = [...request.result.objectStoreNames];
                         const reading = request.result.transaction(stores).objectStore(stores[0]).count();
                         reading.onsuccess = () => { request.result.close(); done(reading.result); };
                     };
                 })));
                 return [open.memory.buffer.byteLength, open.timeouts.size + open.intervals.size, counts.reduce((a, b) => a + b, 0)];",
                vec![],
            )
            .await;
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("no number: {value}"));
        let metric = |name: &str| {
            let all = metrics["metrics"].as_array().expect("a list");
            number(&all.iter().find(|metric| metric["name"] == name).unwrap_or_else(|| panic!("no {name}"))["value"])
        };
        Self {
            heap: metric("JSHeapUsedSize"),
            wasm: number(&own[0]),
            listeners: number(&counters["jsEventListeners"]),
            nodes: number(&counters["nodes"]),
            timers: number(&own[1]),
            stored: number(&own[2]),
        }
    }

    /// Whether nothing has grown; while requests are under way each has a few listeners, a timer and a copy.
    fn is_no_more_than(&self, before: &Self, under_way: f64) -> bool {
        self.heap < before.heap + MEGABYTE
            && self.wasm < before.wasm + 2.0 * MEGABYTE
            && self.listeners <= before.listeners + 4.0 * under_way
            && self.nodes <= before.nodes
            && self.timers <= before.timers + 2.0 * under_way
            && self.stored <= before.stored + 4.0 * under_way
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_open_for_long_holds_no_more_than_before() {
    let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
    // One request in eight finds the receiver busy.
    let busy = |number: usize| number % 8 == 7;
    let receiver = FaultyReceiver::start(Door::Open, move |posted| match busy(posted.number) {
        true => Verdict::Refuse(503, vec![]),
        false => Verdict::Take("{}".to_owned()),
    });
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", server.url)).await;
    browser.devtools("Performance.enable", json!({})).await;
    browser.run(START, vec![json!(receiver.url)]).await;
    let part = Duration::from_secs(seconds()) / 6;
    let set_rate = async |rate: u32| {
        browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
    };
    let set_state = async |state: &str| {
        browser.devtools("Page.setWebLifecycleState", json!({ "state": state })).await;
    };
    let mut held = vec![];
    // As it is; with a sixth of the CPU, as a telephone has it; and after each of them frozen for a while.
    for rate in [1, 6, 1, 6, 1] {
        set_rate(rate).await;
        sleep(part).await;
        set_rate(1).await;
        held.push(Held::of(&browser).await);
        set_state("frozen").await;
        sleep(part / 5).await;
        set_state("active").await;
    }
    let made = browser.run("stopMaking(); return made", vec![]).await;
    let (spans, logs) = (made["spans"].as_u64().expect("a count"), made["logs"].as_u64().expect("a count"));
    let stats = wait::until("all to be sent", async || {
        let stats = browser.run("await api.flush().catch(() => {}); return api.stats()", vec![]).await;
        if stats["queued"] == 0 && stats["logs"]["queued"] == 0 { Ok(stats) } else { Err(stats) }
    })
    .await;
    held.push(Held::of(&browser).await);
    for held in &held {
        println!("{held:?}");
    }
    assert!(spans >= seconds() * 20, "{spans} spans were made");
    for (path, made, stats) in [("/v1/traces", spans, &stats), ("/v1/logs", logs, &stats["logs"])] {
        assert_eq!(receiver.taken(path), (made as usize, 0), "{path}: {stats:#}");
        assert_eq!((&stats["recorded"], &stats["exported"]), (&json!(made), &json!(made)), "{path}: {stats:#}");
    }
    // The first one is of a page that is not warm yet, and after the last one nothing is under way.
    let (warm, last) = (&held[1], &held[held.len() - 1]);
    assert!(held[2..].iter().all(|later| later.is_no_more_than(warm, 16.0)), "{held:#?}");
    assert!(last.is_no_more_than(warm, 0.0), "{held:#?}");
}

/// A request's time is up while its page is frozen, and its answer has come: the page takes that, and sends nothing a second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_frozen_for_longer_than_a_request_may_take_sends_nothing_twice() {
    let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
    let slowly = Duration::from_secs(2);
    let receiver = FaultyReceiver::start(Door::Open, move |_| Verdict::TakeSlowly(slowly));
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", server.url)).await;
    let start = format!(
        "const api = globalThis.api = await import('/pkg/opentelemetry_browser_js.js');
         await api.default();
         api.start({{ endpoint: arguments[0], exportTimeoutMillis: {}, consoleWarnings: false }});
         for (let n = 0; n < 30; n++) api.startSpan(`span ${{n}}`).end();
         void api.flush().catch(() => {{}});",
        2 * slowly.as_millis()
    );
    browser.run(&start, vec![json!(receiver.url)]).await;
    wait::until("the spans to be under way", async || {
        let (taken, _) = receiver.taken("/v1/traces");
        if taken == 30 { Ok(()) } else { Err(taken) }
    })
    .await;
    browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    sleep(slowly * 4).await;
    browser.devtools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    let stats = wait::until("all to be sent", async || {
        let stats = browser.run("return api.stats()", vec![]).await;
        if stats["exported"] == 30 { Ok(stats) } else { Err(stats) }
    })
    .await;
    assert_eq!(receiver.taken("/v1/traces"), (30, 0), "{stats:#}");
}

/// Starts the library in a tab, and records so many spans.
const TAB: &str = "
    const api = await import('/pkg/opentelemetry_browser_js.js');
    await api.default();
    api.start({ endpoint: arguments[0], consoleWarnings: false });
    globalThis.api = api;
    for (let n = 0; n < arguments[1]; n++) api.startSpan(`span ${n}`).end();
    await api.flush().catch(() => {});";

const TABS: u64 = 20;
const SPANS: u64 = 30;

/// While there is no receiver, half of them are closed: what they leave, one of the others or the next one sends.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_tabs_of_one_origin_share_a_spool_and_each_span_arrives_once() {
    let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
    let url = format!("{}/www/style.css", server.url);
    let recorder = Recorder::start().await;
    recorder.set_down(true);
    let browser = Browser::start().await;
    let client = &browser.client;
    let mut tabs = vec![client.window().await.expect("the tab has a handle")];
    for number in 0..TABS {
        if number > 0 {
            let tab = client.new_window(true).await.expect("another tab opens").handle;
            client.switch_to_window(tab.clone()).await.expect("the tab is there");
            tabs.push(tab);
        }
        browser.goto(&url).await;
        let start = format!("void (async (...arguments) => {{ {TAB} }})(...arguments)");
        browser.run(&start, vec![json!(recorder.url), json!(SPANS)]).await;
        wait::until("the spans of a tab", async || {
            let recorded = browser.run("return globalThis.api?.stats().recorded ?? null", vec![]).await;
            if recorded == json!(SPANS) { Ok(()) } else { Err(recorded) }
        })
        .await;
    }
    for tab in tabs.drain(..TABS as usize / 2) {
        client.switch_to_window(tab).await.expect("the tab is there");
        client.close_window().await.expect("the tab closes");
    }
    recorder.set_down(false);
    // One that comes later looks for what the closed ones have left.
    client.switch_to_window(tabs[0].clone()).await.expect("the tab is there");
    let next = client.new_window(true).await.expect("another tab opens").handle;
    tabs.push(next.clone());
    client.switch_to_window(next).await.expect("the tab is there");
    browser.goto(&url).await;
    browser.run(TAB, vec![json!(recorder.url), json!(SPANS)]).await;
    let all = (TABS + 1) * SPANS;
    wait::until(&format!("{all} spans that have arrived, or are in doubt"), async || {
        let mut in_doubt = 0;
        let mut counts = vec![];
        for tab in &tabs {
            client.switch_to_window(tab.clone()).await.expect("the tab is there");
            let stats = browser.run("return api.stats()", vec![]).await;
            in_doubt += stats["spoolInDoubt"].as_u64().expect("a count");
            counts.push(stats);
        }
        let arrived = recorder.spans() as u64;
        if arrived + in_doubt >= all { Ok(()) } else { Err((arrived, in_doubt, counts)) }
    })
    .await;
    recorder.assert_no_duplicates();
}
