//! What both versions of the API answer with: JSON that is written piece by piece and does not grow beyond a limit.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// In bytes: more than any trace that a person looks at, and far below what would fill the memory.
pub const LIMIT: usize = 128 << 20;

pub fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// Large traces take a while to write: not on the threads that serve the connections.
pub async fn apart(
    work: impl FnOnce() -> Response + Send + 'static,
    error: impl FnOnce(StatusCode, &str) -> Response,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written"),
    }
}

/// The elements of a JSON array, written one after another.
#[derive(Default)]
pub struct Elements {
    pub text: String,
}

impl Elements {
    /// False if there was no room: then nothing is written.
    pub fn push(&mut self, element: &Value, room: usize) -> bool {
        let element = element.to_string();
        if self.text.len() + element.len() + 1 > room {
            return false;
        }
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text += &element;
        true
    }
}
