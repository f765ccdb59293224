//! A Leptos app that is rendered on a server and wakes up in the browser: both halves in one trace, in both directions.
//!
//! What is to be known: the server writes its span into the page (`<meta name="traceparent">`), and hydration joins it by `page_parent`.
//! A server function is a `fetch` of the page's, which `Fetch` traces and gives the headers of; the server's layer goes on with them.

use example_shop::{flush, trace_id};
use leptos::prelude::*;
use opentelemetry::trace::Tracer;
use opentelemetry::{Context, global};
use opentelemetry_browser::{AsyncTracer, spawn_in_current_context};

/// Runs on the server, below the span of its request; in the page it is that request.
#[server]
pub async fn price(items: u32) -> Result<u32, ServerFnError> {
    Ok(global::tracer("shop").in_span("price", |_cx| items * 14))
}

#[component]
pub fn Shop() -> impl IntoView {
    let (trace, set_trace) = signal(String::new());
    let checkout = Action::new_local(move |items: &u32| {
        let items = *items;
        async move {
            let work = async |cx: Context| {
                set_trace.set(trace_id(&cx));
                price(items).await
            };
            global::tracer("shop").in_span_async("checkout", work).await
        }
    });
    let answer = move || checkout.value().get().map(|answer| answer.map_or_else(|e| e.to_string(), |n| n.to_string()));
    view! {
        <button id="checkout" on:click=move |_| { checkout.dispatch(3); }>"Check out"</button>
        <button id="flush" on:click=|_| spawn_in_current_context(async { flush().await })>"Flush"</button>
        <p id="trace">{trace}</p>
        <p id="answer">{answer}</p>
    }
}

/// The document around the app, with the span that it is rendered in.
#[cfg(feature = "ssr")]
pub fn document(endpoint: &str) -> impl IntoView + use<> {
    use opentelemetry::trace::TraceContextExt;
    let cx = Context::current();
    let (span, endpoint) = (cx.span().span_context().clone(), endpoint.to_owned());
    let traceparent = format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags());
    let options = LeptosOptions::builder().output_name("example_leptos_ssr").build();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>"A shop in Leptos, rendered on its server"</title>
                <meta name="traceparent" content=traceparent/>
                <meta name="otlp-endpoint" content=endpoint/>
                <HydrationScripts options/>
            </head>
            <body><Shop/></body>
        </html>
    }
}

/// What the page's script calls when the WebAssembly is there.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() -> Result<(), wasm_bindgen::JsError> {
    use opentelemetry_browser::{Telemetry, propagation::page_parent};
    use opentelemetry_browser_instrumentation::{Fetch, Instrumentations};

    let page = leptos::prelude::document();
    let meta = page.query_selector("meta[name=otlp-endpoint]").ok().flatten();
    let endpoint = meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default();
    let telemetry = Telemetry::builder().with_service_name("leptos-page").with_endpoint(endpoint).install()?;
    Instrumentations::new().with(Fetch::new()).install(&telemetry);
    let _server = page_parent()?.unwrap_or_default().attach();
    global::tracer("shop").in_span("hydrate", |_cx| leptos::mount::hydrate_body(Shop));
    if let Some(root) = page.document_element() {
        let _ = root.set_attribute("data-ready", "true");
    }
    Ok(())
}
