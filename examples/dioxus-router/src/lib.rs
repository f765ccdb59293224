//! A Dioxus app whose routes are events `browser.navigation`, each with the name of its route as its `url.template`.
//!
//! What is to be known: the router reads a path into a [`Route`], and so does the hook; a route without a name does not compile. The
//! instrumentation hears of a route from the browser, before the router has rendered it.

use dioxus::prelude::*;
use example_shop::flush;
use opentelemetry_browser::Telemetry;
use opentelemetry_browser_instrumentation::{Instrumentations, Navigation};
use wasm_bindgen::prelude::*;

#[derive(Clone, PartialEq, Routable)]
enum Route {
    #[route("/")]
    Home {},
    #[route("/users/:id")]
    User { id: u64 },
}

/// Installs telemetry before Dioxus takes over the page, so that the first route is seen as well.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    let telemetry =
        Telemetry::builder().with_service_name("dioxus-router").with_endpoint(endpoint).with_logs().install()?;
    Instrumentations::new().with(Navigation::new().with_route(template)).install(&telemetry);
    dioxus::launch(app);
    Ok(())
}

/// The route that a URL leads to, as OpenTelemetry writes it.
fn template(url: &str) -> Option<String> {
    let path = web_sys::Url::new(url).ok()?.pathname();
    let name = match path.parse().ok()? {
        Route::Home {} => "/",
        Route::User { .. } => "/users/{id}",
    };
    Some(name.to_owned())
}

fn app() -> Element {
    rsx! {
        Router::<Route> {}
        button { id: "flush", onclick: |_| flush(), "Flush" }
    }
}

#[component]
fn Home() -> Element {
    rsx! {
        Link { id: "user", to: Route::User { id: 7 }, "User 7" }
        p { id: "answer", "home" }
    }
}

#[component]
fn User(id: u64) -> Element {
    rsx! {
        Link { id: "home", to: Route::Home {}, "Home" }
        p { id: "answer", "user {id}" }
    }
}
