//! Programs that nobody here wrote, in front of the collector and behind it: OpenTelemetry SDKs, telemetrygen, an OpenTelemetry
//! Collector, relays. `cargo xtask test peers` installs them and names them in the environment.

mod deploy;
mod otel_collector;
mod sdks;
mod telemetrygen;
