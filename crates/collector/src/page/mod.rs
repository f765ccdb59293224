//! Serves the page from a directory: `index.html` at `/`, `www/`, `pkg/` and a favicon, and nothing else that may lie there.
//!
//! Files are read when they are asked for, so an edited or rebuilt page shows at the next reload; an entity tag over the
//! content keeps reloads cheap. `index.html` is told the addresses of this run on its way out, as its reader reaches them.

mod files;
mod meta;

use std::{io, path::PathBuf, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{content, guard::Host, headers};
pub use meta::Places;

/// What is served.
#[derive(Debug)]
pub struct Page {
    pub directory: PathBuf,
    pub places: Places,
}

/// What an unbuilt page has to say, also on the terminal.
pub const BUILD_IT: &str = "build it with `cargo xtask run`, or say with --page-dir where it is";

pub fn router(page: Arc<Page>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/index.html", get(index))
        .route("/www/{*path}", get(|page, path, headers| file(page, "www", path, headers)))
        .route("/pkg/{*path}", get(|page, path, headers| file(page, "pkg", path, headers)))
        .route("/{favicon}", get(favicon))
        .fallback(|| async { not_found() })
        .layer(middleware::from_fn_with_state(headers::PAGE_CSP, headers::layer))
        .with_state(page)
}

/// What the page lacks, if it lacks something.
pub async fn missing(directory: &std::path::Path) -> Option<&'static str> {
    for (name, what) in [("index.html", "no index.html"), ("pkg", "no pkg/ (the page's WebAssembly)")] {
        if tokio::fs::metadata(directory.join(name)).await.is_err() {
            return Some(what);
        }
    }
    None
}

async fn index(State(page): State<Arc<Page>>, Extension(Host(host)): Extension<Host>, headers: HeaderMap) -> Response {
    if let Some(what) = missing(&page.directory).await {
        return unbuilt(what, &page.directory.display().to_string());
    }
    match tokio::fs::read_to_string(page.directory.join("index.html")).await {
        Ok(html) => {
            let filled = meta::fill(&html, &page.places.from(&host));
            content::answer(filled.into_bytes(), "text/html; charset=utf-8", &headers)
        }
        Err(error) => unreadable("index.html", &error),
    }
}

async fn file(
    State(page): State<Arc<Page>>,
    folder: &'static str,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    match files::read(page.directory.join(folder), path.clone()).await {
        Ok(Some(bytes)) => content::answer(bytes, content::media_type(&path), &headers),
        Ok(None) if folder == "pkg" && tokio::fs::metadata(page.directory.join("pkg")).await.is_err() => {
            (StatusCode::NOT_FOUND, format!("pkg/ is not there: {BUILD_IT}\n")).into_response()
        }
        Ok(None) => not_found(),
        Err(error) => unreadable(&path, &error),
    }
}

async fn favicon(State(page): State<Arc<Page>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if !matches!(name.as_str(), "favicon.ico" | "favicon.svg" | "favicon.png") {
        return not_found();
    }
    match files::read(page.directory.clone(), name.clone()).await {
        Ok(Some(bytes)) => content::answer(bytes, content::media_type(&name), &headers),
        _ => not_found(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found: the page is at /, recorded traces are at /viewer\n").into_response()
}

fn unreadable(name: &str, error: &io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{name} cannot be read: {error}\n")).into_response()
}

fn unbuilt(what: &str, directory: &str) -> Response {
    let directory = crate::html::text(directory);
    let body = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>The page is not built</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\n\
         <h1>The page is not built</h1>\n<p>There is {what} in <code>{directory}</code>.</p>\n\
         <p>Run <code>cargo xtask run</code> in the repository: it builds the page and starts this server. \
         Or say with <code>--page-dir</code> where a built page is. Then reload.</p>\n</html>\n"
    );
    (StatusCode::SERVICE_UNAVAILABLE, Html(body)).into_response()
}
