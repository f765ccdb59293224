//! The viewer: pages for people.
//!
//! In: a request for the list (`/`), a trace (`/trace/{id}`), a comparison (`/compare`), the
//! map of services (`/map`), the logs (`/logs`) or the metrics (`/series`), and the
//! links of Jaeger's UI (`links`), which lead to these. Out: a page without traces in it, whose script (the files of `assets`, at
//! `/app`) shows them from the query API; it says so where scripts do not run. The same is on the viewer's own port and below
//! `/viewer` on the page's port.

mod assets;
mod frame;
mod links;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use crate::{
    guard::Host,
    headers,
    keep::Stores,
    model::TraceId,
    ports::Reach,
    query::{self, Answers},
};
use frame::Frame;

/// What the pages need besides the traces.
#[derive(Debug)]
pub struct Viewer {
    pub stores: Stores,
    /// The path below which the pages are: empty, or `/viewer`.
    pub base: &'static str,
    /// Where the page is and where spans are sent, for whoever looks at an empty list.
    pub page: Reach,
    pub otlp: Reach,
    /// How the API answers.
    pub answers: Arc<Answers>,
    /// Tells when the collector ends.
    pub stop: query::Stop,
}

/// The pages, the query API beside them, and where files are uploaded to.
pub fn router(viewer: Viewer, upload: Router) -> Router {
    let api = query::router(viewer.stores.clone(), Arc::clone(&viewer.answers), viewer.stop.clone());
    let frame = Frame { base: viewer.base };
    Router::new()
        .route("/", get(list_page))
        .route("/trace/{id}", get(trace_page))
        .route("/compare", get(move || async move { frame.app("Compare traces") }))
        .route("/logs", get(logs_page))
        .route("/series", get(move || async move { frame.app("Metrics") }))
        .route("/map", get(move || async move { frame.app("Map of services") }))
        .merge(links::router(frame))
        .fallback(move || async move { frame::nothing_here(&frame) })
        .with_state(Arc::new(viewer))
        .merge(files(frame))
        .merge(api)
        .merge(upload)
        .layer(middleware::from_fn_with_state(headers::VIEWER_CSP, headers::layer))
}

/// The same, to be merged into the page's router.
pub fn below(viewer: Viewer, upload: Router) -> Router {
    let base = viewer.base;
    let home = format!("{base}/");
    Router::new().nest(base, router(viewer, upload)).route(&home, get(move || async move { Redirect::permanent(base) }))
}

/// What stands below `base` when this collector receives nothing, because another program does.
pub fn elsewhere(base: &'static str, name: &'static str, viewer: Reach) -> Router {
    let frame = Frame { base };
    let page = move |Extension(Host(host)): Extension<Host>| async move {
        frame::elsewhere(&frame, name, &viewer.from(&host))
    };
    let pages = Router::new().route("/", get(page.clone())).route("/{*path}", get(page)).merge(files(frame));
    Router::new().nest(base, pages).layer(middleware::from_fn_with_state(headers::VIEWER_CSP, headers::layer))
}

/// The script, the style sheets and the icon.
fn files(frame: Frame) -> Router {
    let asset = move |Path(path): Path<String>, headers: HeaderMap| async move {
        assets::answer(&path, &headers).unwrap_or_else(|| frame::nothing_here(&frame))
    };
    Router::new().route("/app/{*path}", get(asset)).route("/icon.svg", get(icon))
}

async fn list_page(State(viewer): State<Arc<Viewer>>, Extension(Host(host)): Extension<Host>) -> Response {
    let (page, otlp) = (format!("{}/", viewer.page.from(&host)), format!("{}/v1/traces", viewer.otlp.from(&host)));
    Frame { base: viewer.base }.list(&page, &otlp)
}

async fn logs_page(State(viewer): State<Arc<Viewer>>, Extension(Host(host)): Extension<Host>) -> Response {
    let otlp = format!("{}/v1/logs", viewer.otlp.from(&host));
    Frame { base: viewer.base }.logs(&otlp)
}

async fn trace_page(State(viewer): State<Arc<Viewer>>, Path(id): Path<String>) -> Response {
    let frame = Frame { base: viewer.base };
    if let Some(comparison) = links::comparison(&frame, &id) {
        return comparison;
    }
    let Some(trace_id) = TraceId::parse(&id) else {
        return frame::not_an_id(&frame, &id);
    };
    match viewer.stores.traces.root(trace_id) {
        Some(root) => frame.trace(trace_id, &root.name),
        None => frame::no_such_trace(&frame, trace_id),
    }
}

async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg")).into_response()
}
