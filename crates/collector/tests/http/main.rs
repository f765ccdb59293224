//! The collector over real HTTP: started in this process on free ports, or as the program it is.

mod answers;
mod api;
mod as_sent;
#[cfg(target_os = "linux")]
mod attacks;
mod bad_queries;
#[cfg(target_os = "linux")]
mod bombs;
mod certificates;
mod client;
mod cors;
mod endpoint;
mod events;
mod fidelity;
mod fixture;
mod forward;
#[cfg(target_os = "linux")]
mod full;
mod grpc;
mod guard;
mod gzip;
mod hostile;
#[cfg(target_os = "linux")]
mod http2;
mod jaeger_ui;
#[cfg(unix)]
mod keep;
#[cfg(unix)]
mod killed;
mod list;
mod live;
mod logs;
mod loops;
#[cfg(target_os = "linux")]
mod memory;
mod metrics;
mod mutated;
mod names;
mod overload;
mod page;
mod ports;
mod program;
mod protobuf;
mod receive;
mod references;
#[cfg(unix)]
mod relay;
#[cfg(unix)]
mod run;
mod search;
mod search_v3;
#[cfg(unix)]
mod secrets;
#[cfg(unix)]
mod silence;
mod trace_summaries;
mod transform;
mod upload;
mod upload_files;
mod vectors;
mod viewer;
