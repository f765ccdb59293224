//! Everything can be done by keyboard.

use e2e::page::Page;
use e2e::servers::Collector;
use e2e::traces::trace;
use fantoccini::key::Key;

/// Presses Tab until the element with this id has the focus.
async fn tab_to(page: &Page, id: &str) {
    for _ in 0..30 {
        if focused(page).await == id {
            return;
        }
        press(page, Key::Tab).await;
    }
    panic!("#{id} is not reached by Tab");
}

async fn focused(page: &Page) -> String {
    let id = page.script("return document.activeElement?.id ?? ''").await;
    id.as_str().unwrap_or_default().to_owned()
}

async fn press(page: &Page, key: Key) {
    type_keys(page, &key.to_string()).await;
}

/// Types into whatever has the focus, as a person would.
async fn type_keys(page: &Page, keys: &str) {
    let active = page.browser.client.active_element().await.expect("something has the focus");
    active.send_keys(keys).await.expect("it takes keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_and_settings_work_without_a_mouse() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;

    tab_to(&page, "lookup-100").await;
    press(&page, Key::Enter).await;
    let first = page.next_trace(None).await;
    let link = page.trace_link().await;

    tab_to(&page, "id").await;
    type_keys(&page, "7").await;
    press(&page, Key::Enter).await;
    let second = page.next_trace(link).await;

    tab_to(&page, "flush").await;
    type_keys(&page, " ").await;
    trace(&collector.viewer, &first, 4).await.assert_lookup(100, true);
    trace(&collector.viewer, &second, 4).await.assert_lookup(7, false);

    tab_to(&page, "sample-ratio").await;
    press(&page, Key::Backspace).await;
    type_keys(&page, "0").await;
    press(&page, Key::Enter).await;
    page.wait_for_text("settings-note", |text| text.contains("In use")).await;
    page.wait_until_ready().await;
    assert_eq!(page.value("sample-ratio").await, "0");
    page.assert_no_console_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_id_is_explained_in_the_alert() {
    let collector = Collector::start().await;
    let page = Page::open(&collector.page).await;
    for wrong in ["", "seven", "1.5", "-1", "9007199254740993"] {
        page.fill("id", wrong).await;
        page.click("lookup").await;
        page.wait_for_text("problem", |text| text.contains(wrong) && text.contains("9007199254740991")).await;
    }
    assert_eq!(page.element("problem").await.attr("role").await.expect("a role"), Some("alert".to_owned()));
    page.fill("id", "100").await;
    page.trace_by("lookup").await;
    page.wait_for_text("problem", str::is_empty).await;
    page.assert_no_console_errors().await;
}
