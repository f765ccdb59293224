//! The documented other way: `wasm-pack build --target web`, any static server, and a Jaeger.

use crate::traces::click_through;
use e2e::browser::Browser;
use e2e::jaeger::Jaeger;
use e2e::page::Page;
use e2e::ports::free_port;
use e2e::programs;
use e2e::servers::StaticServer;
use serde_json::Value;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

const DEFAULT_OTLP_PORT: u16 = 4318;

fn types(pkg: &Path) -> String {
    let file = pkg.join("inprocess.d.ts");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()))
}

/// The names that the module in pkg/ exports, with their types.
async fn exports(browser: &Browser, pkg: &Path) -> Value {
    let server = StaticServer::start(&programs::page_dir(), pkg).await;
    browser.goto(&format!("{}/www/style.css", server.url)).await;
    let body = "
        const api = await import('/pkg/inprocess.js');
        return Object.entries(api).map(([name, value]) => `${typeof value} ${name}/${value.length}`).sort();";
    browser.run(body, vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn wasm_pack_gives_the_same_exports_and_types() {
    let ours = programs::page_dir().join("pkg");
    let theirs = programs::wasm_pack_pkg();
    for (ours, theirs) in types(&ours).lines().zip(types(&theirs).lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(types(&ours).lines().count(), types(&theirs).lines().count());
    let browser = Browser::start().await;
    let names = exports(&browser, &ours).await;
    assert_eq!(names, exports(&browser, &theirs).await);
    let names = names.to_string();
    for name in ["default", "flush", "getUser", "init", "runMain", "shutdown", "stats"] {
        assert!(names.contains(&format!("function {name}/")), "{name} is exported: {names}");
    }
}

#[test]
fn wasm_pack_has_nothing_to_object() {
    let log = programs::wasm_pack_pkg().join("wasm-pack.log");
    let said =
        std::fs::read_to_string(&log).unwrap_or_else(|error| panic!("{} cannot be read: {error}", log.display()));
    // wasm-pack asks the registry whether a newer wasm-pack is out. Without an answer it warns, and says nothing of the page.
    let is_objection = |line: &&str| {
        let line = line.to_lowercase();
        !line.contains("failed to get wasm-pack version")
            && ["warn", "missing", "recommended", "error"].iter().any(|word| line.contains(word))
    };
    assert!(said.contains("Done in"), "{said}");
    assert_eq!(said.lines().filter(is_objection).collect::<Vec<_>>(), [""; 0], "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_static_server_serves_the_page() {
    let server = StaticServer::start(&programs::page_dir(), &programs::wasm_pack_pkg()).await;
    let page = Page::open(&server.url).await;
    assert_eq!(page.value("endpoint").await, "http://localhost:4318");
    // Whatever listens on the default port shall not get these spans.
    page.apply(&[("endpoint", &format!("http://localhost:{}", free_port()))]).await;
    page.trace_by("lookup-100").await;
    let link = page.trace_link().await.expect("there is a link to the trace");
    assert!(link.starts_with("http://localhost:16686/trace/"), "{link}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Jaeger: cargo xtask test gets one"]
async fn a_static_server_and_a_real_jaeger_are_enough() {
    let server = StaticServer::start(&programs::page_dir(), &programs::wasm_pack_pkg()).await;
    // A developer's own Jaeger may have the default port: then the page is told another.
    if TcpListener::bind((Ipv4Addr::LOCALHOST, DEFAULT_OTLP_PORT)).is_ok() {
        let jaeger = Jaeger::start_on(DEFAULT_OTLP_PORT, &server.url).await;
        let page = Page::open(&server.url).await;
        click_through(&page, &jaeger.viewer).await;
        page.assert_no_console_errors().await;
    } else {
        let jaeger = Jaeger::start(&server.url).await;
        let page = Page::open(&server.url).await;
        page.apply(&[("endpoint", &jaeger.otlp)]).await;
        click_through(&page, &jaeger.viewer).await;
        page.assert_no_console_errors().await;
    }
}
