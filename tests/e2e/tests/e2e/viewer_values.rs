//! What is shown of a value is what is searched for, whatever the value is; and what is downloaded is uploaded, whatever is in it.

use e2e::corpus::Numbers;
use e2e::servers::Collector;
use e2e::trace_list::{TraceList, span, trace_id};
use serde_json::{Value, json};

/// What tells two readers or two languages apart.
fn chosen() -> Vec<Value> {
    let list = |values: Value| json!({ "arrayValue": { "values": values } });
    let map = |pairs: &[(&str, Value)]| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({ "kvlistValue": { "values": pairs } })
    };
    let int = |number: &str| json!({ "intValue": number });
    vec![
        map(&[("z", int("1")), ("a", list(json!([{ "stringValue": "]} \"x\"" }])))]),
        map(&[("a", int("1")), ("10", int("2")), ("9", int("3")), ("a", int("9007199254740993"))]),
        map(&[("\u{1f600}", int("1")), ("\u{e000}", int("2")), ("__proto__", json!({}))]),
        list(json!([{ "doubleValue": -0.0 }, { "doubleValue": 1e21 }, { "doubleValue": "NaN" }, {}])),
        int("9007199254740993"),
        json!({ "doubleValue": 1e15 }),
        json!({ "doubleValue": -0.0 }),
        json!({ "doubleValue": 1e-7 }),
        json!({ "doubleValue": "-Infinity" }),
        json!({ "bytesValue": "-_8" }),
        json!({ "stringValue": " a=\"b\" \\ \n\t{é}" }),
        json!({ "stringValue": "" }),
        nested(json!({ "stringValue": "deep" }), 47),
    ]
}

fn nested(value: Value, lists: usize) -> Value {
    (0..lists).fold(value, |inner, _| json!({ "arrayValue": { "values": [inner] } }))
}

/// One that looks like chance.
fn random(numbers: &mut Numbers, depth: u64) -> Value {
    const KEYS: [&str; 8] = ["", "a", "b", "10", "9", "\u{e000}", "\u{1f600}", "a\"\\\n"];
    match numbers.below(if depth > 0 { 8 } else { 6 }) {
        0 => json!({}),
        1 => json!({ "stringValue": numbers.one_of(&KEYS) }),
        2 => json!({ "intValue": (i64::from_ne_bytes(bits(numbers).to_ne_bytes()) >> numbers.below(63)).to_string() }),
        3 => json!({ "boolValue": numbers.below(2) == 0 }),
        4 | 5 => {
            let number = match numbers.below(3) {
                0 => f64::from_bits(bits(numbers)),
                1 => bits(numbers) as f64 / 10f64.powi(i32::try_from(numbers.below(40)).expect("a few")),
                _ => -(numbers.below(1_000) as f64) * 0.001,
            };
            if number.is_finite() { json!({ "doubleValue": number }) } else { json!({ "doubleValue": "Infinity" }) }
        }
        6 => {
            json!({ "arrayValue": { "values": (0..numbers.below(4)).map(|_| random(numbers, depth - 1)).collect::<Vec<_>>() } })
        }
        _ => {
            let pairs = (0..numbers.below(5))
                .map(|_| json!({ "key": numbers.one_of(&KEYS), "value": random(numbers, depth - 1) }));
            json!({ "kvlistValue": { "values": pairs.collect::<Vec<_>>() } })
        }
    }
}

fn bits(numbers: &mut Numbers) -> u64 {
    numbers.below(1 << 31) << 33 ^ numbers.below(1 << 31) << 16 ^ numbers.below(1 << 31)
}

/// Traces from 1 on, each of a span with one of these values.
async fn take(collector: &Collector, values: &[Value]) {
    let spans: Vec<_> = (1..)
        .zip(values)
        .map(|(trace, value)| {
            let mut span = span(trace, [1, 0], "a", [trace, 1]);
            span["attributes"] = json!([{ "key": "v", "value": value }]);
            span
        })
        .collect();
    collector.take("web", &spans).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_copied_is_found() {
    let collector = Collector::start().await;
    let values = chosen();
    take(&collector, &values).await;
    let list = TraceList::open(&collector, "").await;
    for trace in 1..=values.len() as u64 {
        list.visit(&format!("/trace/{}#span=0000000000000001", trace_id(trace))).await;
        list.page.script("navigator.clipboard.writeText = async (text) => { window.copied = text }").await;
        list.click(".detail .attributes button.copy").await;
        list.wait_for("a copy", "typeof window.copied", &json!("string")).await;
        let copied = list.page.script("return window.copied").await;
        let copied = copied.as_str().expect("a text");
        // As it is shown, or in quotation marks where the field asks for them.
        let quoted = if copied.starts_with(['{', '[']) {
            copied.to_owned()
        } else {
            let escaped = copied.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
            format!("\"{escaped}\"")
        };
        let link = "document.querySelector('.detail .attributes a').getAttribute('href')";
        let link = list.page.script(&format!("return {link}")).await;
        list.visit("/").await;
        // A driver types nothing beyond U+FFFF.
        let typed = format!(
            "const field = document.querySelector('#filter-tags');
            field.value = {};
            field.form.requestSubmit();",
            json!(format!("v={quoted}"))
        );
        list.page.script(&typed).await;
        list.wait_for_traces(&[trace]).await;
        list.visit(link.as_str().expect("a link")).await;
        list.wait_for_traces(&[trace]).await;
    }
    list.page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_index_have_one_text_for_any_value() {
    let collector = Collector::start().await;
    let mut numbers = Numbers::new(11);
    let values: Vec<_> = (0..200).map(|_| random(&mut numbers, 3)).collect();
    take(&collector, &values).await;
    let list = TraceList::open(&collector, "").await;
    // With the modules that the pages have.
    let script = "const { typed } = await import('/app/model/value.js');
        const { tagQuery } = await import('/app/model/tags.js');
        const lost = [];
        for (let trace = 1; trace <= arguments[0]; trace += 1) {
            const { result } = await (await fetch(`/api/v3/traces/${trace.toString(16)}`)).json();
            const [{ value }] = result.resourceSpans[0].scopeSpans[0].spans[0].attributes;
            const { text } = typed(value);
            const { traces } = await (await fetch(`/api/list?limit=1000&${tagQuery('v', text)}`)).json();
            if (!traces.some(({ traceId }) => Number(`0x${traceId}`) === trace)) {
                lost.push([value, text]);
            }
        }
        return lost;";
    let lost = list.page.browser.run(script, vec![json!(values.len())]).await;
    assert_eq!(lost, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_downloaded_is_what_is_uploaded_elsewhere() {
    let (here, there) = (Collector::start().await, Collector::start().await);
    let mut numbers = Numbers::new(12);
    let mut values = chosen();
    values.extend((0..50).map(|_| random(&mut numbers, 3)));
    take(&here, &values).await;
    let list = TraceList::open(&here, "").await;
    let text = list.download().await;
    let elsewhere = TraceList::open(&there, "").await;
    elsewhere.drop_files(&[("traces.json", &text)]).await;
    let said = "document.querySelector('#upload-results li')?.textContent.split(':')[1]";
    let words = format!(" {} spans taken in {} traces", values.len(), values.len());
    elsewhere.wait_for("what was taken", said, &json!(words)).await;
    for trace in 1..=values.len() as u64 {
        let path = format!("/api/v3/traces/{}", trace_id(trace));
        let [was, is] = [&here, &there].map(|collector| reqwest::get(format!("{}{path}", collector.viewer)));
        let text = async |answer: reqwest::Response| answer.text().await.expect("to the end");
        assert_eq!(text(was.await.expect("an answer")).await, text(is.await.expect("an answer")).await);
    }
}
