//! This app without telemetry: what `cargo xtask size kits` weighs it beside.

use gloo_net::http::Request;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[wasm_bindgen]
pub fn start() -> Result<(), JsError> {
    let place = gloo_utils::document().get_element_by_id("app").ok_or_else(|| JsError::new("the page has no #app"))?;
    yew::Renderer::<Shop>::with_root(place).render();
    Ok(())
}

#[component]
fn Shop() -> Html {
    let answer = use_state(String::new);
    let checkout = {
        let answer = answer.clone();
        Callback::from(move |_: MouseEvent| {
            let answer = answer.clone();
            spawn_local(async move {
                let cart = async { Request::get("www/cart.json").send().await?.text().await };
                answer.set(cart.await.unwrap_or_else(|error: gloo_net::Error| error.to_string()));
            });
        })
    };
    html! {
        <>
            <button id="checkout" onclick={checkout}>{ "Check out" }</button>
            <p id="answer">{ (*answer).clone() }</p>
        </>
    }
}
