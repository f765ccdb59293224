//! Clicks and submits in a real page, and what they cause.

#![cfg(target_arch = "wasm32")]

use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use opentelemetry_browser_instrumentation::{Fetch, Instrumentations, Navigation, UserActions};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, loaded, text};

wasm_bindgen_test_configure!(run_in_browser);

const PAGE: &str = r#"document.getElementById('page')?.remove();
    document.body.insertAdjacentHTML('beforeend', `<div id="page"><form class="f" data-otel-name="order">
        <input name="card" value="4111"><button class="go" type="button" data-otel-name="buy" data-otel-step="2">Buy <b>now</b></button>
        <button class="go" type="button">Other</button><button disabled>Off</button></form></div>`);
    const page = document.getElementById('page'); const find = (what) => page.querySelector(what);"#;

#[test]
async fn clicks_and_submits_are_events_without_any_text_of_the_page() {
    let page = Page::with(Instrumentations::new().with(UserActions::new()));
    text(&format!(
        "{PAGE} find('.go').addEventListener('click', (event) => event.stopImmediatePropagation());
        find('.go').click(); find('.go + .go').dispatchEvent(new MouseEvent('click', {{ bubbles: true, button: 2 }}));
        find('[disabled]').click(); find('form').addEventListener('submit', (event) => event.preventDefault());
        find('form').requestSubmit();"
    ))
    .await;
    let records = page.end_with_records().await;
    let names: Vec<_> = records.iter().map(|record| record.name()).collect();
    assert_eq!(names, ["browser.user_action.click", "browser.user_action.click", "browser.user_action.submit"]);
    let keys = [
        "browser.css_selector",
        "browser.element.attributes",
        "browser.mouse_event.button",
        "browser.page.x",
        "browser.page.y",
        "browser.tag_name",
    ];
    assert_eq!(records[0].keys(), keys);
    assert_eq!(records[0].get("browser.css_selector").as_deref(), Some("#page > form.f > button.go:nth-child(1)"));
    assert_eq!(
        (records[0].get("browser.tag_name").as_deref(), records[0].get("browser.mouse_event.button").as_deref()),
        (Some("BUTTON"), Some("left"))
    );
    let marks = records[0].get("browser.element.attributes").unwrap();
    assert!(marks.contains("buy") && marks.contains("step") && !marks.contains("order"), "{marks}");
    assert_eq!(records[1].get("browser.mouse_event.button").as_deref(), Some("right"));
    assert_eq!(records[2].get("browser.tag_name").as_deref(), Some("FORM"));
    let all = format!("{records:?}");
    assert!(!all.contains("Buy") && !all.contains("4111"), "{all}");
}

#[test]
async fn what_was_meant_is_found_in_shadow_roots_and_in_what_is_switched_off() {
    let page = Page::with(Instrumentations::new().with(UserActions::new().with_spans()));
    text(
        "document.getElementById('page')?.remove();
        document.body.insertAdjacentHTML('beforeend', `<div id=page><div id=host data-otel-name=card></div>
            <button disabled><b>in a button that is off</b></button>
            <fieldset disabled><legend><i>a legend</i></legend><button><i>in a field that is off</i></button></fieldset>
            <form onsubmit='return false'><input name=getAttribute><input name=children><input name=closest><button>Send</button></form></div>`);
        const page = document.getElementById('page'); const host = page.querySelector('#host');
        host.attachShadow({ mode: 'open' }).innerHTML = '<p data-otel-part=1><button>Buy</button></p>';
        // Somebody else hears all clicks first, and keeps them.
        const abort = new AbortController(); addEventListener('click', (event) => event.stopPropagation(), { capture: true, signal: abort.signal });
        const click = (element) => element.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }));
        click(host.shadowRoot.querySelector('button')); click(page.querySelector('button b'));
        click(page.querySelector('legend i')); click(page.querySelector('fieldset button i'));
        page.querySelector('form button').click();
        page.insertAdjacentHTML('beforeend', `<ul>${'<li class=one>'.repeat(5000)}</ul><a class='${Array.from({ length: 999 }, (_, i) => `c${i}`).join(' ')}' data-otel-name='${'n'.repeat(5000)}'>A</a>`);
        click(page.querySelector('li')); click(page.querySelector('a')); abort.abort();",
    )
    .await;
    let (spans, records) = page.end_both().await;
    let seen: Vec<_> =
        records.iter().map(|one| (one.name(), one.get("browser.css_selector").unwrap_or_default())).collect();
    let click = "browser.user_action.click";
    let selectors = ["#host >>> p > button", "#page > fieldset > legend > i", "", "", "#page > ul > li.one"];
    let names = [click, click, click, "browser.user_action.submit", click];
    for ((one, name), selector) in seen.iter().zip(names).zip(selectors) {
        assert_eq!((one.0, one.1.as_str()), (name, selector), "{seen:?}");
    }
    assert_eq!((seen.len(), seen[5].1.chars().count()), (6, 1000), "nothing is longer than that");
    let names: Vec<_> = spans.iter().map(|span| span.name().to_owned()).collect();
    assert_eq!(names[..2], ["click card", "click"]);
    assert_eq!(names[5].len(), "click ".len() + 1000);
    // Each event belongs to what begins with it.
    for (record, span) in records.iter().zip(&spans) {
        assert_eq!(record.0["spanId"], span.id(), "{}", span.name());
    }
}

#[test]
async fn an_action_takes_what_it_causes_until_the_page_is_quiet() {
    loaded().await;
    let actions = UserActions::new().with_spans();
    let page = Page::with(Instrumentations::new().with(actions).with(Fetch::new()).with(Navigation::new()));
    text(&format!(
        "{PAGE} find('.go').onclick = async () => {{
            await fetch('/first'); history.pushState(null, '', '#bought'); await fetch('/second');
        }};
        find('.go b').click();"
    ))
    .await;
    // Two requests and the action.
    while page.telemetry.diagnostics().recorded < 3 {
        text("await new Promise((resolve) => setTimeout(resolve, 20))").await;
    }
    text("await fetch('/afterwards')").await;
    global::tracer("test").in_span("of Rust", |_cx| {});
    let (spans, records) = page.end_both().await;
    text("await new Promise((resolve) => { addEventListener('popstate', resolve, { once: true }); history.back() })")
        .await;
    let action = spans.iter().find(|span| span.name() == "click buy").expect("named by what is around the element");
    assert!(action.parent().is_none());
    let below = |url: &str| {
        let span = spans.iter().find(|span| span.get("url.full").is_some_and(|full| full.ends_with(url))).unwrap();
        span.parent() == Some(action.id())
    };
    assert!(below("/first") && below("/second") && !below("/afterwards"), "{spans:?}");
    let end = |span: &page::Span| span.0["endTimeUnixNano"].as_str().unwrap().parse::<u64>().unwrap();
    let second = spans.iter().find(|span| span.get("url.full").is_some_and(|full| full.ends_with("/second"))).unwrap();
    let after =
        spans.iter().find(|span| span.get("url.full").is_some_and(|full| full.ends_with("/afterwards"))).unwrap();
    assert!(end(action) >= end(second) && end(action) < end(after), "it ends with the last that it has caused");
    let route = records.iter().find(|one| one.get("url.full").is_some_and(|url| url.ends_with("#bought"))).unwrap();
    assert_eq!(route.0["spanId"].as_str(), Some(action.id()));
    assert!(spans.iter().find(|span| span.name() == "of Rust").unwrap().parent().is_none());
}

#[test]
async fn the_next_action_ends_the_one_before() {
    let page = Page::with(Instrumentations::new().with(UserActions::new().with_spans()).with(Fetch::new()));
    text(&format!("{PAGE} find('.go + .go').click(); find('.go + .go').click()")).await;
    let spans = page.end().await;
    assert_eq!(spans.iter().map(|span| span.name()).collect::<Vec<_>>(), ["click order", "click order"]);
    assert_ne!(spans[0].trace_id(), spans[1].trace_id());
}

#[test]
async fn a_hostile_page_is_clicked_as_before() {
    let page = Page::with(Instrumentations::new().with(UserActions::new().with_spans()));
    let clicked = text(&format!(
        "{PAGE} let clicked = 0; const go = find('.go'); go.onclick = () => clicked++;
        Object.defineProperty(go, 'attributes', {{ get() {{ throw new Error('hostile') }} }}); go.click();
        Object.defineProperty(go, 'hasAttribute', {{ value: null }}); go.click();
        return clicked"
    ))
    .await;
    assert_eq!(clicked, "2");
    // What can be read is recorded.
    let records = page.end_with_records().await;
    let seen: Vec<_> =
        records.iter().map(|one| (one.get("browser.css_selector"), one.get("browser.element.attributes"))).collect();
    let selector = Some("#page > form.f > button.go:nth-child(1)".to_owned());
    assert_eq!(seen, [(selector.clone(), None), (selector, None)]);
}
