//! The OTLP/HTTP receiver.
//!
//! In: `POST /v1/traces` with a JSON body, from programs and, through CORS, from the page. Out: spans in the store, and the
//! answers that the specification asks for: full or partial success, or a `google.rpc.Status` that says what was wrong.

mod body;
pub mod cors;
mod intake;
pub mod json;
mod response;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Request, Uri, header},
    middleware,
    response::Response,
    routing::post,
};

use crate::store::Store;
use cors::Origins;
use response::{Failure, failure, success};

/// The largest body that is read.
pub const MAX_BODY: usize = 64 << 20;

pub fn router(store: Arc<Store>, origins: Arc<Origins>) -> Router {
    Router::new()
        .route("/v1/traces", post(traces).fallback(other_method))
        .fallback(other_path)
        .layer(middleware::from_fn_with_state(origins, cors::layer))
        .with_state(store)
}

async fn traces(State(store): State<Arc<Store>>, request: Request<Body>) -> Response {
    match receive(store, request).await {
        Ok(rejected) => success(&rejected),
        Err(error) => failure(&error),
    }
}

async fn receive(store: Arc<Store>, request: Request<Body>) -> Result<intake::Rejected, Failure> {
    check_encoding(request.headers())?;
    let body = body::read(request, MAX_BODY).await?;
    // Tens of megabytes take a while to read: not on the threads that serve the connections.
    let work = move || {
        let request = json::read_traces(&body).map_err(|error| Failure::BadRequest(error.to_string()))?;
        Ok(intake::keep(request, &store))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Internal))
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("(not ASCII)").trim());
    let content_type = text(header::CONTENT_TYPE);
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        let what = content_type.map_or("no content type".to_owned(), |value| format!("content type {value:?}"));
        return Err(Failure::UnsupportedMediaType(format!("{what} is not supported; send application/json")));
    }
    match text(header::CONTENT_ENCODING) {
        None | Some("") => Ok(()),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(encoding) => Err(Failure::UnsupportedMediaType(format!(
            "content encoding {encoding:?} is not supported; send the body uncompressed"
        ))),
    }
}

async fn other_method(method: Method) -> Response {
    failure(&Failure::MethodNotAllowed(format!("{method} is not allowed here; traces come by POST")))
}

async fn other_path(uri: Uri) -> Response {
    failure(&Failure::NotFound(format!("there is nothing at {}; traces are taken at POST /v1/traces", uri.path())))
}
