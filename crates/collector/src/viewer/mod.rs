//! The viewer: pages for people.
//!
//! In: the store, and a request for the list (`/`), a trace (`/trace/{id}`), a comparison (`/compare`) or the map of services
//! (`/map`). Out: HTML in which everything that came with a span is text. It is shown where scripts do not run; where they do,
//! the files of `assets` (at `/app`) show their own page from the query API. The same is on the viewer's own port and below
//! `/viewer` on the page's port.

mod assets;
mod format;
mod frame;
mod list;
mod span;
mod trace;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use crate::{
    guard::Host,
    headers,
    model::TraceId,
    ports::Reach,
    query::{self, Answers},
    store::Store,
};
use frame::Frame;

/// What the pages need besides the traces.
#[derive(Debug)]
pub struct Viewer {
    pub store: Arc<Store>,
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
    let api = query::router(Arc::clone(&viewer.store), Arc::clone(&viewer.answers), viewer.stop.clone());
    let base = viewer.base;
    let not_found = move || async move { frame::nothing_here(&Frame { base }) };
    Router::new()
        .route("/", get(list_page))
        .route("/trace/{id}", get(trace_page))
        .route("/compare", get(move || async move { frame::needs_script(&Frame { base }, "Compare traces") }))
        .route("/map", get(move || async move { frame::needs_script(&Frame { base }, "Map of services") }))
        .route("/app/{*path}", get(move |path, headers| asset(base, path, headers)))
        .route("/viewer.css", get(style))
        .route("/icon.svg", get(icon))
        .fallback(not_found)
        .with_state(Arc::new(viewer))
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
    let page = move |Extension(Host(host)): Extension<Host>| async move {
        frame::elsewhere(&Frame { base }, name, &viewer.from(&host))
    };
    let pages = Router::new()
        .route("/", get(page.clone()))
        .route("/{*path}", get(page))
        .route("/viewer.css", get(style))
        .route("/icon.svg", get(icon));
    Router::new().nest(base, pages).layer(middleware::from_fn_with_state(headers::VIEWER_CSP, headers::layer))
}

async fn list_page(State(viewer): State<Arc<Viewer>>, Extension(Host(host)): Extension<Host>) -> Response {
    let (page, otlp) = (format!("{}/", viewer.page.from(&host)), format!("{}/v1/traces", viewer.otlp.from(&host)));
    rendered(move || list::page(&viewer, &page, &otlp)).await
}

async fn trace_page(State(viewer): State<Arc<Viewer>>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let frame = Frame { base: viewer.base };
    let Some(trace_id) = TraceId::parse(&id) else {
        return frame::not_an_id(&frame, &id);
    };
    let query = query.unwrap_or_default();
    let from = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "from");
    let Ok(from) = from.map_or(Ok(0), |(_, value)| value.parse()) else {
        return frame::bad_from(&frame);
    };
    rendered(move || match viewer.store.trace(trace_id) {
        Some(spans) => trace::page(&frame, trace_id, &spans, from),
        None => Ok(frame::no_such_trace(&frame, trace_id)),
    })
    .await
}

async fn asset(base: &'static str, Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::answer(&path, &headers).unwrap_or_else(|| frame::nothing_here(&Frame { base }))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css")).into_response()
}

async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg")).into_response()
}

/// Writes a page on a thread that may take its time.
async fn rendered(page: impl FnOnce() -> Result<Response, std::fmt::Error> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(page).await {
        Ok(Ok(response)) => response,
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written\n").into_response(),
    }
}
