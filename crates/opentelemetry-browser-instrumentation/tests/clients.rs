//! The clients that Rust has in a browser: all of them call `fetch`, so that none needs a line for its spans.

#![cfg(target_arch = "wasm32")]

use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_browser_instrumentation::{Fetch, Http, Instrumentations, traced};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod page;

use page::{Page, text};

wasm_bindgen_test_configure!(run_in_browser);

#[test]
async fn gloo_net_and_reqwest_are_traced_without_a_line_of_their_own() {
    // What reaches the server, by a fetch below the instrumentation.
    text(
        "globalThis.real = fetch; globalThis.seen = {}; globalThis.fetch = (...given) => {
            const request = new Request(...given);
            seen[new URL(request.url).pathname] = request.headers.get('traceparent');
            return real(request);
        }",
    )
    .await;
    let http = Http::new().with_route(|request| request.url.contains("/users/").then(|| "/users/{id}".to_owned()));
    let page = Page::with(Instrumentations::new().with(Fetch::new()).with_http(http));
    let origin = text("return location.origin").await;
    let cx = Context::new().with_span(global::tracer("test").start_with_context("lookup", &Context::new()));
    let status = gloo_net::http::Request::get("/gloo").send().with_context(cx.clone()).await.unwrap().status();
    assert_eq!(status, 404);
    let status = reqwest::get(format!("{origin}/users/7")).with_context(cx.clone()).await.unwrap().status();
    assert_eq!(status.as_u16(), 404);
    // Many at a time, each below its own.
    let other = Context::new().with_span(global::tracer("test").start_with_context("other", &Context::new()));
    let client = reqwest::Client::new();
    let post = client.post(format!("{origin}/posted")).body("text").send().with_context(other.clone());
    let get = gloo_net::http::Request::get("/got").send().with_context(cx.clone());
    let (mut post, mut get) = (std::pin::pin!(post), std::pin::pin!(get));
    let mut done = (false, false);
    std::future::poll_fn(|task| {
        done.0 = done.0 || post.as_mut().poll(task).is_ready();
        done.1 = done.1 || get.as_mut().poll(task).is_ready();
        if done == (true, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    let web_sys = {
        let _guard = cx.clone().attach();
        traced(&web_sys::Request::new_with_str("/web-sys").unwrap())
    };
    assert_eq!(web_sys.await.unwrap().status(), 404);
    assert!(gloo_net::http::Request::get("http://[").send().with_context(cx.clone()).await.is_err());
    let refused = reqwest::get(format!("{}/", origin.replace("127.0.0.1", "localhost"))).with_context(cx.clone()).await;
    assert!(refused.is_err());
    cx.span().end();
    other.span().end();

    let seen: serde_json::Value = serde_json::from_str(&text("return seen").await).unwrap();
    let spans = page.end().await;
    text("globalThis.fetch = real").await;
    let (lookup, other) = (named(&spans, "lookup"), named(&spans, "other"));
    for (path, name, parent) in [
        ("/gloo", "GET", lookup),
        ("/users/7", "GET /users/{id}", lookup),
        ("/posted", "POST", other),
        ("/got", "GET", lookup),
        ("/web-sys", "GET", lookup),
    ] {
        let url = format!("{origin}{path}");
        let of: Vec<_> = spans.iter().filter(|span| span.get("url.full").as_deref() == Some(&url)).collect();
        let [span] = of.as_slice() else { panic!("{path}: {of:?}") };
        assert_eq!((span.name(), span.parent(), span.trace_id()), (name, Some(parent.id()), parent.trace_id()));
        assert_eq!(seen[path], format!("00-{}-{}-01", span.trace_id(), span.id()), "{path}");
    }
    let failed = spans.iter().filter(|span| span.get("error.type").as_deref() == Some("TypeError"));
    assert_eq!(failed.map(|span| span.parent()).collect::<Vec<_>>(), [Some(lookup.id())], "{spans:?}");
    assert_eq!(spans.len(), 8, "{spans:?}");
}

fn named<'a>(spans: &'a [page::Span], name: &str) -> &'a page::Span {
    spans.iter().find(|span| span.name() == name).unwrap_or_else(|| panic!("no {name}: {spans:?}"))
}
