//! WebDriver commands that only one driver has.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

/// A POST to a path below the session's.
#[derive(Debug)]
pub struct DriverCommand {
    path: &'static str,
    body: Value,
}

impl DriverCommand {
    /// The console's lines since the last call.
    pub fn console_log() -> Self {
        Self { path: "se/log", body: json!({ "type": "browser" }) }
    }

    /// Which of Firefox's contexts scripts run in: `content` or `chrome`.
    pub fn firefox_context(name: &str) -> Self {
        Self { path: "moz/context", body: json!({ "context": name }) }
    }

    /// A command of the Chrome DevTools Protocol.
    pub fn devtools(command: &str, params: Value) -> Self {
        Self { path: "goog/cdp/execute", body: json!({ "cmd": command, "params": params }) }
    }
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(
        &self,
        base_url: &reqwest::Url,
        session_id: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as std::str::FromStr>::Err> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &reqwest::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}
