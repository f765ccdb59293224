//! The server. Its arguments are the folder of the WebAssembly and the address to listen on; `OTEL_EXPORTER_OTLP_ENDPOINT` is the receiver.

use axum::Router;
use axum::routing::{get, post};
use example_leptos_ssr::document;
use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tower_http::services::ServeDir;

/// The exporter's client blocks, and must be made outside of the runtime.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|_| "http://localhost:4318".to_owned());
    let traces = format!("{endpoint}/v1/traces");
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(traces).build()?;
    let resource = Resource::builder().with_service_name("leptos-server").build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    global::set_tracer_provider(provider);
    global::set_text_map_propagator(TraceContextPropagator::new());
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(endpoint))
}

async fn serve(endpoint: String) -> Result<(), Box<dyn std::error::Error>> {
    any_spawner::Executor::init_tokio()?;
    let mut args = std::env::args().skip(1);
    let pkg = args.next().unwrap_or_else(|| "pkg".to_owned());
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let app = Router::new()
        .route("/", get(leptos_axum::render_app_to_stream(move || document(&endpoint))))
        .route("/api/{*function}", post(leptos_axum::handle_server_fns))
        .layer(LayerBuilder::builder().with_metrics(false).build()?)
        .nest_service("/pkg", ServeDir::new(pkg));
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("page    http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
