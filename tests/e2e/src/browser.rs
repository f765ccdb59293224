//! One chromedriver with one browser session and a profile of its own, for one test.

use crate::{commands::DriverCommand, programs, wait};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Drop ends the browser and its driver and removes the profile.
pub struct Browser {
    pub client: Client,
    _driver: Driver,
}

impl Browser {
    pub async fn start() -> Self {
        let driver = Driver::start().await;
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
        if let Some(chrome) = programs::chrome() {
            options["binary"] = json!(chrome);
        }
        let mut capabilities = Map::new();
        capabilities.insert("browserName".into(), json!("chrome"));
        capabilities.insert("goog:chromeOptions".into(), options);
        // A flush may take its export timeout of 30 s, which is also the driver's default for a script. A page that does not load in a
        // minute never does.
        capabilities.insert("timeouts".into(), json!({ "script": 120_000, "pageLoad": 60_000 }));
        capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&driver.url()).await;
        Self { client: client.expect("chromedriver starts a browser"), _driver: driver }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} cannot be opened: {error}"));
    }

    /// Runs the body of an async function in the page, with `args` as its `arguments`, and gives what it returns. What it
    /// throws is a failure.
    pub async fn run(&self, body: &str, args: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async function () {{ {body} }}).apply(null, [...arguments].slice(0, -1))
                 .then(value => done({{ value: value ?? null }}), error => done({{ error: String(error) }}));"
        );
        let answer = self.client.execute_async(&script, args).await.expect("the script runs");
        assert!(answer["error"].is_null(), "the page threw {}", answer["error"]);
        answer["value"].clone()
    }

    /// A command of the Chrome DevTools Protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.client.issue_cmd(DriverCommand::devtools(command, params)).await.expect("the DevTools command is accepted")
    }

    /// The console's lines since the last call, as `LEVEL text`.
    pub async fn console(&self) -> Vec<String> {
        let log = self.client.issue_cmd(DriverCommand::console_log()).await.expect("chromedriver gives the log");
        let line = |entry: &Value| format!("{} {}", text(&entry["level"]), text(&entry["message"]));
        log.as_array().expect("the log is a list").iter().map(line).collect()
    }

    /// Errors in the console, those of the content security policy among them.
    pub async fn console_errors(&self) -> Vec<String> {
        self.console().await.into_iter().filter(|line| line.starts_with("SEVERE")).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

struct Driver {
    process: Child,
    port: u16,
    temp_dir: PathBuf,
}

impl Driver {
    async fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("inprocess-e2e-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let temp_dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&temp_dir).expect("a folder for the profile can be made");
        let port = free_port();
        let program = programs::chromedriver();
        let process = Command::new(&program)
            .arg(format!("--port={port}"))
            // Profiles are made there.
            .env("TMPDIR", &temp_dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let driver = Self { process, port, temp_dir };
        wait::until("chromedriver", async || reqwest::get(format!("{}/status", driver.url())).await).await;
        driver
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks chromedriver to end its browsers and itself: ended by force, it would leave the browser behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut vec![])?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Also in a test that failed: nothing here may panic a second time.
        let _ = self.shut_down();
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.temp_dir);
    }
}

/// A port that was free a moment ago, for programs that do not tell which one they took.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a listener has an address").port()
}
