//! The browser for the tests: chromedriver and the Chromium that it starts. CHROMEDRIVER and CHROME, then PATH, then the
//! system's package manager where it is apt and this user may install.

use crate::{Result, apt, workspace::Workspace, workspace::on_path, workspace::program_from_env};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a test needs to start a browser.
pub struct Browser {
    pub chromedriver: PathBuf,
    /// Only when CHROME names one: otherwise chromedriver knows the browser that it was built with.
    pub chrome: Option<PathBuf>,
}

impl Browser {
    /// Names it to tests, by their environment.
    pub fn name_in(&self, command: &mut Command) {
        command.env("CHROMEDRIVER", &self.chromedriver);
        if let Some(chrome) = &self.chrome {
            command.env("CHROME", chrome);
        }
    }
}

const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

pub fn ensure() -> Result<Browser> {
    if let Some(browser) = find()? {
        return Ok(browser);
    }
    let advice = "the tests need Chromium and its driver (Debian: apt-get install chromium chromium-driver; elsewhere \
                  https://googlechromelabs.github.io/chrome-for-testing), on PATH or named by CHROME and CHROMEDRIVER";
    apt::install(&["chromium", "chromium-driver"], advice)?;
    find()?.ok_or_else(|| format!("apt-get installed no chromedriver on PATH: {advice}"))
}

fn find() -> Result<Option<Browser>> {
    let chrome = program_from_env("CHROME")?;
    let chromedriver = program_from_env("CHROMEDRIVER")?.or_else(|| on_path(&["chromedriver"]));
    let browser_is_there = chrome.is_some() || on_path(&BROWSERS).is_some() || cfg!(not(target_os = "linux"));
    Ok(chromedriver.filter(|_| browser_is_there).map(|chromedriver| Browser { chromedriver, chrome }))
}

/// The browser's settings for wasm-bindgen's test runner, as a file under target/tools.
pub fn write_webdriver_json(workspace: &Workspace, browser: &Browser) -> Result<PathBuf> {
    let mut options = json!({
        "args": [
            "--headless=new",
            // Chromium's sandbox refuses to run as root and in most containers; these pages are our own.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
    });
    if let Some(chrome) = &browser.chrome {
        options["binary"] = json!(chrome);
    }
    let path = workspace.tools_dir().join("webdriver.json");
    // A test may walk through the history: a driver that waits for its page to load then waits for minutes, in vain.
    let capabilities = json!({ "goog:chromeOptions": options, "pageLoadStrategy": "none" });
    write(&path, &capabilities.to_string())?;
    Ok(path)
}

/// The same for Firefox.
pub fn write_firefox_json(workspace: &Workspace, firefox: &Path) -> Result<PathBuf> {
    let path = workspace.tools_dir().join("webdriver-firefox.json");
    let capabilities = json!({ "moz:firefoxOptions": { "binary": firefox }, "pageLoadStrategy": "none" });
    write(&path, &capabilities.to_string())?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
