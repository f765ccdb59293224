//! How it goes, for what watches over programs: `/healthz` and `/metrics`, on every port.

mod metrics;
mod plain;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use serde_json::json;

use crate::{ingest::Ingest, keep::Stores, store};
use metrics::Metrics;

/// What is received with; none where another program receives.
pub fn router(of: Option<(Arc<Ingest>, Stores)>) -> Router {
    let mut registry = Registry::default();
    let ingest = of.as_ref().map(|(ingest, _)| Arc::clone(ingest));
    registry.register_collector(Box::new(Metrics { of }));
    Router::new()
        .route("/healthz", get(health).with_state(ingest))
        .route("/metrics", get(metrics).with_state(Arc::new(registry)))
}

/// 200 as long as requests of all signals are taken, also where what is received cannot be handed on; then 503.
async fn health(State(ingest): State<Option<Arc<Ingest>>>) -> Response {
    let refusing: Vec<String> = ingest.iter().flat_map(|_| store::troubles()).collect();
    let mut status = if refusing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut reasons = refusing;
    let forwarder = ingest.as_ref().and_then(|ingest| ingest.forwarder.as_ref());
    if forwarder.is_some_and(|forwarder| forwarder.refuses()) {
        status = StatusCode::SERVICE_UNAVAILABLE;
    }
    for standing in forwarder.iter().flat_map(|forwarder| forwarder.standings()) {
        if standing.is_full {
            reasons.push(format!("too much waits to be forwarded to {}", standing.to));
        }
        reasons.extend(standing.trouble);
    }
    let body = if reasons.is_empty() {
        json!({ "status": "ready" })
    } else {
        json!({ "status": "degraded", "reasons": reasons })
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// In the text format of Prometheus, which OpenMetrics is for those who ask for it.
async fn metrics(State(registry): State<Arc<Registry>>, headers: HeaderMap) -> Response {
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (content_type, text) = if accepts.contains("application/openmetrics-text") {
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    } else {
        ("text/plain; version=0.0.4; charset=utf-8", plain::of_openmetrics(&text))
    };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
}
