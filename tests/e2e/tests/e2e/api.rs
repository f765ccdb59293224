//! The JavaScript API: what it accepts, what it refuses, and in which words.

use e2e::browser::Browser;
use e2e::page::Page;
use e2e::programs;
use e2e::servers::Collector;
use e2e::traces::trace;
use serde_json::Value;

/// What each statement throws or rejects with, on a page of the same origin where nothing else runs.
async fn messages_on_a_quiet_page(collector: &Collector, statements: &[&str]) -> Vec<Option<String>> {
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", collector.page)).await;
    messages(&browser, statements).await
}

/// The message of the Error that each statement throws or rejects with, one after the other.
async fn messages(browser: &Browser, statements: &[&str]) -> Vec<Option<String>> {
    let mut messages = vec![];
    for statement in statements {
        let body = format!(
            "const api = await import('/pkg/inprocess.js');
             await api.default();
             try {{ {statement}; }} catch (error) {{ return error instanceof Error ? error.message : `no Error: ${{error}}`; }}"
        );
        messages.push(browser.run(&body, vec![]).await.as_str().map(str::to_owned));
    }
    messages
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_works_before_init() {
    let collector = Collector::start().await;
    let statements = ["api.getUser(100)", "api.runMain()", "await api.flush()", "await api.shutdown()", "api.stats()"];
    for (statement, message) in statements.iter().zip(messages_on_a_quiet_page(&collector, &statements).await) {
        let message = message.unwrap_or_else(|| panic!("{statement} must throw"));
        assert!(message.contains("init()"), "{statement} says what to call first: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_option_is_named_with_what_is_accepted() {
    let collector = Collector::start().await;
    // The statement, and what its message must name: the culprit and what is accepted.
    let cases: &[(&str, &[&str])] = &[
        ("api.init({ endpoint: 'localhost:4318' })", &["endpoint", "localhost:4318", "http"]),
        ("api.init({ endpoint: 'ftp://localhost' })", &["endpoint", "ftp://localhost", "http"]),
        ("api.init({ endpoint: 'http://' })", &["endpoint", "http"]),
        ("api.init({ endpoint: '' })", &["endpoint"]),
        ("api.init({ endpoint: 4318 })", &["endpoint", "4318", "string"]),
        ("api.init({ path: 1 })", &["path", "string"]),
        ("api.init({ sampleRatio: 1.5 })", &["sampleRatio", "1.5", "0", "1"]),
        ("api.init({ sampleRatio: -0.1 })", &["sampleRatio", "-0.1", "0", "1"]),
        ("api.init({ sampleRatio: NaN })", &["sampleRatio", "NaN", "0", "1"]),
        ("api.init({ sampleRatio: Infinity })", &["sampleRatio", "Infinity"]),
        ("api.init({ sampleRatio: '0.5' })", &["sampleRatio", "0.5", "number"]),
        ("api.init({ sampleRatio: null })", &["sampleRatio", "null", "number"]),
        ("api.init({ serviceName: 7 })", &["serviceName", "7", "string"]),
        ("api.init({ serviceName: '' })", &["serviceName"]),
        ("api.init({ headers: 'a: b' })", &["headers", "object"]),
        ("api.init({ headers: ['a'] })", &["headers", "object"]),
        ("api.init({ headers: { a: 1 } })", &["headers", "a", "string"]),
        ("api.init({ headers: { 'a b': 'c' } })", &["a b"]),
        ("api.init({ headers: { a: 'b\\nc' } })", &["a"]),
        ("api.init({ servicename: 'shop' })", &["servicename", "serviceName", "sampleRatio"]),
        ("api.init('shop')", &["object", "shop"]),
        ("api.init(7)", &["object", "7"]),
        ("api.init([])", &["object"]),
        ("api.init(() => {})", &["object"]),
    ];
    let statements: Vec<_> = cases.iter().map(|(statement, _)| *statement).collect();
    let mut wrong = vec![];
    for ((statement, named), message) in cases.iter().zip(messages_on_a_quiet_page(&collector, &statements).await) {
        match message {
            Some(message) if !message.starts_with("no Error") && named.iter().all(|word| message.contains(word)) => {}
            other => wrong.push(format!("{statement} must throw an Error that names {named:?}, but: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_id_is_named_with_what_is_accepted() {
    let collector = Collector::start().await;
    // The argument, and how the message shows it.
    let cases = [
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("9007199254740992", "9007199254740992"),
        ("'100'", "100"),
        ("null", "null"),
        ("undefined", "undefined"),
        ("true", "true"),
        ("{}", "object"),
        ("10n", "bigint"),
        ("", "undefined"),
    ];
    let statements = cases.map(|(id, _)| format!("api.getUser({id})"));
    let mut all = vec!["api.init()"];
    all.extend(statements.iter().map(String::as_str));
    let messages = messages_on_a_quiet_page(&collector, &all).await;
    assert_eq!(messages[0], None, "init takes no options");
    for ((statement, (_, shown)), message) in statements.iter().zip(cases).zip(&messages[1..]) {
        let message = message.as_ref().unwrap_or_else(|| panic!("{statement} must throw"));
        let names_what_is_accepted =
            message.contains('0') && (message.contains("2^53") || message.contains("9007199254740991"));
        assert!(message.contains(shown) && names_what_is_accepted, "{statement}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_values_are_accepted() {
    let collector = Collector::start().await;
    let statements = [
        "api.init(undefined)",
        "api.getUser(0)",
        "api.getUser(Number.MAX_SAFE_INTEGER)",
        "api.runMain()",
        "for (const key of ['recorded', 'exported', 'dropped', 'queued', 'lastError'])
            if (!(key in api.stats())) throw new Error(key)",
        // Nothing listens there, and these spans shall not be waited for.
        "api.shutdown().catch(() => {})",
        "api.init({ serviceName: 'shop', endpoint: 'https://localhost:1/otlp/', path: '/v2/traces', sampleRatio: 0.5,
            headers: { 'x-tenant': 'a' } })",
        "await api.shutdown()",
        "api.init({ sampleRatio: 0, headers: {}, serviceName: undefined })",
        "const { sampled, traceId } = api.getUser(1); if (sampled || !/^[0-9a-f]{32}$/.test(traceId)) throw new Error('0')",
        "await api.flush()",
        "await api.shutdown()",
    ];
    let messages = messages_on_a_quiet_page(&collector, &statements).await;
    for (statement, message) in statements.iter().zip(messages) {
        assert_eq!(message, None, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn init_twice_is_refused_and_after_shutdown_it_works_again() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    let before = page.trace_by("lookup-100").await;
    let again = format!("api.init({{ endpoint: '{}' }})", collector.otlp);
    let statements =
        [again.as_str(), "await api.shutdown()", "api.getUser(100)", "await api.shutdown()", again.as_str()];
    let [twice, shutdown, use_after, shutdown_twice, init] =
        messages(&page.browser, &statements).await.try_into().expect("a message for each statement");
    assert!(twice.is_some_and(|message| message.contains("shutdown()")), "init twice says what to call first");
    assert_eq!(shutdown, None);
    assert!(use_after.is_some_and(|message| message.contains("init()")));
    assert!(shutdown_twice.is_some_and(|message| message.contains("init()")));
    assert_eq!(init, None);

    let after = page.trace_by("lookup-1").await;
    page.click("flush").await;
    trace(&collector.viewer, &before, 4).await.assert_lookup(100, true);
    trace(&collector.viewer, &after, 4).await.assert_lookup(1, false);
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flush_rejects_with_counts_when_spans_are_not_delivered() {
    let mut collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    collector.kill().await;
    let body = "
        const api = await import('/pkg/inprocess.js');
        api.getUser(100);
        try { return { resolved: await api.flush() } } catch (error) { return { message: error.message, isError: error instanceof Error } }";
    let outcome: Value = page.browser.run(body, vec![]).await;
    assert_eq!(outcome["isError"], true, "{outcome}");
    let words = " spans and log records were not delivered: ";
    let (counts, _) = outcome["message"].as_str().and_then(|message| message.split_once(words)).expect("the words");
    let counts: Vec<u64> = counts.split(" of ").map(|count| count.parse().expect("a count")).collect();
    // The lookup's four spans, at least: what the page observes is counted, too.
    assert!(counts.len() == 2 && counts[0] >= 4 && counts[0] <= counts[1], "it counts the spans: {outcome}");
}

#[test]
fn typescript_declares_every_option_and_function() {
    let file = programs::page_dir().join("pkg/inprocess.d.ts");
    let types = std::fs::read_to_string(&file).expect("pkg/inprocess.d.ts is built");
    for option in ["serviceName?: string", "endpoint?: string", "path?: string", "sampleRatio?: number", "headers?: "] {
        assert!(types.contains(option), "{option} in {types}");
    }
    for option in ["instrumentations?: ", "propagateTo?: string[]", "onSpan?: (span: EndedSpan)", "onEvent?: (event: "]
    {
        assert!(types.contains(option), "{option} in {types}");
    }
    for function in ["init(", "getUser(", "runMain(", "flush(", "shutdown(", "stats("] {
        assert!(types.contains(&format!("export function {function}")), "{function} in {types}");
    }
    for result in ["traceId: string", "sampled: boolean", "lastError: string | null"] {
        assert!(types.contains(result), "{result} in {types}");
    }
}
