//! A Leptos app whose routes are events `browser.navigation`, each with the path that the router knows it by as its `url.template`.
//!
//! What is to be known: a path stands in the code once, for the router and for the name. The instrumentation hears of a route from the
//! browser, before the router has rendered it.

use example_shop::flush;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::{ParamSegment, PathSegment, PossibleRouteMatch, StaticSegment, path};
use opentelemetry_browser::{Telemetry, spawn_in_current_context};
use opentelemetry_browser_instrumentation::{Instrumentations, Navigation};
use wasm_bindgen::prelude::*;

const HOME: StaticSegment<&str> = StaticSegment("");
const USER: (StaticSegment<&str>, ParamSegment) = path!("/users/:id");

/// Installs telemetry before anything is mounted, so that the first route is seen as well.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    let telemetry =
        Telemetry::builder().with_service_name("leptos-router").with_endpoint(endpoint).with_logs().install()?;
    Instrumentations::new().with(Navigation::new().with_route(template)).install(&telemetry);
    let place = document().get_element_by_id("app").and_then(|place| place.dyn_into::<HtmlElement>().ok());
    mount_to(place.ok_or_else(|| JsError::new("the page has no #app"))?, App).forget();
    Ok(())
}

/// The route that a URL leads to, as OpenTelemetry writes it: `/users/{id}` for `/users/:id`.
fn template(url: &str) -> Option<String> {
    let path = web_sys::Url::new(url).ok()?.pathname();
    let routes: [&dyn PossibleRouteMatch; 2] = [&USER, &HOME];
    let leads_there = |route: &&&dyn PossibleRouteMatch| {
        route.test(&path).is_some_and(|found| matches!(found.remaining(), "" | "/"))
    };
    let mut segments = vec![];
    routes.iter().find(leads_there)?.generate_path(&mut segments);
    let names = segments.iter().map(|segment| match segment {
        PathSegment::Unit => String::new(),
        PathSegment::Static(name) => name.trim_start_matches('/').to_owned(),
        PathSegment::Param(name) | PathSegment::OptionalParam(name) | PathSegment::Splat(name) => format!("{{{name}}}"),
    });
    Some(format!("/{}", names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/")))
}

#[component]
fn App() -> impl IntoView {
    view! {
        <Router>
            <nav><A href="/" attr:id="home">"Home"</A>" "<A href="/users/7" attr:id="user">"User 7"</A></nav>
            <Routes fallback=|| "There is no such page.">
                <Route path=HOME view=|| view! { <p id="answer">"home"</p> }/>
                <Route path=USER view=User/>
            </Routes>
        </Router>
        <button id="flush" on:click=|_| spawn_in_current_context(flush())>"Flush"</button>
    }
}

#[component]
fn User() -> impl IntoView {
    let params = use_params_map();
    view! { <p id="answer">"user "{move || params.read().get("id")}</p> }
}
