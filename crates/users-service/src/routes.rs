//! What is asked and answered.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use inprocess::user::{User, get_user_from};
use opentelemetry::Context;
use serde_json::json;

use crate::{Database, Origins, cors, trace};

/// The largest id that the page can name: `Number.MAX_SAFE_INTEGER`.
const MAX_ID: u64 = (1 << 53) - 1;
/// How much of a wrong id is repeated, in characters.
const SHOWN: usize = 100;

/// The service, over this database, for pages of these origins and for all programs.
pub fn router(database: Database, origins: Origins) -> Router {
    let routes = Router::new()
        .route("/api/users/{id}", get(user))
        .route("/api/users/", get(|| async { refused(StatusCode::BAD_REQUEST, &wrong_id("")) }))
        .method_not_allowed_fallback(|| async { refused(StatusCode::METHOD_NOT_ALLOWED, "users are read by GET") })
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "not found: users are at /api/users/{id}") })
        .with_state(Arc::new(database));
    // Outside of the trace: a browser's preflight is no part of what its user does.
    cors::allow(trace::traced(routes), origins)
}

/// 200 with what is known of the user; 404 and `{}` if there is no such user.
async fn user(State(database): State<Arc<Database>>, id: Result<Path<String>, PathRejection>) -> Response {
    let id = match id.map_err(|error| error.body_text()).and_then(|Path(text)| parse_id(&text)) {
        Ok(id) => id,
        Err(words) => return refused(StatusCode::BAD_REQUEST, &words),
    };
    let cx = Context::current();
    // Reading waits for the disk.
    let look_up = move || {
        let _guard = cx.attach();
        get_user_from(&*database, id).value
    };
    match tokio::task::spawn_blocking(look_up).await {
        Ok(Ok(user)) => answer(user),
        Ok(Err(_)) | Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the users cannot be read: see the trace"),
    }
}

fn answer(user: User) -> Response {
    let status = if user.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    (status, Json(user)).into_response()
}

fn refused(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({ "error": words }))).into_response()
}

fn parse_id(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = text.parse().ok().filter(|id| digits && *id <= MAX_ID);
    id.ok_or_else(|| wrong_id(text))
}

fn wrong_id(text: &str) -> String {
    let cut = text.char_indices().nth(SHOWN);
    let shown = cut.map_or_else(|| format!("{text:?}"), |(end, _)| format!("{:?}...", &text[..end]));
    format!("the id is {shown}; accepted is an integer in digits, from 0 to {MAX_ID} (2^53-1)")
}
