//! A Leptos app (CSR) whose clicks are traces: a span for the action, one for its request, and the server goes on with them.
//!
//! What is to be known: an [`Action`] runs its future as a task of its own, later. So the action's span begins in the future, by
//! `in_span_async`, and ends with it, whoever else holds its context.

use example_shop::{cart, flush, trace_id};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::{AsyncTracer, Telemetry, spawn_in_current_context};
use wasm_bindgen::prelude::*;

/// Installs telemetry before anything is mounted, so that the first render can be traced as well.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    Telemetry::builder().with_service_name("leptos").with_endpoint(endpoint).install()?;
    let place = document().get_element_by_id("app").and_then(|place| place.dyn_into::<HtmlElement>().ok());
    mount_to(place.ok_or_else(|| JsError::new("the page has no #app"))?, Shop).forget();
    Ok(())
}

#[component]
fn Shop() -> impl IntoView {
    let (trace, set_trace) = signal(String::new());
    let checkout = Action::new_local(move |items: &u32| {
        let items = i64::from(*items);
        async move {
            let work = async |cx: Context| {
                set_trace.set(trace_id(&cx));
                cx.span().set_attribute(KeyValue::new("cart.items", items));
                cart().await
            };
            global::tracer("shop").in_span_async("checkout", work).await
        }
    });
    let answer = move || checkout.value().get().map(|answer| answer.unwrap_or_else(|error| error));
    view! {
        <button id="checkout" on:click=move |_| { checkout.dispatch(3); }>"Check out"</button>
        <button id="flush" on:click=|_| spawn_in_current_context(flush())>"Flush"</button>
        <p id="trace">{trace}</p>
        <p id="answer">{answer}</p>
    }
}
