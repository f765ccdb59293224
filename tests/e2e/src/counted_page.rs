//! The page, sending to a receiver that counts.

use crate::{browser::Browser, page::Page, page_files::PageFiles, recorder::Recorder, servers::Collector};
use serde_json::Value;

pub struct CountedPage {
    pub collector: Collector,
    pub recorder: Recorder,
    pub page: Page,
    _files: PageFiles,
}

impl CountedPage {
    /// With a script that runs before those of the page, on every load.
    pub async fn open(before_scripts: &str) -> Self {
        Self::sending_to(Recorder::start().await, before_scripts).await
    }

    /// Every page that is loaded sends to this receiver.
    pub async fn sending_to(recorder: Recorder, before_scripts: &str) -> Self {
        Self::in_browser(Browser::start().await, recorder, before_scripts).await
    }

    pub async fn in_browser(browser: Browser, recorder: Recorder, before_scripts: &str) -> Self {
        let script = format!(
            "{before_scripts};
             // Firefox's driver runs scripts beside the page, where an import is another module than the page's.
             window.inprocess = () => import('/pkg/inprocess.js');
             document.addEventListener('readystatechange', () => {{
                 document.querySelector('meta[name=otlp-endpoint]').content = '{}';
             }}, {{ once: true }});",
            recorder.url
        );
        let files = PageFiles::with_script(&script);
        let collector = Collector::serving(files.path()).await;
        let page = Page { browser };
        page.visit(&collector.page).await;
        Self { collector, recorder, page, _files: files }
    }

    /// Opens the page anew.
    pub async fn visit(&self) {
        self.page.visit(&self.collector.page).await;
    }

    /// Makes this many lookups of four spans each in one task of the page, and then does something in the same task.
    pub async fn look_up(&self, lookups: u32, then: &str) {
        let script = format!(
            "const {{ getUser }} = await window.inprocess();
             setTimeout(() => {{ for (let n = 0; n < {lookups}; n++) getUser(100); {then} }});"
        );
        self.page.browser.run(&script, vec![]).await;
    }

    /// What the page's telemetry says of itself.
    pub async fn stats(&self) -> Value {
        self.page.browser.run("return (await window.inprocess()).stats()", vec![]).await
    }
}
