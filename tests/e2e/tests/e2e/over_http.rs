//! Lookups over HTTP: one trace from the click to the reads of the database, in two processes.

use e2e::jaeger::Jaeger;
use e2e::page::Page;
use e2e::spans::{Span, Trace};
use e2e::traces::{services, trace};
use e2e::users_service::UsersService;
use serde_json::{Value, json};

fn john() -> Value {
    json!({ "id": 100, "name": "john", "gender": 1, "site": "https://goframe.org",
        "email": "john@goframe.org", "math": 100, "english": 60, "chinese": 50 })
}

/// The only child of a span.
fn child<'a>(trace: &'a Trace, parent: &Span) -> &'a Span {
    let children = trace.children(parent);
    assert_eq!(children.len(), 1, "one child of {parent:#?}: {children:#?}");
    children[0]
}

fn assert_tags(span: &Span, tags: &[(&str, Value)]) {
    for (key, value) in tags {
        assert_eq!(span.tags.get(*key), Some(value), "{key} in {span:#?}");
    }
}

/// The nine spans from a request of the page to the reads of the database.
fn assert_request(trace: &Trace, request: &Span, url: &str, user: u64, found: bool) {
    let status = if found { 200 } else { 404 };
    let (host, port) = url.trim_start_matches("http://").split_once(':').expect("a port");
    let port: u64 = port.parse().expect("a number");
    assert_eq!((request.name.as_str(), request.kind()), ("GET /api/users/{id}", "client"));
    assert_eq!(request.service, "inprocess");
    assert_tags(
        request,
        &[
            ("http.request.method", json!("GET")),
            ("url.full", json!(format!("{url}/api/users/{user}"))),
            ("url.template", json!("/api/users/{id}")),
            ("server.address", json!(host)),
            ("server.port", json!(port)),
            ("http.response.status_code", json!(status)),
        ],
    );
    // To a client every 4xx is an error, to the server it is not.
    assert_eq!(request.tags.get("error.type"), (!found).then(|| json!("404")).as_ref(), "{request:#?}");
    let server = child(trace, request);
    assert_eq!((server.name.as_str(), server.kind()), ("GET /api/users/{id}", "server"));
    assert_tags(
        server,
        &[
            ("http.request.method", json!("GET")),
            ("http.route", json!("/api/users/{id}")),
            ("url.path", json!(format!("/api/users/{user}"))),
            ("url.scheme", json!("http")),
            ("server.address", json!(host)),
            ("server.port", json!(port)),
            ("http.response.status_code", json!(status)),
            // By baggage, from the page.
            ("user", json!(user.to_string())),
        ],
    );
    assert!(!server.tags.contains_key("error"), "{server:#?}");
    let lookup = child(trace, server);
    assert_eq!(lookup.name, "GetUser");
    assert_tags(lookup, &[("user.id", json!(user)), ("user.found", json!(found))]);
    let parts = trace.children(lookup);
    assert_eq!(parts.len(), 3, "{parts:#?}");
    for (name, table) in [("GetInfo", "user_info"), ("GetDetail", "user_detail"), ("GetScores", "user_scores")] {
        let part = parts.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("{name} in {parts:#?}"));
        let read = child(trace, part);
        assert_eq!((read.name.as_str(), read.kind()), (format!("get {table}").as_str(), "client"));
        assert_tags(read, &[("db.system.name", json!("redb")), ("db.collection.name", json!(table))]);
        for span in [&server, &lookup, part, &read] {
            assert_eq!(span.service, "users-service", "{span:#?}");
        }
    }
}

/// Every button over HTTP, with the answers that the page has by itself.
async fn click_through(page: &Page, viewer: &str, url: &str) {
    page.find("label:has(#over-http)").await.click().await.expect("the switch can be clicked");
    let found = page.trace_by("lookup-100").await;
    assert_eq!(page.answer().await.to_string(), john().to_string());
    let missing = page.trace_by("lookup-1").await;
    assert_eq!(page.answer().await, json!({}));
    let main = page.trace_by("run-main").await;
    assert_eq!(page.answer().await, json!([{}, john()]));
    assert_eq!(page.problem().await, "");
    page.click("flush").await;
    page.wait_for_text("status", |text| text.contains("7 delivered") && text.contains("0 lost")).await;

    for (id, user, is_found) in [(found, 100, true), (missing, 1, false)] {
        let trace = trace(viewer, &id, 10).await;
        assert_eq!(trace.spans.len(), 10, "{trace:#?}");
        let click = trace.root();
        assert_eq!((click.name.as_str(), click.kind(), click.service.as_str()), ("click", "internal", "inprocess"));
        assert_request(&trace, child(&trace, click), url, user, is_found);
    }
    let trace = trace(viewer, &main, 19).await;
    assert_eq!(trace.spans.len(), 19, "{trace:#?}");
    let mut requests = trace.children(trace.root());
    assert_eq!((trace.root().name.as_str(), requests.len()), ("main", 2));
    requests.sort_by_key(|request| request.start);
    for (request, (user, is_found)) in requests.into_iter().zip([(1, false), (100, true)]) {
        assert_request(&trace, request, url, user, is_found);
    }
    let mut names = services(viewer).await;
    names.sort();
    assert_eq!(names, ["inprocess", "users-service"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_collector_has_one_trace_from_the_click_to_the_database() {
    let (collector, url) = UsersService::expected().await;
    let _service = UsersService::start(&url, &collector.otlp).await;
    let page = Page::open(&collector.page).await;
    click_through(&page, &collector.viewer, &url).await;
    // The page reads what the answer says of its trace.
    let seen = page
        .browser
        .run(
            "const response = await fetch(`${arguments[0]}/api/users/100`);
             await response.text();
             const entry = performance.getEntriesByType('resource').findLast(({ name }) => name === response.url);
             return [response.headers.get('trace-id'), entry.serverTiming.map(({ name, description }) => [name, description])];",
            vec![json!(url)],
        )
        .await;
    let id = seen[0].as_str().unwrap_or_else(|| panic!("a trace id: {seen}"));
    assert_eq!(seen[1][0][0], "traceparent", "{seen}");
    assert!(seen[1][0][1].as_str().is_some_and(|parent| parent.contains(id)), "{seen}");
    // A 404 stands in the console of every browser, as it should.
    let errors = page.browser.console_errors().await;
    assert!(errors.iter().all(|line| line.contains("404")), "{errors:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_real_jaeger_has_one_trace_from_the_click_to_the_database() {
    let (collector, url) = UsersService::expected().await;
    let jaeger = Jaeger::start(&collector.page).await;
    let _service = UsersService::start(&url, &jaeger.otlp).await;
    let page = Page::open(&collector.page).await;
    page.apply(&[("endpoint", &jaeger.otlp)]).await;
    click_through(&page, &jaeger.viewer, &url).await;
    assert!(services(&collector.viewer).await.is_empty(), "nothing went elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_said_and_traced() {
    let (collector, url) = UsersService::expected().await;
    let page = Page::open(&collector.page).await;
    page.find("label:has(#over-http)").await.click().await.expect("the switch can be clicked");
    let id = page.trace_by("lookup-100").await;
    let problem = page.problem().await;
    assert!(problem.contains(&url) && problem.contains("cargo xtask run"), "{problem}");
    assert_eq!(page.text("answer").await, "");
    page.click("flush").await;
    let trace = trace(&collector.viewer, &id, 2).await;
    let request = child(&trace, trace.root());
    assert_tags(request, &[("error", json!(true)), ("error.type", json!("TypeError"))]);
    assert_tags(trace.root(), &[("error", json!(true))]);

    // It has come by the next click, and in the page everything works as ever.
    let _service = UsersService::start(&url, &collector.otlp).await;
    page.trace_by("lookup-100").await;
    assert_eq!(page.answer().await, john());
    assert_eq!(page.problem().await, "");
    page.find("label:has(#in-page)").await.click().await.expect("the switch can be clicked");
    let id = page.trace_by("lookup-100").await;
    page.click("flush").await;
    e2e::traces::trace(&collector.viewer, &id, 4).await.assert_lookup(100, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_of_the_api_are_told() {
    let (collector, _) = UsersService::expected().await;
    let page = Page::open(&collector.page).await;
    let body = "
        const api = await import('/pkg/inprocess.js');
        const messages = [];
        for (const call of [
            () => api.fetchUser('ftp://a.example', 1), () => api.fetchUser('nowhere', 1), () => api.fetchUser(undefined, 1),
            () => api.fetchUser('http://a.example', -1), () => api.fetchUser('http://a.example', '100'), () => api.fetchMain(7),
        ]) {
            try { await call(); messages.push(null) } catch (error) { messages.push(error.message) }
        }
        const nobody = await api.fetchUser(arguments[0], 100).catch(error => error);
        messages.push(`${nobody.message} ${nobody.traceId.length} ${nobody.sampled}`);
        return messages;";
    // A server that has no users: the page's own.
    let messages = page.browser.run(body, vec![json!(collector.page)]).await;
    let expected = ["\"ftp://a.example\"", "\"nowhere\"", "undefined", "-1", "\"100\"", "7", "404"];
    for (index, word) in expected.iter().enumerate() {
        let message = messages[index].as_str().unwrap_or_else(|| panic!("{word}: {messages:#}"));
        assert!(message.contains(word), "{message} has {word}");
        let accepted =
            if word.contains("example") || *word == "\"nowhere\"" || index == 5 { "http://localhost:8081" } else { "" };
        assert!(message.contains(accepted), "{message} says what is accepted");
    }
    assert!(messages[6].as_str().is_some_and(|message| message.ends_with(" 32 true")), "{messages:#}");
}

/// A service that is told to end while it is asked by many answers what has begun, and sends all spans of what it has answered.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_collector_when_the_service_ends() {
    const CLIENTS: usize = 8;
    let (collector, url) = UsersService::expected().await;
    let service = UsersService::start(&url, &collector.otlp).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..CLIENTS {
        let (tell, url) = (tell.clone(), format!("{url}/api/users/100"));
        tokio::spawn(async move {
            let client = reqwest::Client::new();
            // Until it is gone.
            while let Ok(response) = client.get(&url).send().await {
                assert_eq!(response.status(), 200);
                let id = response.headers()["trace-id"].to_str().expect("text").to_owned();
                if tell.send(id).is_err() {
                    break;
                }
            }
        });
    }
    drop(tell);
    let mut answered = vec![];
    while answered.len() < 5 * CLIENTS {
        answered.push(told.recv().await.expect("it is asked until it ends"));
    }
    assert!(service.end().await.success());
    while let Some(id) = told.recv().await {
        answered.push(id);
    }
    for id in answered {
        assert_eq!(trace(&collector.viewer, &id, 8).await.spans.len(), 8);
    }
}
