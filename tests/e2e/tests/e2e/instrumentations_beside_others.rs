//! The instrumentations in one page with Sentry, Zone.js and OpenTelemetry JS, installed before and after them, and with a second copy
//! of this library: each sees what the page asks for once, and nobody sees what ours sends.

use e2e::browser::Browser;
use e2e::programs;
use e2e::receiver::{Cors, Receiver, Seen};
use e2e::wait;
use serde_json::{Value, json};

const OTHERS: [&str; 3] = ["sentry", "zone", "otel"];

/// What whoever traces requests puts into them.
const HEADERS: [&str; 4] = ["traceparent", "tracestate", "baggage", "sentry-trace"];

const TELLS_OF_LONG_TASKS: &str = "return PerformanceObserver.supportedEntryTypes.includes('longtask')";

async fn open(browser: &Browser, receiver: &Receiver) {
    browser.goto(&format!("{}/peers.html", receiver.url)).await;
    wait::until("the page", async || match browser.run("return !!self.page", vec![]).await {
        Value::Bool(true) => Ok(()),
        other => Err((other, browser.console().await)),
    })
    .await;
}

async fn install(browser: &Browser, others: &[&str]) {
    let script = "for (const name of arguments[0]) await page.peers.install[name]()";
    browser.run(script, vec![json!(others)]).await;
}

/// Makes a request by `fetch` and one by `XMLHttpRequest`, and has all be sent.
async fn request(browser: &Browser, number: usize) -> Value {
    let script = "const statuses = await page.request(arguments[0]);
        await page.ours.flush(); await page.ours.flush();
        return { statuses, recorded: page.ours.recorded() };";
    browser.run(script, vec![json!(number)]).await
}

/// The server addresses of the page's requests and of what is sent.
fn of_page(seen: &Seen) -> bool {
    seen.path.starts_with("/page/")
}

fn paths(spans: &[Value]) -> Vec<String> {
    let attribute = |span: &Value| -> Option<String> {
        let url = span["attributes"].as_array()?.iter().find(|one| one["key"] == "url.full")?;
        let (_, path) = url["value"]["stringValue"].as_str()?.split_once("/page")?;
        Some(format!("/page{path}"))
    };
    let mut paths: Vec<_> = spans.iter().filter_map(attribute).collect();
    paths.sort();
    paths
}

/// Waits until these others have seen these paths, and fails if they saw more. OpenTelemetry JS ends a span after a while.
async fn until_told(browser: &Browser, others: &[&str], paths: &[&str]) {
    for name in others {
        wait::until(name, async || {
            let told = browser.run("return page.peers.told[arguments[0]].toSorted()", vec![json!(name)]).await;
            if told == json!(paths) { Ok(()) } else { Err((told, paths)) }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_and_after_others_each_request_is_seen_once_and_ours_by_nobody() {
    let browser = Browser::start().await;
    let mut orders: Vec<(Vec<&str>, Vec<&str>)> = vec![(OTHERS.into(), vec![]), (vec![], OTHERS.into())];
    orders.extend(OTHERS.iter().flat_map(|one| [(vec![*one], vec![]), (vec![], vec![*one])]));
    orders.push((vec!["zone", "otel"], vec!["sentry"]));
    for (before, after) in orders {
        let case = format!("after {before:?} and before {after:?}");
        let receiver = Receiver::beside(&programs::oracle_pages()).await;
        open(&browser, &receiver).await;
        install(&browser, &before).await;
        let running = browser
            .run(
                "self.before = page.state();
                return page.ours.start(location.origin, 'ours', ['fetch', 'xhr', 'resource-timing'])",
                vec![],
            )
            .await;
        assert_eq!(running.as_array().map(Vec::len), Some(3), "{case}: {running}");
        install(&browser, &after).await;
        let answer = request(&browser, 1).await;
        assert_eq!(answer["statuses"], json!([200, 200]), "{case}");
        let expected = ["/page/fetch/1", "/page/xhr/1"];
        assert_eq!(paths(&receiver.spans()), expected, "{case}");
        let is_there = |name: &&str| before.contains(name) || after.contains(name);
        let others: Vec<_> = ["otel", "sentry"].into_iter().filter(is_there).collect();
        until_told(&browser, &others, &expected).await;
        let requests = receiver.requests();
        for seen in &requests {
            let traced = HEADERS.iter().filter(|name| seen.headers.contains_key(**name)).count();
            assert_eq!(traced > 0, of_page(seen), "{} {case}: {:?}", seen.path, seen.headers);
            assert!(seen.headers.get_all("traceparent").iter().count() <= 1, "{case}");
            let context = seen.headers.get("traceparent").map_or("", |value| value.to_str().expect("it is text"));
            assert!(!context.contains(','), "one context, whoever set it, {case}: {context}");
        }
        let mut asked: Vec<_> = requests.iter().filter(|seen| of_page(seen)).map(|seen| &seen.path).collect();
        asked.sort();
        assert_eq!(asked, expected, "{case}");

        // Taken off again, in an order that is not that of a stack.
        let left = browser
            .run(
                "page.ours.uninstall(); const now = page.state();
                return now.map((one, place) => one === before[place])",
                vec![],
            )
            .await;
        if after.is_empty() {
            assert_eq!(left, json!([true, true, true, true]), "{case}: it is as it was");
        }
        let recorded = request(&browser, 2).await["recorded"].clone();
        // What ours has sent between the two is not among it.
        until_told(&browser, &others, &[expected[0], "/page/fetch/2", expected[1], "/page/xhr/2"]).await;
        browser.run("page.peers.uninstall()", vec![]).await;
        let answer = request(&browser, 3).await;
        assert_eq!((&answer["statuses"], &answer["recorded"]), (&json!([200, 200]), &recorded), "{case}");
        assert_eq!(paths(&receiver.spans()), expected, "{case}: ours is off");
        for number in [2, 3] {
            let is_this = |seen: &&Seen| of_page(seen) && seen.path.ends_with(&format!("/{number}"));
            assert_eq!(receiver.requests().iter().filter(is_this).count(), 2, "{case}");
        }
        browser.run("await page.ours.stop()", vec![]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_in_one_page_record_each_once_and_nothing_of_each_other() {
    let receiver = Receiver::beside(&programs::oracle_pages()).await;
    let second =
        Receiver::start(Cors { origin: Some("*".to_owned()), headers: Some("*, content-type".to_owned()) }).await;
    let browser = Browser::start().await;
    open(&browser, &receiver).await;
    let script = "self.before = page.state();
        const running = [page.ours.start(location.origin, 'ours', []), page.other.start(arguments[0], 'other', [])];
        const statuses = await page.request(1);
        document.body.click();
        const idle = () => new Promise((resolve) => setTimeout(resolve, 500));
        const counts = [];
        // Each round sends what was recorded of the one before.
        for (let round = 0; round < 12; round++) {
            await Promise.allSettled([page.ours.flush(), page.other.flush()]);
            await idle();
            counts.push(page.ours.recorded() + page.other.recorded());
        }
        return { running: running.map(({ length }) => length), statuses, counts };";
    let answer = browser.run(script, vec![json!(second.url)]).await;
    // Not every engine tells of long tasks.
    let all = 9 + usize::from(browser.run(TELLS_OF_LONG_TASKS, vec![]).await == true);
    assert_eq!((&answer["running"], &answer["statuses"]), (&json!([all, all]), &json!([200, 200])));
    for receiver in [&receiver, &second] {
        assert_eq!(paths(&receiver.spans()), ["/page/fetch/1", "/page/xhr/1"]);
        let logs = receiver.logs();
        let clicks = logs.iter().filter(|log| log["eventName"] == "browser.user_action.click").count();
        assert_eq!(clicks, 1, "{logs:#?}");
        let sent = |log: &&Value| log["attributes"].to_string().contains("/v1/");
        assert_eq!(
            logs.iter().filter(sent).count(),
            0,
            "what the other one sends is no resource of the page: {logs:#?}"
        );
    }
    let counts: Vec<_> = answer["counts"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let (last, before) = (counts[counts.len() - 1], counts[counts.len() - 6]);
    assert_eq!(last, before, "neither has the other one something to do: {counts:?}");
    for seen in receiver.requests().iter().chain(&second.requests()) {
        assert_eq!(seen.headers.contains_key("traceparent"), of_page(seen), "{}", seen.path);
    }
    // In the order in which nobody would.
    let script = "page.ours.uninstall(); const status = await page.request(2); page.other.uninstall();
        return [await page.request(3), page.state().map((one, place) => one === before[place])]";
    assert_eq!(browser.run(script, vec![]).await[0], json!([200, 200]));
}
