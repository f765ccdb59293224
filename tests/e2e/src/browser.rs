//! One driver with one browser session and a profile of its own, for one test.

use crate::{
    commands::DriverCommand, engine::Engine, ports::free_port, programs, screen::Screen, temporary::Temporary, wait,
};
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Keeps what a page says from its load on: only Chromium's driver gives the console.
const LISTEN: &str = "window.heard = [];
    const hear = (level, ...words) => window.heard.push(`${level} ${words.join(' ')}`);
    for (const name of ['debug', 'info', 'log', 'warn', 'error']) {
        const real = console[name];
        console[name] = (...words) => { hear(name === 'error' ? 'SEVERE' : 'INFO', ...words); real.apply(console, words); };
    }
    addEventListener('error', (event) => hear('SEVERE', event.message, event.filename));
    addEventListener('unhandledrejection', (event) => hear('SEVERE', event.reason));
    document.addEventListener('securitypolicyviolation', (event) => hear('SEVERE', event.violatedDirective, event.blockedURI));";

/// Drop ends the browser and its driver and removes the profile.
pub struct Browser {
    pub client: Client,
    pub engine: Engine,
    driver: Driver,
    /// What outlives the browser, if anything does.
    profile: Option<Temporary>,
}

impl Browser {
    /// Of the engine that the tests are run with.
    pub async fn start() -> Self {
        Self::with_profile(None).await
    }

    /// One that can be killed.
    pub async fn start_with_kept_profile() -> Self {
        Self::with_profile(Some(Temporary::folder())).await
    }

    /// Kills all processes of the browser at once, and starts it anew with the same profile.
    pub async fn kill(&mut self) {
        self.driver.kill();
        let profile = self.profile.take().expect("it has a profile that is kept");
        *self = Self::with_profile(Some(profile)).await;
    }

    async fn with_profile(profile: Option<Temporary>) -> Self {
        let engine = Engine::chosen();
        let mut driver = Driver::start(engine).await;
        let path = profile.as_ref().map(Temporary::path);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(engine.capabilities(path)).connect(&driver.url()).await;
        let client = client.unwrap_or_else(|error| panic!("{} does not start: {error}", engine.name()));
        driver.session = client.session_id().await.expect("the driver answers").expect("a browser has a session");
        Self { client, engine, driver, profile }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} cannot be opened: {error}"));
        if self.engine != Engine::Chromium {
            self.client.execute(LISTEN, vec![]).await.expect("the script runs");
        }
    }

    /// Runs the body of an async function in the page, with `args` as its `arguments`, and gives what it returns. What it
    /// throws is a failure.
    pub async fn run(&self, body: &str, args: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async function () {{ {body} }}).apply(null, [...arguments].slice(0, -1))
                 .then(value => done({{ value: value ?? null }}), error => done({{ error: String(error) }}));"
        );
        let answer = self.client.execute_async(&script, args).await;
        let answer = answer.unwrap_or_else(|error| panic!("the page does not answer to {body}: {error}"));
        assert!(answer["error"].is_null(), "the page threw {}", answer["error"]);
        answer["value"].clone()
    }

    /// A command of the Chrome DevTools Protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.client.issue_cmd(DriverCommand::devtools(command, params)).await.expect("the DevTools command is accepted")
    }

    /// The console's lines since the last call, as `LEVEL text`.
    pub async fn console(&self) -> Vec<String> {
        let heard = match self.engine {
            Engine::Chromium => self.client.issue_cmd(DriverCommand::console_log()).await,
            Engine::Firefox | Engine::WebKit => {
                self.client.execute("return window.heard?.splice(0) ?? []", vec![]).await
            }
        };
        let mut lines = heard.expect("the driver gives the console").as_array().cloned().unwrap_or_default();
        if self.engine == Engine::Firefox {
            lines.extend(
                self.firefox_errors()
                    .await
                    .expect("geckodriver gives the console")
                    .as_array()
                    .cloned()
                    .into_iter()
                    .flatten(),
            );
        }
        lines.iter().map(line).collect()
    }

    /// Errors that Firefox has in its own console, which scripts with the rights of the browser may read.
    async fn firefox_errors(&self) -> Result<Value, CmdError> {
        const READ: &str = "const messages = Services.console.getMessageArray();
            Services.console.reset();
            return messages.filter((message) => /^https?:/.test(message.sourceName ?? '') && !(message.flags & 1))
                .map((message) => `SEVERE ${message.sourceName} ${message.errorMessage}`);";
        self.firefox_chrome(READ).await
    }

    /// Runs a script with the rights of the browser.
    async fn firefox_chrome(&self, script: &str) -> Result<Value, CmdError> {
        self.client.issue_cmd(DriverCommand::firefox_context("chrome")).await?;
        let value = self.client.execute(script, vec![]).await;
        self.client.issue_cmd(DriverCommand::firefox_context("content")).await?;
        value
    }

    /// Hides the page that is seen.
    pub async fn hide(&self) {
        if self.engine == Engine::WebKit {
            // A tab that its driver opens hides no other.
            self.client.minimize_window().await.expect("the window is minimized");
        } else {
            let tab = self.client.new_window(true).await.expect("another tab opens").handle;
            self.client.switch_to_window(tab).await.expect("the other tab can be chosen");
        }
    }

    /// Ends the process of the page that is shown, as a crash does, and goes on in another tab. WebKit's driver ends its session then, and with
    /// it what the browser has stored.
    pub async fn crash(&self) {
        let doomed = self.client.window().await.expect("the tab has a handle");
        let tab = self.client.new_window(true).await.expect("another tab opens").handle;
        if self.engine == Engine::Firefox {
            // A page of the browser itself: an empty one may share the process that ends.
            self.client.switch_to_window(tab.clone()).await.expect("the other tab is there");
            self.client.goto("about:config").await.expect("the browser's own page opens");
        }
        self.client.switch_to_window(doomed).await.expect("the tab is still there");
        if self.engine == Engine::Firefox {
            // Its driver has it end with the first page that crashes.
            const READ: &str = "Services.env.set('MOZ_CRASHREPORTER_SHUTDOWN', '');
                return gBrowser.selectedBrowser.frameLoader.remoteTab.osPid;";
            kill(&self.firefox_chrome(READ).await.expect("geckodriver gives the page's process").to_string());
        } else {
            // The answer is an error, if there is any.
            let _ = tokio::time::timeout(Duration::from_secs(10), self.client.goto("chrome://crash")).await;
        }
        self.client.switch_to_window(tab).await.expect("the other tab lives");
        // Firefox goes on with a page of another process once it has shown one.
        wait::until("an empty page", async || {
            self.client.goto("about:blank").await?;
            let url = self.client.current_url().await?;
            if url.as_str() == "about:blank" { Ok(()) } else { Err(CmdError::NotW3C(url.as_str().into())) }
        })
        .await;
    }

    /// Errors in the console, those of the content security policy among them.
    pub async fn console_errors(&self) -> Vec<String> {
        self.console().await.into_iter().filter(|line| line.starts_with("SEVERE")).collect()
    }
}

/// Of chromedriver an object, of others the line.
fn line(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    entry.as_str().map_or_else(|| format!("{} {}", text("level"), text("message")), str::to_owned)
}

/// Sends a process, or with a minus a group of processes, a signal that ends it at once.
fn kill(pid: &str) {
    let _ = Command::new("kill").args(["-KILL", "--", pid]).stderr(Stdio::null()).status();
}

struct Driver {
    engine: Engine,
    process: Child,
    port: u16,
    /// Empty until there is one.
    session: String,
    /// Of its profile, and of whatever else it makes.
    _temp_dir: Temporary,
    _screen: Option<Screen>,
}

impl Driver {
    async fn start(engine: Engine) -> Self {
        let temp_dir = Temporary::folder();
        let port = free_port();
        let screen = engine
            .needs_screen()
            .then(|| Screen::start(&programs::xvfb()).unwrap_or_else(|error| panic!("no screen: {error}")));
        let mut command = engine.command(port, temp_dir.path());
        if let Some(screen) = &screen {
            command.env("DISPLAY", &screen.display);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // What a driver leaves behind is ended with its group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command.spawn();
        let process =
            process.unwrap_or_else(|error| panic!("{} cannot be started: {error}", engine.driver().display()));
        let driver = Self { engine, process, port, session: String::new(), _temp_dir: temp_dir, _screen: screen };
        let what = format!("the driver of {}", engine.name());
        wait::until(&what, async || reqwest::get(format!("{}/status", driver.url())).await).await;
        driver
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks the driver to end its browser: ended by force, it would leave the browser behind. chromedriver ends all of them.
    fn shut_down(&self) -> std::io::Result<()> {
        let request = match self.engine {
            Engine::Chromium => "GET /shutdown".to_owned(),
            Engine::Firefox | Engine::WebKit => format!("DELETE /session/{}", self.session),
        };
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut vec![])?;
        Ok(())
    }

    /// Ends it by force, and all that it has started.
    fn kill(&mut self) {
        #[cfg(unix)]
        kill(&format!("-{}", self.process.id()));
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Also in a test that failed: nothing here may panic a second time.
        let _ = self.shut_down();
        self.kill();
    }
}
