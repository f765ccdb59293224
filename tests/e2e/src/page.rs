//! The page as its user has it: buttons, fields, and what stands on it.

use crate::{browser::Browser, wait};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::{Locator, elements::Element};
use serde_json::Value;

/// The page in a browser of its own.
pub struct Page {
    pub browser: Browser,
}

impl Page {
    /// Opens it and waits until its WebAssembly runs.
    pub async fn open(url: &str) -> Self {
        let page = Self { browser: Browser::start().await };
        page.visit(url).await;
        page
    }

    pub async fn visit(&self, url: &str) {
        self.browser.goto(&format!("{url}/")).await;
        self.wait_until_ready().await;
    }

    pub async fn reload(&self) {
        self.browser.client.refresh().await.expect("the page reloads");
        self.wait_until_ready().await;
    }

    pub async fn wait_until_ready(&self) {
        wait::until("the page to be ready", async || {
            let ready = self.script("return document.documentElement.dataset.ready ?? null").await;
            if ready == "true" { Ok(()) } else { Err((ready, self.problem().await)) }
        })
        .await;
    }

    pub async fn element(&self, id: &str) -> Element {
        self.browser.client.find(Locator::Id(id)).await.unwrap_or_else(|error| panic!("no element #{id}: {error}"))
    }

    pub async fn click(&self, id: &str) {
        self.element(id).await.click().await.unwrap_or_else(|error| panic!("#{id} cannot be clicked: {error}"));
    }

    /// The first element that a CSS selector has.
    pub async fn find(&self, selector: &str) -> Element {
        let found = self.browser.client.find(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("no element {selector}: {error}"))
    }

    /// Presses the mouse over an element, so far from its centre, moves it, and lets it go.
    pub async fn drag(&self, selector: &str, [x, y]: [f64; 2], [right, down]: [f64; 2]) {
        let element = self.find(selector).await;
        let mouse = MouseActions::new("mouse".into())
            .then(PointerAction::MoveToElement { element, duration: None, x, y })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::MoveBy { duration: None, x: right / 2.0, y: down / 2.0 })
            .then(PointerAction::MoveBy { duration: None, x: right / 2.0, y: down / 2.0 })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.browser.client.perform_actions(mouse).await.expect("the mouse moves");
    }

    /// Moves the mouse over an element, so far from its centre.
    pub async fn hover(&self, selector: &str, [x, y]: [f64; 2]) {
        let element = self.find(selector).await;
        let mouse =
            MouseActions::new("mouse".into()).then(PointerAction::MoveToElement { element, duration: None, x, y });
        self.browser.client.perform_actions(mouse).await.expect("the mouse moves");
    }

    /// Replaces what a field holds.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.element(id).await;
        field.clear().await.unwrap_or_else(|error| panic!("#{id} cannot be cleared: {error}"));
        // What is cleared has lost the focus. WebKit's driver takes no empty text, which would give it back.
        let filled = if text.is_empty() { field.click().await } else { field.send_keys(text).await };
        filled.unwrap_or_else(|error| panic!("#{id} takes no keys: {error}"));
    }

    pub async fn value(&self, id: &str) -> String {
        self.element(id).await.prop("value").await.expect("a field can be read").unwrap_or_default()
    }

    /// What is visible of it.
    pub async fn text(&self, id: &str) -> String {
        self.element(id).await.text().await.expect("an element's text can be read")
    }

    /// The text of the alert, empty while there is none.
    pub async fn problem(&self) -> String {
        self.text("problem").await
    }

    pub async fn wait_for_text(&self, id: &str, wanted: impl Fn(&str) -> bool) -> String {
        wait::until(&format!("the text of #{id}"), async || {
            let text = self.text(id).await;
            if wanted(&text) { Ok(text) } else { Err(text) }
        })
        .await
    }

    /// Clicks a button that makes a trace, and gives that trace's id, out of the link to the viewer.
    pub async fn trace_by(&self, button: &str) -> String {
        let before = self.trace_link().await;
        self.click(button).await;
        self.next_trace(before).await
    }

    /// The id in the link, as soon as that is another than `before`.
    pub async fn next_trace(&self, before: Option<String>) -> String {
        let link = wait::until("a link to the trace", async || {
            let link = self.trace_link().await;
            match link {
                Some(link) if Some(&link) != before.as_ref() => Ok(link),
                seen => Err((seen, self.problem().await)),
            }
        })
        .await;
        let (_, id) = link.rsplit_once("/trace/").expect("the link leads to /trace/");
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "a trace id: {id}");
        id.to_owned()
    }

    pub async fn trace_link(&self) -> Option<String> {
        let link = self.script("return document.querySelector('#trace a')?.href ?? null").await;
        link.as_str().map(str::to_owned)
    }

    /// What the answer's JSON says.
    pub async fn answer(&self) -> Value {
        let text = self.text("answer").await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("the answer is no JSON ({error}): {text}"))
    }

    /// Fills the settings and applies them.
    pub async fn apply(&self, settings: &[(&str, &str)]) {
        for (id, text) in settings {
            self.fill(id, text).await;
        }
        self.click("apply").await;
        // The page is not ready from the click until the new settings are in use.
        self.wait_until_ready().await;
    }

    /// Runs a script that needs no waiting.
    pub async fn script(&self, script: &str) -> Value {
        self.browser.client.execute(script, vec![]).await.expect("the script runs")
    }

    /// Fails if the console shows another error than one that has these words.
    pub async fn assert_no_console_errors_but(&self, expected: &str) {
        let others = self.browser.console_errors().await.into_iter().filter(|line| !line.contains(expected));
        assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new());
    }

    /// Fails if the console shows an error, a violation of the content security policy for one.
    pub async fn assert_no_console_errors(&self) {
        assert_eq!(self.browser.console_errors().await, Vec::<String>::new());
    }
}
