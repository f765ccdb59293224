//! The original program, natively: `cargo run` looks up users 1 and 100 and exports the nine spans to an OTLP/HTTP receiver,
//! as any Rust server would, with opentelemetry_sdk and opentelemetry-otlp.

#[cfg(not(target_arch = "wasm32"))]
mod native;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::run()
}

/// The page uses the library; a wasm binary of its own has nothing to do.
#[cfg(target_arch = "wasm32")]
fn main() {}
