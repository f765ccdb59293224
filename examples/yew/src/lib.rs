//! A Yew app whose clicks are traces: a span for the work of the click, one for its request, and the server goes on with them.
//!
//! What is to be known: a callback cannot wait, and `spawn_local` forgets the context. `spawn_in_current_context` keeps it, and a span
//! by `in_span_async` ends with its future.

use example_shop::{cart, flush, trace_id};
use opentelemetry::{Context, global};
use opentelemetry_browser::{AsyncTracer, Telemetry, spawn_in_current_context};
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// Installs telemetry before anything is rendered.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    Telemetry::builder().with_service_name("yew").with_endpoint(endpoint).install()?;
    let place = gloo_utils::document().get_element_by_id("app").ok_or_else(|| JsError::new("the page has no #app"))?;
    yew::Renderer::<Shop>::with_root(place).render();
    Ok(())
}

#[component]
fn Shop() -> Html {
    let trace = use_state(String::new);
    let answer = use_state(String::new);
    let checkout = {
        let (trace, answer) = (trace.clone(), answer.clone());
        Callback::from(move |_: MouseEvent| {
            let (trace, answer) = (trace.clone(), answer.clone());
            spawn_in_current_context(async move {
                let work = async |cx: Context| {
                    trace.set(trace_id(&cx));
                    cart().await.unwrap_or_else(|error| error)
                };
                answer.set(global::tracer("shop").in_span_async("checkout", work).await);
            });
        })
    };
    html! {
        <>
            <button id="checkout" onclick={checkout}>{ "Check out" }</button>
            <button id="flush" onclick={|_| spawn_in_current_context(flush())}>{ "Flush" }</button>
            <p id="trace">{ (*trace).clone() }</p>
            <p id="answer">{ (*answer).clone() }</p>
        </>
    }
}
