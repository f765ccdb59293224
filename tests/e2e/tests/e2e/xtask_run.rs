//! `cargo xtask run`, as its user starts it: on free ports, with what was built before.

use std::env;
use std::process::Stdio;

use e2e::page::Page;
use e2e::programs::page_dir;
use e2e::servers::addresses;
use e2e::traces::trace;
use e2e::wait;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// What `cargo test` tells its own processes is not for another cargo.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME" {
            command.env_remove(&*name);
        }
    }
    command
}

fn start() -> Child {
    let mut command = cargo();
    command.current_dir(page_dir()).args(["xtask", "run", "--memory"]);
    for flag in ["--page-addr", "--otlp-addr", "--grpc-addr", "--query-addr", "--users-addr"] {
        command.args([flag, "127.0.0.1:0"]);
    }
    // The service's spans leave at once.
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().expect("cargo starts")
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn its_page_looks_users_up_both_ways_and_ctrl_c_ends_everything() {
    let mut process = start();
    let [url, _, _, viewer] = addresses(&mut process).await;
    let page = Page::open(&url).await;
    let users = page.script("return document.querySelector('meta[name=users-url]').content").await;
    let users =
        users.as_str().and_then(|url| url.strip_prefix("http://")).expect("the page knows the service").to_owned();
    let here = page.trace_by("lookup-100").await;
    let answer = page.answer().await;
    page.find("label:has(#over-http)").await.click().await.expect("the switch can be clicked");
    let there = page.trace_by("lookup-100").await;
    assert_eq!(page.answer().await, answer);
    assert_eq!(page.problem().await, "");
    page.click("flush").await;
    trace(&viewer, &here, 4).await.assert_lookup(100, true);
    assert_eq!(trace(&viewer, &there, 10).await.spans.len(), 10);

    // cargo, xtask and the collector are one process, one after the other; the service ends with it.
    let id = process.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.expect("kill is there").success());
    let ended = process.wait().await.expect("it ends");
    assert!(ended.success(), "{ended}");
    wait::until("the users service to end", async || {
        TcpStream::connect(&users).await.map_or(Ok(()), |_| Err("it still listens"))
    })
    .await;
}
