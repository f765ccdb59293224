//! The same spans in our collector and in a real Jaeger, asked the same questions: the answers must be the same.

use e2e::corpus::{Corpus, Numbers, SERVICES};
use e2e::jaeger::Jaeger;
use e2e::likeness::{differences, sorted, traces};
use e2e::questions;
use e2e::servers::Collector;
use e2e::wait;
use reqwest::Url;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

const QUESTIONS: usize = 300;

struct Both {
    collector: Collector,
    jaeger: Jaeger,
}

impl Both {
    async fn with(corpus: &Corpus) -> Self {
        let collector = Collector::start().await;
        let jaeger = Jaeger::start(&collector.page).await;
        let client = reqwest::Client::new();
        for request in &corpus.requests {
            for otlp in [&collector.otlp, &jaeger.otlp] {
                let sent = client.post(format!("{otlp}/v1/traces")).json(request).send().await.expect("it is taken");
                assert_eq!(sent.status(), 200, "{request}");
            }
        }
        for viewer in [&collector.viewer, &jaeger.viewer] {
            for (id, spans) in &corpus.traces {
                wait::until("all spans", async || {
                    let (_, answer) = get(viewer, &format!("/api/traces/{id}"), &[]).await;
                    let there = answer["data"][0]["spans"].as_array().map_or(0, Vec::len);
                    if there == *spans { Ok(()) } else { Err(there) }
                })
                .await;
            }
        }
        wait::until("Jaeger's gateway", async || match get(&jaeger.viewer, "/api/v3/services", &[]).await {
            (200, _) => Ok(()),
            other => Err(other),
        })
        .await;
        Self { collector, jaeger }
    }

    /// What ours and Jaeger's answer.
    async fn ask(&self, path: &str, question: &[(&str, String)]) -> [(u16, Value); 2] {
        [get(&self.collector.viewer, path, question).await, get(&self.jaeger.viewer, path, question).await]
    }
}

async fn get(viewer: &str, path: &str, question: &[(&str, String)]) -> (u16, Value) {
    let url = Url::parse_with_params(&format!("{viewer}{path}"), question).expect("a URL");
    let answer = reqwest::get(url).await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn answers_are_what_a_real_jaeger_answers() {
    let corpus = Corpus::new();
    let both = Both::with(&corpus).await;
    names_ids_and_errors_are_what_jaeger_says(&both, &corpus).await;
    searches_find_what_jaeger_finds(&both, &corpus).await;
    version_3_finds_the_same_spans(&both, &corpus).await;
}

async fn searches_find_what_jaeger_finds(both: &Both, corpus: &Corpus) {
    let mut numbers = Numbers::new(11);
    let (mut found, mut empty) = (0, 0);
    for _ in 0..QUESTIONS {
        let question = questions::version_1(&mut numbers, corpus);
        let [(ours_status, ours), (jaegers_status, jaegers)] = both.ask("/api/traces", &question).await;
        assert_eq!((ours_status, jaegers_status), (200, 200), "{question:?}: {ours} {jaegers}");
        let (mine, theirs) = (traces(&ours), traces(&jaegers));
        let ids = |traces: &Map<String, Value>| traces.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(ids(&mine), ids(&theirs), "{question:?}");
        for (id, trace) in &mine {
            let differences = differences("", trace, &theirs[id]);
            assert!(differences.is_empty(), "{question:?}: {id}: {differences:#?}");
        }
        assert_eq!(ours["errors"], jaegers["errors"], "{question:?}");
        let starts: Vec<_> = ours["data"].as_array().into_iter().flatten().map(first_start).collect();
        assert!(starts.is_sorted_by(|one, next| one >= next), "newest first: {question:?}");
        found += mine.len();
        empty += usize::from(mine.is_empty());
    }
    println!("{QUESTIONS} questions, {found} traces alike, {empty} answers empty alike");
    assert!(empty < QUESTIONS / 2, "most questions must find something, or they compare nothing");
}

fn first_start(trace: &Value) -> Option<u64> {
    trace["spans"].as_array().into_iter().flatten().filter_map(|span| span["startTime"].as_u64()).min()
}

async fn version_3_finds_the_same_spans(both: &Both, corpus: &Corpus) {
    let mut numbers = Numbers::new(13);
    let mut found = 0;
    for _ in 0..QUESTIONS / 3 {
        let question = questions::version_3(&mut numbers, corpus);
        let [mine, theirs] = [&both.collector.viewer, &both.jaeger.viewer].map(|viewer| spans_of_v3(viewer, &question));
        let (mine, theirs) = (mine.await, theirs.await);
        assert_eq!(mine, theirs, "{question:?}");
        found += mine.len();
    }
    println!("version 3: {} questions, {found} spans alike", QUESTIONS / 3);
    assert!(found > 0);
}

/// Name, start and end of each span, sorted. Jaeger 1.48 writes a document per trace, an older OTLP with other names for
/// scopes, ids in base64 and nothing at all for no trace; later ones write what we do.
async fn spans_of_v3(viewer: &str, question: &[(Cow<'static, str>, String)]) -> Vec<[String; 3]> {
    let url = Url::parse_with_params(&format!("{viewer}/api/v3/traces"), question).expect("a URL");
    let answer = reqwest::get(url).await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("text"));
    assert!(status == 200 || status == 404, "{status}: {text}");
    let documents: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let resources = documents.iter().filter_map(|document| document["result"]["resourceSpans"].as_array()).flatten();
    let scopes = resources.flat_map(|resource| {
        ["scopeSpans", "instrumentationLibrarySpans"].into_iter().filter_map(|name| resource[name].as_array()).flatten()
    });
    let spans = scopes.filter_map(|scope| scope["spans"].as_array()).flatten();
    let facts = spans.map(|span| {
        // An empty name may be left out.
        let name = span["name"].as_str().unwrap_or_default().to_owned();
        [name, span["startTimeUnixNano"].to_string(), span["endTimeUnixNano"].to_string()]
    });
    let mut facts: Vec<_> = facts.collect();
    facts.sort();
    facts
}

async fn names_ids_and_errors_are_what_jaeger_says(both: &Both, corpus: &Corpus) {
    let lists = [("/api/services", "data"), ("/api/v3/services", "services")];
    for (path, key) in lists {
        let [(_, ours), (_, jaegers)] = both.ask(path, &[]).await;
        assert_eq!(sorted(&ours[key]), sorted(&jaegers[key]), "{path}");
        assert_eq!(ours["total"], jaegers["total"], "{path}");
    }
    let kinds = ["", "unspecified", "internal", "server", "client", "producer", "consumer"];
    for service in SERVICES.into_iter().chain(["nobody"]) {
        for kind in kinds {
            let v1 = [("service", service.to_owned()), ("spanKind", kind.to_owned())];
            let v3 = [("service", service.to_owned()), ("span_kind", kind.to_owned())];
            for (path, question, key) in [("/api/operations", &v1, "data"), ("/api/v3/operations", &v3, "operations")] {
                let [(_, ours), (_, jaegers)] = both.ask(path, question).await;
                assert_eq!(sorted(&ours[key]), sorted(&jaegers[key]), "{path} {question:?}");
                assert_eq!(ours["total"], jaegers["total"], "{path} {question:?}");
            }
        }
        let encoded: String = service.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let [(_, ours), (_, jaegers)] = both.ask(&format!("/api/services/{encoded}/operations"), &[]).await;
        assert_eq!(sorted(&ours["data"]), sorted(&jaegers["data"]), "{service}");
    }
    for (id, _) in &corpus.traces {
        let short = id.trim_start_matches('0').to_uppercase();
        let question = [("traceID", short.clone()), ("traceID", "77".to_owned())];
        for [(_, ours), (_, jaegers)] in
            [both.ask(&format!("/api/traces/{short}"), &[]).await, both.ask("/api/traces", &question).await]
        {
            let differences = differences("", &traces(&ours).into(), &traces(&jaegers).into());
            assert!(differences.is_empty(), "{id}: {differences:#?}");
            assert_eq!(ours["errors"], jaegers["errors"], "{id}");
        }
    }
    let long = "1".repeat(33);
    for (path, question) in [
        ("/api/traces/77", vec![]),
        ("/api/traces/xyz", vec![]),
        (&format!("/api/traces/{long}"), vec![]),
        ("/api/traces", vec![]),
        ("/api/operations", vec![]),
        ("/api/traces", vec![("traceID", "xyz")]),
        ("/api/traces", vec![("service", "web"), ("limit", "x")]),
        ("/api/traces", vec![("service", "web"), ("limit", "99999999999")]),
        ("/api/traces", vec![("service", "web"), ("start", "x")]),
        ("/api/traces", vec![("service", "web"), ("end", "1.5")]),
        ("/api/traces", vec![("service", "web"), ("tag", "x")]),
        ("/api/traces", vec![("service", "web"), ("tags", "{")]),
        ("/api/traces", vec![("service", "web"), ("tags", "[1]")]),
        ("/api/traces", vec![("service", "web"), ("tags", "{\"a\":5}")]),
        ("/api/traces", vec![("service", "web"), ("minDuration", "5")]),
        ("/api/traces", vec![("service", "web"), ("maxDuration", "x")]),
        ("/api/traces", vec![("service", "web"), ("minDuration", "2s"), ("maxDuration", "1s")]),
        ("/api/traces", vec![("service", "web"), ("tags", "null"), ("limit", "1"), ("unheard-of", "x")]),
    ] {
        let question: Vec<_> = question.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let [(ours_status, mut ours), (jaegers_status, mut jaegers)] = both.ask(path, &question).await;
        assert_eq!(ours_status, jaegers_status, "{path} {question:?}: {ours} {jaegers}");
        if ours_status != 200 {
            // The words are our own.
            for answer in [&mut ours, &mut jaegers] {
                assert!(answer["errors"][0]["msg"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
                answer["errors"][0]["msg"] = Value::Null;
            }
            assert_eq!(ours, jaegers, "{path} {question:?}");
        }
    }
}
