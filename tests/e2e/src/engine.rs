//! The three browser engines: which programs drive each, and how.

use crate::programs;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What runs a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

impl Engine {
    /// The one that `BROWSER_ENGINE` names; Chromium if it names none.
    pub fn chosen() -> Self {
        let name = std::env::var("BROWSER_ENGINE").unwrap_or_default();
        let all = [Self::Chromium, Self::Firefox, Self::WebKit];
        let chosen = all.into_iter().find(|engine| name.eq_ignore_ascii_case(engine.name()));
        assert!(chosen.is_some() || name.is_empty(), "BROWSER_ENGINE={name} is none of {all:?}");
        chosen.unwrap_or(Self::Chromium)
    }

    /// As it is called in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    pub(crate) fn driver(self) -> PathBuf {
        match self {
            Self::Chromium => programs::chromedriver(),
            Self::Firefox => programs::geckodriver(),
            Self::WebKit => programs::webkit_driver(),
        }
    }

    /// Whether its browser needs a screen: only MiniBrowser cannot do without.
    pub(crate) fn needs_screen(self) -> bool {
        self == Self::WebKit
    }

    pub(crate) fn command(self, port: u16, temp_dir: &Path) -> Command {
        let mut command = Command::new(self.driver());
        command.arg(format!("--port={port}"));
        // Profiles are made there.
        command.env("TMPDIR", temp_dir);
        match self {
            Self::Chromium => {}
            Self::Firefox => {
                // It asks its browser by a port of its own, and takes a fixed one unless told otherwise.
                command.args(["--websocket-port=0", "--allow-system-access"]).env("HOME", temp_dir);
            }
            Self::WebKit => {
                // Nothing of a desktop is asked, and nothing of an earlier run is found.
                command.env("HOME", temp_dir).env("XDG_RUNTIME_DIR", temp_dir).env("NO_AT_BRIDGE", "1");
                command.env("GSETTINGS_BACKEND", "memory").env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
            }
        }
        command
    }

    /// With a profile of its own that the driver makes and removes, or with one that is kept. WebKit's driver can do the former only.
    pub(crate) fn capabilities(self, profile: Option<&Path>) -> Map<String, Value> {
        let mut capabilities = Map::new();
        // A flush may take its export timeout of 30 s, which is also the driver's default for a script. A page that does not load in a
        // minute never does.
        capabilities.insert("timeouts".into(), json!({ "script": 120_000, "pageLoad": 60_000 }));
        match self {
            Self::Chromium => {
                capabilities.insert("browserName".into(), json!("chrome"));
                capabilities.insert("goog:chromeOptions".into(), chrome_options(profile));
                capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
            }
            Self::Firefox => {
                let mut options = json!({ "args": ["-headless", "--width=1280", "--height=1000"] });
                if let (Some(args), Some(profile)) = (options["args"].as_array_mut(), profile) {
                    args.extend([json!("-profile"), json!(profile)]);
                }
                if let Some(firefox) = programs::firefox() {
                    options["binary"] = json!(firefox);
                }
                capabilities.insert("browserName".into(), json!("firefox"));
                capabilities.insert("moz:firefoxOptions".into(), options);
            }
            Self::WebKit => {
                assert!(profile.is_none(), "MiniBrowser keeps nothing of what its driver does");
                let options = json!({ "binary": programs::mini_browser(), "args": ["--automation"] });
                capabilities.insert("webkitgtk:browserOptions".into(), options);
            }
        }
        capabilities
    }
}

fn chrome_options(profile: Option<&Path>) -> Value {
    let mut options = json!({ "args": [
        "--headless=new",
        // Chromium's sandbox refuses to run as root and in most containers; these pages are our own.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
    ]});
    if let (Some(args), Some(profile)) = (options["args"].as_array_mut(), profile) {
        args.push(json!(format!("--user-data-dir={}", profile.display())));
    }
    if let Some(chrome) = programs::chrome() {
        options["binary"] = json!(chrome);
    }
    options
}
