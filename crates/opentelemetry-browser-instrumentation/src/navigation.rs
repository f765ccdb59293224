//! Navigations: the document, and the routes within it.

use std::fmt;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::action;
use crate::events::{Event, Events};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/navigation.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchNavigation)]
    fn watch_navigation(navigated: &JsValue) -> Option<Undo>;
}

type Route = dyn Fn(&str) -> Option<String>;

/// Navigations as events `browser.navigation`: one for the document, and one for each route within it, by the Navigation API, or where
/// the engine has none, by the history.
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::{Instrumentations, Navigation};
///
/// // What a router knows as `/users/:id`.
/// let navigation = Navigation::new().with_route(|url| url.contains("/users/").then(|| "/users/{id}".to_owned()));
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
/// Instrumentations::recommended().with(navigation).install(&telemetry);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Default)]
pub struct Navigation {
    route: Option<Box<Route>>,
}

impl Navigation {
    /// Routes have no names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of a URL's route, such as `/users/{id}`: its `url.template`.
    #[must_use]
    pub fn with_route(mut self, route: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.route = Some(Box::new(route));
        self
    }
}

impl fmt::Debug for Navigation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Navigation").finish_non_exhaustive()
    }
}

impl Instrumentation for Navigation {
    fn name(&self) -> &'static str {
        "navigation"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let navigated = Events::new(setup).callback("browser.navigation", move |event: &mut Event| {
            let route = self.route.as_ref().and_then(|route| route(event.text("url.full")?));
            event.attributes.extend(route.map(|route| ("url.template".into(), route.into())));
            // A route that changes is something that the page does.
            action::cause().into_iter().for_each(action::done);
            true
        });
        Stop::script(watch_navigation(&navigated), "there is no document")
    }
}
