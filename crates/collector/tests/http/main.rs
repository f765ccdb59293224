//! The collector over real HTTP: started in this process on free ports, or as the program it is.

mod api;
mod bad_queries;
mod client;
mod cors;
mod endpoint;
mod events;
mod fixture;
mod forward;
#[cfg(target_os = "linux")]
mod full;
mod gzip;
mod hostile;
#[cfg(unix)]
mod keep;
#[cfg(unix)]
mod killed;
mod list;
mod live;
mod overload;
mod page;
mod ports;
mod program;
mod protobuf;
mod receive;
mod search;
mod search_v3;
mod upload;
mod viewer;
