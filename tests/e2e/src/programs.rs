//! The programs under test and the tools, as `cargo xtask test` names them in the environment.

use std::env;
use std::path::PathBuf;

/// The collector's program.
pub fn collector() -> PathBuf {
    required("COLLECTOR_BIN")
}

/// The native program.
pub fn inprocess() -> PathBuf {
    required("INPROCESS_BIN")
}

/// The users service.
pub fn users_service() -> PathBuf {
    required("USERS_SERVICE_BIN")
}

/// A Jaeger all-in-one.
pub fn jaeger() -> PathBuf {
    required("JAEGER_BIN")
}

/// A Jaeger 2.
pub fn jaeger_2() -> PathBuf {
    required("JAEGER2_BIN")
}

pub fn chromedriver() -> PathBuf {
    required("CHROMEDRIVER")
}

/// The browser, unless chromedriver shall choose.
pub fn chrome() -> Option<PathBuf> {
    env::var_os("CHROME").filter(|value| !value.is_empty()).map(PathBuf::from)
}

pub fn geckodriver() -> PathBuf {
    required("GECKODRIVER")
}

/// The browser, unless geckodriver shall choose.
pub fn firefox() -> Option<PathBuf> {
    env::var_os("FIREFOX").filter(|value| !value.is_empty()).map(PathBuf::from)
}

pub fn webkit_driver() -> PathBuf {
    required("WEBKIT_DRIVER")
}

/// WebKitGTK's own browser.
pub fn mini_browser() -> PathBuf {
    required("MINI_BROWSER")
}

/// A screen for what cannot do without.
pub fn xvfb() -> PathBuf {
    required("XVFB")
}

/// The folder with index.html, www/ and pkg/.
pub fn page_dir() -> PathBuf {
    required("PAGE_DIR")
}

/// The folder of the examples, each with its index.html, www/ and pkg/.
pub fn examples_dir() -> PathBuf {
    required("EXAMPLES_DIR")
}

/// The pkg/ that wasm-pack built.
pub fn wasm_pack_pkg() -> PathBuf {
    required("WASM_PACK_PKG")
}

/// The pages on which instrumentations are compared with those of others.
pub fn oracle_pages() -> PathBuf {
    required("ORACLE_PAGES")
}

/// The package for JavaScript.
pub fn js_pkg() -> PathBuf {
    required("JS_PKG")
}

/// A program of others that sends or hands on telemetry, by the variable that `cargo xtask test peers` names it in.
pub fn peer(name: &str) -> PathBuf {
    required(name)
}

/// The folder of the tests in JavaScript: the packages for npm are installed there, and app/dist is an app that has them, bundled.
pub fn js_tests_dir() -> PathBuf {
    required("JS_TESTS_DIR")
}

fn required(name: &str) -> PathBuf {
    match env::var_os(name) {
        Some(path) if !path.is_empty() => path.into(),
        _ => panic!("{name} is not set: `cargo xtask test` builds what these tests need and sets it"),
    }
}
