//! The engines beside Chromium: what drives each, found or installed, and the tests that are asked of every engine.

use crate::browser::{self, Browser};
use crate::screen::Screen;
use crate::tools::Tool;
use crate::workspace::{Workspace, on_path, program_from_env};
use crate::{Result, apt};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a test needs to start a browser of one engine.
pub enum Engine {
    Chromium(Browser),
    Firefox { geckodriver: PathBuf, firefox: PathBuf },
    WebKit { driver: PathBuf, mini_browser: PathBuf, xvfb: PathBuf },
}

impl Engine {
    pub fn chromium(_: &Workspace) -> Result<Self> {
        browser::ensure().map(Self::Chromium)
    }

    /// Firefox by Debian's package, its driver by cargo: no package has that.
    pub fn firefox(workspace: &Workspace) -> Result<Self> {
        let advice = "the tests in Firefox need it (Debian: apt-get install firefox-esr) and geckodriver, on PATH or named by \
                      FIREFOX and GECKODRIVER";
        let find = || Ok(program_from_env("FIREFOX")?.or_else(|| on_path(&["firefox-esr", "firefox"])));
        let firefox = found_or_installed(find, &["firefox-esr"], advice)?;
        let geckodriver = match program_from_env("GECKODRIVER")?.or_else(|| on_path(&["geckodriver"])) {
            Some(program) => program,
            None => Tool::geckodriver().ensure(workspace)?,
        };
        Ok(Self::Firefox { geckodriver, firefox })
    }

    pub fn webkit(_: &Workspace) -> Result<Self> {
        let advice = "the tests in WebKit need WebKitGTK's driver and a screen (Debian: apt-get install webkit2gtk-driver xvfb), on \
                      PATH or named by WEBKIT_DRIVER, MINI_BROWSER and XVFB";
        found_or_installed(find_webkit, &["webkit2gtk-driver", "xvfb"], advice)
    }

    /// As `BROWSER_ENGINE` has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Chromium(_) => "Chromium",
            Self::Firefox { .. } => "Firefox",
            Self::WebKit { .. } => "WebKit",
        }
    }

    /// Names it to tests, by their environment.
    pub fn name_in(&self, command: &mut Command) {
        command.env("BROWSER_ENGINE", self.name());
        match self {
            Self::Chromium(browser) => browser.name_in(command),
            Self::Firefox { geckodriver, firefox } => {
                command.env("GECKODRIVER", geckodriver).env("FIREFOX", firefox);
            }
            Self::WebKit { driver, mini_browser, xvfb } => {
                command.env("WEBKIT_DRIVER", driver).env("MINI_BROWSER", mini_browser).env("XVFB", xvfb);
            }
        }
    }

    /// Has wasm-bindgen's test runner take this engine, and no other. What it gives is to live as long as the tests run.
    pub fn drives_wasm_tests(&self, workspace: &Workspace, command: &mut Command) -> Result<Option<Screen>> {
        command.env_remove("CHROMEDRIVER").env_remove("GECKODRIVER").env_remove("SAFARIDRIVER");
        match self {
            Self::Chromium(_) => Ok(None),
            Self::Firefox { geckodriver, firefox } => {
                // It asks its browser by a port of its own, and takes a fixed one unless told otherwise.
                command.env("GECKODRIVER", geckodriver).env("GECKODRIVER_ARGS", "--websocket-port=0");
                command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_firefox_json(workspace, firefox)?);
                Ok(None)
            }
            Self::WebKit { driver, xvfb, .. } => {
                let screen = Screen::start(xvfb)?;
                // To the runner every WebKit is Safari, by a driver with the same commands. This one finds its MiniBrowser itself.
                command.env("SAFARIDRIVER", driver).env("DISPLAY", &screen.display);
                // Nothing of a desktop is asked, and nothing of an earlier run is found.
                let home = emptied(workspace)?;
                for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
                    command.env(name, &home);
                }
                command.env("NO_AT_BRIDGE", "1").env("GSETTINGS_BACKEND", "memory");
                command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
                Ok(Some(screen))
            }
        }
    }
}

/// An empty folder for what a browser leaves.
fn emptied(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target_dir.join("webkit");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}

fn found_or_installed<T>(find: impl Fn() -> Result<Option<T>>, packages: &[&str], advice: &str) -> Result<T> {
    if let Some(found) = find()? {
        return Ok(found);
    }
    apt::install(packages, advice)?;
    find()?.ok_or_else(|| format!("apt-get installed no {}: {advice}", packages.join(" and no ")))
}

fn find_webkit() -> Result<Option<Engine>> {
    let driver = program_from_env("WEBKIT_DRIVER")?.or_else(|| on_path(&["WebKitWebDriver"]));
    let mini_browser = program_from_env("MINI_BROWSER")?.or_else(|| on_path(&["MiniBrowser"])).or_else(mini_browser);
    let xvfb = program_from_env("XVFB")?.or_else(|| on_path(&["Xvfb"]));
    Ok(match (driver, mini_browser, xvfb) {
        (Some(driver), Some(mini_browser), Some(xvfb)) => Some(Engine::WebKit { driver, mini_browser, xvfb }),
        _ => None,
    })
}

/// A program of the library's: it lies beside that, in a folder that has the machine's name and the library's version in it.
fn mini_browser() -> Option<PathBuf> {
    let below = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        // The newest version's last.
        paths.sort();
        paths
    };
    let mut folders = vec![PathBuf::from("/usr/libexec"), PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")];
    folders.extend(below(Path::new("/usr/lib")));
    let is_webkits =
        |folder: &PathBuf| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("webkit"));
    let candidates = folders.iter().flat_map(|folder| below(folder)).filter(is_webkits);
    candidates.map(|folder| folder.join("MiniBrowser")).rfind(|program| program.is_file())
}
