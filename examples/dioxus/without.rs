//! This app without telemetry: what `cargo xtask size kits` weighs it beside.

use dioxus::prelude::*;
use gloo_net::http::Request;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn start() {
    dioxus::launch(shop);
}

fn shop() -> Element {
    let mut answer = use_signal(String::new);
    let checkout = move |_| async move {
        let cart = async { Request::get("www/cart.json").send().await?.text().await };
        answer.set(cart.await.unwrap_or_else(|error: gloo_net::Error| error.to_string()));
    };
    rsx! {
        button { id: "checkout", onclick: checkout, "Check out" }
        p { id: "answer", "{answer}" }
    }
}
