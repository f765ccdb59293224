//! Files in and out of the viewer's list, hostile names in it, and the map of services.

use e2e::servers::Collector;
use e2e::trace_list::{TraceList, document, span, trace_id};
use e2e::traces::trace;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn files_are_dropped_or_chosen_and_each_is_told_what_became_of_it() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    list.wait_for_text("#live-state", "live").await;
    let lines = [1, 2].map(|number| document("web", &[span(number, [1, 0], "GET /", [number, 10])]).to_string());
    let answer = json!({ "result": document("db", &[span(3, [1, 0], "select", [30, 10])]) }).to_string();
    let mut bad = span(4, [2, 0], "bad", [40, 10]);
    bad["traceId"] = "xyz".into();
    let partly = document("web", &[span(4, [1, 0], "good", [40, 10]), bad]).to_string();
    list.drop_files(&[("lines.jsonl", &lines.join("\n")), ("answer.json", &answer), ("partly.json", &partly)]).await;
    list.wait_for_traces(&[4, 3, 2, 1]).await;

    let path = std::env::temp_dir().join(format!("viewer-e2e-{}.json", std::process::id()));
    std::fs::write(&path, "{\"resourceMetrics\":[{}]}").expect("a file can be written");
    list.find("#upload-input").await.send_keys(path.to_str().expect("a path in UTF-8")).await.expect("it takes files");
    let results = "[...document.querySelectorAll('#upload-results li')].map((line) => line.textContent)";
    list.wait_for("four files", &format!("{results}.length"), &json!(4)).await;
    std::fs::remove_file(&path).expect("the file is ours");
    let results = list.page.script(&format!("return {results}")).await;
    let short = |number: u64| trace_id(number)[..8].to_owned();
    for (at, words) in [
        (0, vec!["lines.jsonl: 2 spans taken in 2 traces", &short(1)]),
        (1, vec!["answer.json: 1 span taken in 1 trace"]),
        (2, vec!["partly.json: 1 span taken", "1 span rejected", "32 hex digits"]),
        (3, vec!["not taken", "metrics"]),
    ] {
        let said = results[at].as_str().expect("a line");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    list.click(&format!("#upload-results a[href='/trace/{}']", trace_id(3))).await;
    list.wait_for_url(&format!("/trace/{}", trace_id(3))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_downloaded_can_be_uploaded_elsewhere() {
    let (here, there) = (Collector::start().await, Collector::start().await);
    let mut exact = span(1, [1, 0], "GET /", [0, 10]);
    exact["attributes"] = json!([{ "key": "n", "value": { "intValue": "9007199254740993" } }]);
    here.take("web", &[exact, span(1, [2, 1], "render", [1, 5]), span(2, [1, 0], "other", [20, 10])]).await;
    let list = TraceList::open(&here, "").await;
    list.wait_for_traces(&[2, 1]).await;
    let text = list.download().await;
    let elsewhere = TraceList::open(&there, "").await;
    elsewhere.drop_files(&[("traces.json", &text)]).await;
    elsewhere.wait_for_traces(&[2, 1]).await;
    let copy = trace(&there.viewer, &trace_id(1), 2).await;
    assert_eq!(copy.root().tags["n"], "9007199254740993");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_text() {
    let collector = Collector::start().await;
    let names = [
        "<img src=x onerror=\"window.__hacked=1\">",
        "<script>window.__hacked=1</script>",
        "\" onfocus=\"window.__hacked=1\" autofocus=\"",
        "javascript:window.__hacked=1",
        "\u{202e}gnp.exe\u{202c}",
        "nul\u{0} esc\u{1b}[31m",
        &"x".repeat(100_000),
    ];
    for (number, name) in (1..).zip(names) {
        collector.take(name, &[span(number, [1, 0], name, [number * 1_000, 10])]).await;
        let called = names[usize::try_from(number).expect("a few") % names.len()];
        collector.take(called, &[span(number, [2, 1], name, [number * 1_000, 5])]).await;
    }
    let list = TraceList::open(&collector, "").await;
    list.wait_for_traces(&[7, 6, 5, 4, 3, 2, 1]).await;
    list.type_keys("jx").await;
    let file = format!("<img src=x onerror=\"window.__hacked=1\">.json{}", "\u{202e}");
    list.drop_files(&[(&file, "{\"data\":[]}")]).await;
    list.wait_for("a refusal", "document.querySelectorAll('.upload-failed').length", &json!(1)).await;
    for path in ["/", "/map"] {
        list.visit(path).await;
        let shown = list.page.script("return document.body.textContent").await;
        let shown = shown.as_str().expect("text");
        for word in [names[0], names[1], names[3], "\\u{202e}gnp.exe", "nul\u{2400} esc\u{241b}[31m"] {
            assert!(shown.contains(word), "{path}: {word}");
        }
        assert!(!shown.contains(&names[6][..1_000]), "{path}: what is long is cut");
        let made = "return [document.querySelectorAll('img, [onerror], [onfocus], [href^=javascript]').length, window.__hacked ?? null]";
        assert_eq!(list.page.script(made).await, json!([0, null]), "{path}");
    }
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_shows_who_calls_whom_and_leads_to_a_service() {
    let collector = Collector::start().await;
    let list = TraceList::open(&collector, "").await;
    list.visit("/map").await;
    list.wait_for("no map", "document.querySelector('#empty h2')?.textContent", &json!("No traces yet")).await;
    collector.take("web", &[span(1, [1, 0], "GET /", [0, 100]), span(2, [1, 0], "GET /", [200, 10])]).await;
    collector.take("users", &[span(1, [2, 1], "find", [10, 50])]).await;
    collector.take("db", &[span(1, [3, 2], "select", [20, 5]), span(1, [4, 2], "select", [30, 5])]).await;
    // A circle.
    collector.take("web", &[span(1, [5, 3], "notify", [21, 1])]).await;
    list.type_keys("r").await;
    list.wait_for_text("#map-facts", "3 services, 4 calls between them").await;
    let table = |id: &str| {
        format!(
            "[...document.querySelectorAll('#{id} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
    };
    let calls: Value = json!([["users", "db", "2"], ["db", "web", "1"], ["web", "users", "1"]]);
    list.wait_for("the calls", &table("map-calls"), &calls).await;
    let services: Value = json!([["db", "1", "2"], ["users", "1", "1"], ["web", "2", "3"]]);
    list.wait_for("the services", &table("map-services"), &services).await;
    list.wait_for("the lines", "document.querySelectorAll('.map-call path').length", &json!(3)).await;
    list.click(".map-service[aria-label^=users]").await;
    list.wait_for_url("/?service=users").await;
    list.wait_until_ready().await;
    list.wait_for_traces(&[1]).await;
    list.visit("/map?lookback=1h").await;
    list.wait_for(
        "an hour without",
        "document.querySelector('#empty h2')?.textContent",
        &json!("No traces in this time"),
    )
    .await;
    list.page.assert_no_console_errors().await;
}
