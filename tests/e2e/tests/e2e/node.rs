//! The same module in Node.js, whose global `fetch` knows no origin and no CORS. Without Node.js on PATH there is nothing to test.

use e2e::page_files;
use e2e::ports::free_port;
use e2e::programs::page_dir;
use e2e::receiver::{Cors, Receiver};
use e2e::temporary::Temporary;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::process::Stdio;
use tokio::process::Command;

/// What the script returns, or `None` where there is no Node.js. The process ends by itself: nothing may keep it alive.
async fn node(script: &str, endpoint: &str) -> Option<Value> {
    let pkg = page_dir().join("pkg");
    let temporary = Temporary::folder();
    let dir = temporary.path();
    page_files::copy(&pkg, dir);
    // Without it Node.js takes a .js file for CommonJS.
    std::fs::write(dir.join("package.json"), r#"{"type":"module"}"#).expect("the manifest can be written");
    let whole = format!(
        "import {{ readFile }} from 'node:fs/promises';
         import * as api from './inprocess.js';
         const [wasm, endpoint] = process.argv.slice(2);
         await api.default({{ module_or_path: await readFile(wasm) }});
         console.log(JSON.stringify(await (async () => {{ {script} }})()));"
    );
    std::fs::write(dir.join("main.mjs"), whole).expect("the script can be written");
    let mut command = Command::new("node");
    command.arg(dir.join("main.mjs")).arg(pkg.join("inprocess_bg.wasm")).arg(endpoint);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no Node.js (18 or newer) on PATH");
            return None;
        }
        output => output.expect("node can be started"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {errors}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_delivered() {
    let receiver = Receiver::start(Cors::default()).await;
    let script = "
        api.init({ endpoint, compression: 'gzip', headers: { 'x-key': 'k' } });
        api.getUser(100);
        const report = await api.flush();
        await api.shutdown();
        return { report, stats: api.stats() };";
    let Some(seen) = node(script, &receiver.url).await else { return };
    assert_eq!(seen["report"], json!({ "delivered": 4, "retrying": 0, "spooled": 0, "dropped": 0 }), "{seen:#}");
    assert_eq!(seen["stats"]["exported"], 4, "{seen:#}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, Method::POST);
    assert_eq!(requests[0].headers["content-encoding"], "gzip");
    assert_eq!(requests[0].headers["x-key"], "k");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_not_there_is_unreachable() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let script = "
        api.init({ endpoint, exportTimeoutMillis: 10000 });
        api.getUser(100);
        const error = await api.flush().catch(error => error);
        const seen = api.stats();
        await api.shutdown().catch(() => {});
        return { message: error.message, seen };";
    let Some(seen) = node(script, &endpoint).await else { return };
    assert_eq!(seen["seen"]["lastErrorCause"], "unreachable", "{seen:#}");
    assert!(seen["seen"]["advice"].as_str().is_some_and(|advice| advice.contains(&endpoint)), "{seen:#}");
    assert!(seen["message"].as_str().is_some_and(|message| message.contains("not delivered")), "{seen:#}");
}
