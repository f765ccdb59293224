//! Names and attributes beside those of the Browser SIG's packages, as tests/oracle has collected them from the same acts. A test there
//! finds out whether the packages still record the same.

#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;

use opentelemetry_browser_instrumentation::{Errors, Instrumentations};
use serde_json::Value;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Item, Page, loaded, text};

wasm_bindgen_test_configure!(run_in_browser);

/// All attributes that the items of each name have.
fn shapes<'a>(items: impl Iterator<Item = (&'a str, &'a Item)>) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for (name, item) in items {
        let keys = found.entry(name.to_owned()).or_default();
        keys.extend(item.keys().into_iter().map(str::to_owned));
        keys.sort();
        keys.dedup();
    }
    found
}

/// Leaves out what is known to be different, each for a reason that the table gives.
fn leave_out(shapes: &mut BTreeMap<String, Vec<String>>, only: &str) {
    let table: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/browser-sig-differences.json")).unwrap();
    for one in table.as_array().unwrap().iter().filter(|one| one["only"] == only) {
        let name = one["name"].as_str().unwrap();
        assert!(one["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{one}");
        match one["attribute"].as_str() {
            None => drop(shapes.remove(name)),
            Some(attribute) => shapes.entry(name.to_owned()).or_default().retain(|key| key != attribute),
        }
    }
}

#[test]
async fn names_and_attributes_are_those_of_the_sigs_packages() {
    let theirs: Value = serde_json::from_str(include_str!("../../../tests/vectors/browser-sig.json")).unwrap();
    let of = |key: &str| serde_json::from_value::<BTreeMap<String, Vec<String>>>(theirs[key].clone()).unwrap();

    loaded().await;
    let page = Page::with(Instrumentations::recommended().with(Errors::new().with_console(["warn"])));
    text(
        "await (await fetch('/')).text(); await (await fetch('/missing')).text();
        await new Promise((resolve) => {
            const xhr = new XMLHttpRequest(); xhr.open('GET', '/?xhr'); xhr.onloadend = resolve; xhr.send();
        });
        document.body.insertAdjacentHTML('beforeend', '<button id=b data-otel-name=buy>Buy</button>');
        document.getElementById('b').click();
        history.pushState(null, '', '#part');
        console.warn('careful');
        const error = new RangeError('too far');
        dispatchEvent(new ErrorEvent('error', { error, message: error.message }));
        await new Promise((resolve) => setTimeout(resolve, 1500));",
    )
    .await;
    let (spans, records) = page.end_both().await;

    let mut ours = shapes(records.iter().map(|record| (record.name(), record)));
    let mut events = of("events");
    leave_out(&mut ours, "ours");
    leave_out(&mut events, "theirs");
    assert_eq!(ours, events);

    let is_xhr = |span: &&Item| span.get("url.full").is_some_and(|url| url.ends_with("?xhr"));
    let of_fetch = shapes(
        spans.iter().filter(|span| !is_xhr(span)).map(|span| ("@opentelemetry/instrumentation-fetch GET", span)),
    );
    let of_xhr =
        shapes(spans.iter().filter(is_xhr).map(|span| ("@opentelemetry/instrumentation-xml-http-request GET", span)));
    assert_eq!(of_fetch.into_iter().chain(of_xhr).collect::<BTreeMap<_, _>>(), of("spans"));
}
