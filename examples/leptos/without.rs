//! This app without telemetry: what `cargo xtask size kits` weighs it beside.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn start() -> Result<(), JsError> {
    let place = document().get_element_by_id("app").and_then(|place| place.dyn_into::<HtmlElement>().ok());
    mount_to(place.ok_or_else(|| JsError::new("the page has no #app"))?, Shop).forget();
    Ok(())
}

#[component]
fn Shop() -> impl IntoView {
    let checkout = Action::new_local(move |_items: &u32| async move {
        let answer = async { Request::get("www/cart.json").send().await?.text().await };
        answer.await.map_err(|error: gloo_net::Error| error.to_string())
    });
    let answer = move || checkout.value().get().map(|answer| answer.unwrap_or_else(|error| error));
    view! {
        <button id="checkout" on:click=move |_| { checkout.dispatch(3); }>"Check out"</button>
        <p id="answer">{answer}</p>
    }
}
