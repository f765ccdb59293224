//! The original program: it looks its users up, and exports the spans in one batch when it ends.

use std::process::ExitCode;

use inprocess::export::{exporter, finish, provider, traces_endpoint};
use inprocess::user::run_main;
use opentelemetry::global;

fn trace_and_export(endpoint: &str) -> Result<(), Box<dyn std::error::Error>> {
    let provider = provider(exporter(endpoint)?, "inprocess");
    global::set_tracer_provider(provider.clone());
    let answer = run_main();
    for user in &answer.value {
        println!("{}", serde_json::to_string(user)?);
    }
    println!("trace {}", answer.trace_id);
    Ok(finish(&provider)?)
}

pub fn run() -> ExitCode {
    let endpoint = traces_endpoint();
    match trace_and_export(&endpoint) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the spans were not delivered to {endpoint}: {error}");
            eprintln!(
                "Is an OTLP/HTTP receiver running there? `cargo xtask run` starts one; OTEL_EXPORTER_OTLP_ENDPOINT names another."
            );
            ExitCode::FAILURE
        }
    }
}
