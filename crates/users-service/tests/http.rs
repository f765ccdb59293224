//! The service over real HTTP, with its database in a real file: answers, headers, and the spans of each request.

use std::net::Ipv4Addr;
use std::path::Path;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{SpanId, Value, global};
use opentelemetry_browser::propagation::W3cPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use reqwest::{Client, Method, Response};
use serde_json::{Value as Json, json};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use users_service::{Database, HEADER_TIMEOUT, Origins, router, serve};

const PAGE: &str = "http://localhost:8080";

/// All tests of this process share the global provider: each finds its spans by its trace.
static SPANS: LazyLock<InMemorySpanExporter> = LazyLock::new(|| {
    let exporter = InMemorySpanExporter::default();
    global::set_tracer_provider(SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build());
    global::set_text_map_propagator(W3cPropagator::new());
    exporter
});

async fn start(database: Database) -> String {
    start_with(database, HEADER_TIMEOUT).await
}

async fn start_with(database: Database, header_timeout: Duration) -> String {
    LazyLock::force(&SPANS);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("an address");
    let app = router(database, Origins::default());
    tokio::spawn(serve(listener, app, header_timeout, std::future::pending()));
    format!("http://{address}")
}

async fn service() -> String {
    start(Database::temporary().expect("a temporary file")).await
}

async fn get(url: &str) -> Response {
    reqwest::get(url).await.expect("the service answers")
}

fn trace_id(response: &Response) -> String {
    response.headers()["trace-id"].to_str().expect("text").to_owned()
}

fn spans(trace: &str) -> Vec<SpanData> {
    let all = SPANS.get_finished_spans().expect("spans");
    all.into_iter().filter(|span| span.span_context.trace_id().to_string() == trace).collect()
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "one {name} in {spans:#?}");
    found[0]
}

fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut values = span.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let value = values.next();
    assert!(values.next().is_none(), "{key} once in {span:#?}");
    value.map(|attribute| &attribute.value)
}

fn text(span: &SpanData, key: &str) -> String {
    attribute(span, key).unwrap_or_else(|| panic!("{key} in {span:#?}")).as_str().into_owned()
}

#[tokio::test]
async fn the_answer_is_in_the_trace_of_whoever_asks() {
    let url = service().await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let request = Client::new().get(format!("{url}/api/users/100")).header("origin", PAGE);
    let request = request.header("traceparent", format!("00-{trace}-{parent}-01")).header("baggage", "user=100,key=k");
    let response = request.send().await.expect("the service answers");
    assert_eq!(response.status(), 200);
    assert_eq!(trace_id(&response), trace);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/json");
    // As text: the order of the keys is part of the answer.
    assert_eq!(
        response.text().await.expect("a body"),
        r#"{"id":100,"name":"john","gender":1,"site":"https://goframe.org","email":"john@goframe.org","math":100,"english":60,"chinese":50}"#
    );

    let spans = spans(trace);
    assert_eq!(spans.len(), 8, "{spans:#?}");
    let server = named(&spans, "GET /api/users/{id}");
    assert_eq!((server.span_kind.clone(), server.parent_span_id.to_string().as_str()), (SpanKind::Server, parent));
    let timing = format!("traceparent;desc=\"00-{trace}-{}-01\"", server.span_context.span_id());
    assert_eq!(headers["server-timing"], timing.as_str());
    let port = url.rsplit_once(':').expect("a port").1;
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/api/users/{id}"),
        ("url.scheme", "http"),
        ("url.path", "/api/users/100"),
        ("server.address", "127.0.0.1"),
        ("server.port", port),
        ("network.protocol.version", "1.1"),
        ("http.response.status_code", "200"),
        ("user", "100"),
    ] {
        assert_eq!(text(server, key), value, "{key}");
    }
    assert_eq!(attribute(server, "key"), None, "only `user` of the baggage is shown");
    let lookup = named(&spans, "GetUser");
    assert_eq!(lookup.parent_span_id, server.span_context.span_id());
    for (function, table) in [("GetInfo", "user_info"), ("GetDetail", "user_detail"), ("GetScores", "user_scores")] {
        let function = named(&spans, function);
        assert_eq!(function.parent_span_id, lookup.span_context.span_id());
        let read = named(&spans, &format!("get {table}"));
        assert_eq!((read.span_kind.clone(), read.parent_span_id), (SpanKind::Client, function.span_context.span_id()));
        for (key, value) in [
            ("db.system.name", "redb"),
            ("db.namespace", "users"),
            ("db.collection.name", table),
            ("db.operation.name", "get"),
            ("db.response.returned_rows", "1"),
        ] {
            assert_eq!(text(read, key), value, "{key}");
        }
    }
}

#[tokio::test]
async fn a_missing_user_is_404_with_an_empty_answer() {
    let url = service().await;
    for id in ["1", "0", "9007199254740991"] {
        let response = get(&format!("{url}/api/users/{id}")).await;
        assert_eq!(response.status(), 404);
        let trace = trace_id(&response);
        assert_eq!(response.json::<Json>().await.expect("JSON"), json!({}));
        let spans = spans(&trace);
        let server = named(&spans, "GET /api/users/{id}");
        assert_eq!((server.parent_span_id, &server.status), (SpanId::INVALID, &Status::Unset), "a client's mistake");
        assert_eq!(named(&spans, "GetUser").status, Status::error(format!("user {id} not found")));
        assert_eq!(text(named(&spans, "get user_info"), "db.response.returned_rows"), "0");
    }
}

#[tokio::test]
async fn a_malformed_id_is_400_with_what_is_accepted() {
    let url = service().await;
    let long = "9".repeat(500);
    for id in ["abc", "-1", "+1", "1.5", "1e2", "9007199254740992", "%20100", "10%2F0", "%FF", "%00", &long, ""] {
        let response = get(&format!("{url}/api/users/{id}")).await;
        assert_eq!(response.status(), 400, "{id}");
        let answer: Json = response.json().await.expect("JSON");
        let words = answer["error"].as_str().expect("words");
        assert!(words.len() < 400, "{words}");
        assert!(words.contains("9007199254740991") || id == "%FF", "{id}: {words}");
    }
    let nowhere = get(&format!("{url}/users/100")).await;
    assert_eq!(nowhere.status(), 404);
    assert!(nowhere.text().await.expect("words").contains("/api/users/{id}"));
    let post = Client::new().post(format!("{url}/api/users/100")).send().await.expect("an answer");
    assert_eq!((post.status().as_u16(), &post.headers()["allow"]), (405, &"GET,HEAD".parse().unwrap()));
}

#[tokio::test]
async fn pages_may_send_their_context_and_read_the_answers_headers() {
    let url = format!("{}/api/users/100", service().await);
    let before = SPANS.get_finished_spans().expect("spans").len();
    let preflight = |origin: &'static str| {
        let request = Client::new().request(Method::OPTIONS, &url).header("origin", origin);
        request
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "baggage,traceparent,tracestate")
            .send()
    };
    let allowed = preflight(PAGE).await.expect("an answer");
    assert_eq!(allowed.headers()["access-control-allow-origin"], PAGE);
    let names = allowed.headers()["access-control-allow-headers"].to_str().expect("text").to_lowercase();
    assert!(["traceparent", "tracestate", "baggage"].iter().all(|name| names.contains(name)), "{names}");
    let refused = preflight("https://elsewhere.example").await.expect("an answer");
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
    let own = SPANS.get_finished_spans().expect("spans").into_iter().skip(before);
    assert!(own.into_iter().all(|span| !span.name.starts_with("OPTIONS")), "preflights are not traced");

    let response = Client::new().get(&url).header("origin", PAGE).send().await.expect("an answer");
    let exposed = response.headers()["access-control-expose-headers"].to_str().expect("text").to_lowercase();
    assert!(exposed.contains("trace-id") && exposed.contains("server-timing"), "{exposed}");
    assert_eq!(response.headers()["timing-allow-origin"], PAGE);
}

#[tokio::test]
async fn what_was_written_into_the_file_is_read_and_not_seeded_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.redb");
    drop(Database::open(&file).expect("a new database"));
    write(&file, 100, br#"{"id":100,"name":"jane","gender":2}"#);
    write(&file, 5, b"no JSON");
    let url = start(Database::open(&file).expect("the same database")).await;
    assert_eq!(get(&format!("{url}/api/users/100")).await.json::<Json>().await.expect("JSON")["name"], "jane");

    let broken = get(&format!("{url}/api/users/5")).await;
    assert_eq!(broken.status(), 500);
    let spans = spans(&trace_id(&broken));
    assert!(broken.text().await.expect("words").contains("cannot be read"));
    let server = named(&spans, "GET /api/users/{id}");
    assert!(matches!(server.status, Status::Error { .. }));
    assert_eq!(text(server, "error.type"), "500");
    let read = named(&spans, "get user_info");
    assert_eq!(text(read, "error.type"), "row");
    assert!(matches!(named(&spans, "GetUser").status, Status::Error { .. }));
}

#[test]
fn a_file_that_cannot_be_opened_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name| folder.path().join(name);
    let open = Database::open(&place("open")).expect("a new database");
    drop(Database::open(&place("whole")).expect("a new database"));
    let whole = std::fs::read(place("whole")).expect("its bytes");
    // Behind its first page, which is right, there is something else.
    let damaged: Vec<u8> =
        whole.iter().enumerate().map(|(at, byte)| if at < 8192 { *byte } else { at as u8 | 1 }).collect();
    std::fs::write(place("damaged"), damaged).expect("a file");
    std::fs::write(place("cut"), &whole[..3000]).expect("a file");
    std::fs::write(place("text"), "no database").expect("a file");
    for name in ["open", "damaged", "cut", "text", "missing/file", ""] {
        let Err(error) = Database::open(&place(name)) else { panic!("{name:?} is no database") };
        let words = error.to_string();
        assert!(words.contains(&place(name).display().to_string()) && words.contains("another file"), "{words}");
    }
    assert_eq!(std::fs::read(place("text")).expect("it is there"), b"no database");
    drop(open);
}

fn write(file: &Path, id: u64, value: &[u8]) {
    let database = redb::Database::open(file).expect("the database");
    let transaction = database.begin_write().expect("a transaction");
    let definition = redb::TableDefinition::<u64, &[u8]>::new("user_info");
    transaction.open_table(definition).expect("the table").insert(id, value).expect("the row");
    transaction.commit().expect("it is written");
}

/// A client that never ends its header, and one that says nothing at all, are let go of; others are answered meanwhile.
#[tokio::test]
async fn who_drips_a_header_does_not_keep_its_connection() {
    const LIMIT: Duration = Duration::from_secs(60);
    let url = start_with(Database::temporary().expect("a temporary file"), Duration::from_millis(300)).await;
    let address = url.trim_start_matches("http://").to_owned();
    let connect = async || TcpStream::connect(&address).await.expect("it listens");
    let (dripping, mut silent) = (connect().await, connect().await);
    let (mut from, mut to) = dripping.into_split();
    let drip = tokio::spawn(async move {
        let _ = to.write_all(b"GET /api/users/100 HTTP/1.1\r\nhost: a\r\nx-slow: ").await;
        while to.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(get(&format!("{url}/api/users/100")).await.status(), 200, "others are answered");
    let mut answer = vec![];
    // Closed, with or without an answer of 408; a reset is an end, too.
    let ended = timeout(LIMIT, from.read_to_end(&mut answer)).await;
    assert!(ended.is_ok() && !answer.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer));
    timeout(LIMIT, drip).await.expect("its writes fail").expect("it ends");
    assert!(timeout(LIMIT, silent.read_to_end(&mut answer)).await.is_ok(), "silence ends, too");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4737";

/// The server's span of a request with these headers.
async fn asked_with(url: &str, headers: &[(&str, String)]) -> SpanData {
    let mut request = Client::new().get(format!("{url}/api/users/100"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = request.send().await.expect("the service answers");
    assert_eq!(response.status(), 200, "{headers:?}");
    // The last but one of four fields.
    let timing = response.headers()["server-timing"].to_str().expect("text").to_owned();
    let id = timing.rsplit('-').nth(1).expect("a span's id");
    let own = spans(&trace_id(&response)).into_iter().find(|span| span.span_context.span_id().to_string() == id);
    own.expect("the server's span")
}

#[tokio::test]
async fn a_parent_that_is_none_begins_a_new_trace() {
    let url = service().await;
    let (parent, other) = ("00f067aa0ba902b7", "00f067aa0ba902b8");
    let malformed = [
        format!("00-{}-{parent}-01", TRACE.to_uppercase()),
        format!("00-{}-{parent}-01", &TRACE[1..]),
        format!("00-+{}-{parent}-01", &TRACE[1..]),
        format!("00-{TRACE}-{}-01", &parent[1..]),
        format!("0-{TRACE}-{parent}-01"),
        format!("00-{TRACE}-{parent}-1"),
        format!("00-{TRACE}-{parent}-01-02"),
        format!("ff-{TRACE}-{parent}-01"),
        format!("00-{}-{parent}-01", "0".repeat(32)),
        format!("{TRACE}-{parent}"),
        "x".repeat(8000),
        String::new(),
    ];
    for traceparent in malformed {
        let span = asked_with(&url, &[("traceparent", traceparent.clone())]).await;
        assert_eq!(span.parent_span_id, SpanId::INVALID, "{traceparent}");
        assert_ne!(span.span_context.trace_id().to_string(), TRACE, "{traceparent}");
    }
    let future = asked_with(&url, &[("traceparent", format!("42-{TRACE}-{parent}-01-what-will-be"))]).await;
    assert_eq!(
        (future.span_context.trace_id().to_string(), future.parent_span_id.to_string()),
        (TRACE.into(), parent.into())
    );
    // Nobody knows which of two is meant.
    let two = [parent, other].map(|parent| ("traceparent", format!("00-{TRACE}-{parent}-01")));
    assert_eq!(asked_with(&url, &two).await.parent_span_id, SpanId::INVALID);
}

#[tokio::test]
async fn headers_that_come_in_parts_are_put_together() {
    let url = service().await;
    let parent = ("traceparent", format!("00-{TRACE}-00f067aa0ba902b9-01"));
    let header = |name, value: &str| (name, value.to_owned());
    let states = [parent.clone(), header("tracestate", "a=1"), header("tracestate", "b=2,c=3")];
    assert_eq!(asked_with(&url, &states).await.span_context.trace_state().header(), "a=1,b=2,c=3");
    let baggage = [header("baggage", "tier=gold"), header("baggage", "user=J%C3%B6rg%2C a=b;since=2020")];
    assert_eq!(text(&asked_with(&url, &baggage).await, "user"), "Jörg, a=b");
    let long = header("baggage", &format!("key={},user=100", "x".repeat(8192)));
    assert_eq!(attribute(&asked_with(&url, &[long]).await, "user"), None, "longer than receivers take");
}

/// Any word may be a method, so it is no name of a span: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name>.
#[tokio::test]
async fn a_method_that_nobody_knows_names_no_span() {
    let url = service().await;
    for (path, name) in [("/api/users/100", "HTTP /api/users/{id}"), ("/elsewhere", "HTTP")] {
        let method = Method::from_bytes(b"BREW").expect("a token");
        let response = Client::new().request(method, format!("{url}{path}")).send().await.expect("an answer");
        let spans = spans(&trace_id(&response));
        let span = named(&spans, name);
        assert_eq!(text(span, "http.request.method"), "_OTHER");
        assert_eq!(text(span, "http.request.method_original"), "BREW");
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_words() {
    let url = format!("{}/api/users/100", service().await);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let response = Client::new().request(method, &url).send().await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.headers()["allow"].as_bytes()), (405, &b"GET,HEAD"[..]));
        let answer: Json = response.json().await.expect("JSON");
        assert!(answer["error"].as_str().expect("words").contains("GET"), "{answer}");
    }
}

/// What stands in a header stands in a span, and spans of a batch have to fit into a request.
#[tokio::test]
async fn a_header_that_is_too_long_is_refused() {
    let url = format!("{}/api/users/100", service().await);
    let with = async |length| {
        let request = Client::new().get(&url).header("user-agent", "x".repeat(length));
        request.send().await.map(|response| response.status().as_u16())
    };
    assert_eq!(with(20_000).await.expect("an answer"), 200);
    // Some clients see the connection end before they have read the answer.
    assert!(with(100_000).await.map_or(true, |status| status == 431));
}
